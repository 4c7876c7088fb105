using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Model;

/// <summary>
/// Makes and reads keys. Fingerprints as docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html says: of an RSA key
/// that EC2 made the SHA-1 of its private half (PKCS#8, DER), of an imported one the MD5 of its public half (DER), both in
/// hexadecimal pairs; of an Ed25519 key the SHA-256 that ssh-keygen shows, in base64 with its padding.
/// </summary>
internal static class KeyMaterial
{
    private const int RsaBits = 2048;

    /// <summary>Makes a key; the private half is the caller's alone.</summary>
    public static async Task<(string PrivateKey, string PublicKey, string Fingerprint)> CreateAsync(string type, string comment, CancellationToken cancellationToken)
    {
        if (type == "rsa")
        {
            using var rsa = RSA.Create(RsaBits);
            var parameters = rsa.ExportParameters(includePrivateParameters: false);
            var blob = Blob(Encoding.ASCII.GetBytes("ssh-rsa"), Positive(parameters.Exponent!), Positive(parameters.Modulus!));
            return (rsa.ExportRSAPrivateKeyPem() + "\n", $"ssh-rsa {Convert.ToBase64String(blob)} {Printable(comment)}", CreatedRsaFingerprint(rsa));
        }

        // The platform's cryptography has no Ed25519 on every OpenSSL; OpenSSH has, and writes the format that EC2 hands out.
        var folder = Directory.CreateTempSubdirectory("lolab-key-");
        try
        {
            var file = Path.Combine(folder.FullName, "key");
            await GenerateAsync(file, Printable(comment), cancellationToken);
            var publicKey = (await File.ReadAllTextAsync(file + ".pub", cancellationToken)).Trim();
            return (await File.ReadAllTextAsync(file, cancellationToken), publicKey, Read(publicKey)!.Value.Fingerprint);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Writes an Ed25519 key in OpenSSH's format to a file, and its public half beside it.</summary>
    public static Task GenerateAsync(string file, string comment, CancellationToken cancellationToken) =>
        new Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file).OutputAsync(cancellationToken);

    /// <summary>
    /// Reads what ImportKeyPair is given: a public key as in authorized_keys, in base64 or as it is. Null when it is none of
    /// the two types that EC2 takes.
    /// </summary>
    public static (string Type, string PublicKey, string Fingerprint)? Read(string material)
    {
        var line = (FromBase64(material) is { } bytes && bytes.AsSpan().StartsWith("ssh-"u8) ? Encoding.UTF8.GetString(bytes) : material).Trim();
        var parts = line.Split([' ', '\t'], 3, StringSplitOptions.RemoveEmptyEntries);
        // One line only: more would be more keys, or options, in authorized_keys.
        if (parts.Length < 2 || line.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0 || FromBase64(parts[1]) is not { } blob || Fields(blob) is not { } fields)
        {
            return null;
        }

        var name = Encoding.ASCII.GetString(fields[0]);
        if (name != parts[0])
        {
            return null;
        }

        return name switch
        {
            "ssh-ed25519" when fields is [_, { Length: 32 }] => ("ed25519", line, Convert.ToBase64String(SHA256.HashData(blob))),
            "ssh-rsa" when fields is [_, { Length: > 0 and <= 16 }, { Length: >= 128 and <= 1025 }] => ("rsa", line, ImportedRsaFingerprint(fields[1], fields[2])),
            _ => null,
        };
    }

    /// <summary>The fingerprint of an RSA key that EC2 made.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "The hash is AWS's choice, and shown, not trusted.")]
    internal static string CreatedRsaFingerprint(RSA key) => Pairs(SHA1.HashData(key.ExportPkcs8PrivateKey()));

    [SuppressMessage("Security", "CA5351", Justification = "The hash is AWS's choice, and shown, not trusted.")]
    private static string ImportedRsaFingerprint(byte[] exponent, byte[] modulus)
    {
        // DER of SubjectPublicKeyInfo, which is what openssl rsa -pubout -outform DER writes.
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.2.840.113549.1.1.1");
                writer.WriteNull();
            }

            var inner = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
            using (inner.PushSequence())
            {
                inner.WriteInteger(new System.Numerics.BigInteger(modulus, isUnsigned: true, isBigEndian: true));
                inner.WriteInteger(new System.Numerics.BigInteger(exponent, isUnsigned: true, isBigEndian: true));
            }

            writer.WriteBitString(inner.Encode());
        }

        return Pairs(MD5.HashData(writer.Encode()));
    }

    private static string Pairs(byte[] hash) => string.Join(':', hash.Select(b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));

    private static byte[]? FromBase64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : null;
    }

    /// <summary>The length-prefixed fields of an SSH key blob; null when they do not fill it exactly.</summary>
    private static List<byte[]>? Fields(byte[] blob)
    {
        var fields = new List<byte[]>();
        var rest = blob.AsSpan();
        while (rest.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length - 4)
            {
                return null;
            }

            fields.Add(rest.Slice(4, (int)length).ToArray());
            rest = rest[(4 + (int)length)..];
        }

        return rest.Length == 0 && fields.Count > 0 ? fields : null;
    }

    private static byte[] Blob(params IEnumerable<byte[]> fields)
    {
        using var stream = new MemoryStream();
        Span<byte> length = stackalloc byte[4];
        foreach (var field in fields)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, field.Length);
            stream.Write(length);
            stream.Write(field);
        }

        return stream.ToArray();
    }

    private static byte[] Positive(byte[] number) => number[0] >= 0x80 ? [0, .. number] : number;

    private static string Printable(string comment) => string.Concat(comment.Where(c => c is > ' ' and < '\x7f'));
}
