using System.Diagnostics;
using System.Security.Cryptography;

namespace LinkOverflow.Deploy.Cloud;

/// <summary>
/// The fingerprints that EC2 may show for a private key on this machine
/// (docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html): SHA-256 of an ed25519 public key; of an RSA key SHA-1 of
/// the private key where EC2 made it, MD5 of the public key where it was imported.
/// </summary>
public static class KeyFingerprints
{
    /// <summary>All that the key could have, each as EC2 writes it; empty where the file cannot be read without a passphrase.</summary>
    /// <param name="keyFile">The private key.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task<IReadOnlyList<string>> OfAsync(string keyFile, CancellationToken cancellationToken)
    {
        var line = await KeygenAsync(["-y", "-P", "", "-f", keyFile], cancellationToken);
        var words = line.Split(' ', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2)
        {
            return [];
        }

        if (words[0] != "ssh-rsa")
        {
            return [Convert.ToBase64String(SHA256.HashData(Convert.FromBase64String(words[1])))];
        }

        // RFC 4253, 6.6: the type, the exponent and the modulus, each with its length before it.
        var blob = Convert.FromBase64String(words[1]);
        var position = 0;
        ReadOnlySpan<byte> Next()
        {
            var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(blob.AsSpan(position));
            var part = blob.AsSpan(position + 4, length);
            position += 4 + length;
            return part;
        }

        Next();
        var exponent = Next().ToArray();
        var modulus = Next().TrimStart((byte)0).ToArray();
        using var rsa = RSA.Create(new RSAParameters { Exponent = exponent, Modulus = modulus });
#pragma warning disable CA5350, CA5351, MA0190 // EC2 chose these hashes; nothing is secured by them here.
        var fingerprints = new List<string> { Hex(MD5.HashData(rsa.ExportSubjectPublicKeyInfo())) };
        try
        {
            using var whole = RSA.Create();
            whole.ImportFromPem(await File.ReadAllTextAsync(keyFile, cancellationToken));
            fingerprints.Add(Hex(SHA1.HashData(whole.ExportPkcs8PrivateKey())));
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            // OpenSSH's own format: EC2 hands out PEM, so this one was imported and has the MD5.
        }
#pragma warning restore CA5350, CA5351, MA0190

        return fingerprints;
    }

    /// <summary>Whether two fingerprints are the same; padding and case of hexadecimal digits do not count.</summary>
    public static bool Same(string a, string b) => a.Contains(':', StringComparison.Ordinal)
        ? a.Equals(b, StringComparison.OrdinalIgnoreCase)
        : a.TrimEnd('=') == b.TrimEnd('=');

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash).Chunk(2).Aggregate("", (text, pair) => $"{text}{(text.Length == 0 ? "" : ":")}{new string(pair)}");

    private static async Task<string> KeygenAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("ssh-keygen")
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            await error;
            return process.ExitCode == 0 ? output : "";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
    }
}
