using Amazon.EC2.Model;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Api;

/// <summary>Fingerprints against those that OpenSSH and OpenSSL compute, by the recipes of AWS's documentation.</summary>
public sealed class KeyPairs : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lolab-test-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_imported_RSA_key_has_the_MD5_of_its_public_half()
    {
        await using var lab = await ApiLab.StartAsync();
        var file = await GenerateAsync("rsa");

        var imported = await ImportAsync(lab, file);

        var der = Path.Combine(_folder.FullName, "public.der");
        await RunAsync("ssh-keygen", "-p", "-q", "-N", "", "-m", "PEM", "-f", file);
        await RunAsync("openssl", "rsa", "-in", file, "-pubout", "-outform", "DER", "-out", der);
        imported.ShouldBe(await DigestAsync("md5", der));
    }

    [Fact]
    public async Task A_created_RSA_key_has_the_SHA1_of_its_private_half()
    {
        await using var lab = await ApiLab.StartAsync();

        var created = (await lab.Ec2.CreateKeyPairAsync(new CreateKeyPairRequest { KeyName = "made" }, Cancellation)).KeyPair;

        var pem = Path.Combine(_folder.FullName, "made.pem");
        var der = Path.Combine(_folder.FullName, "made.der");
        await File.WriteAllTextAsync(pem, created.KeyMaterial, Cancellation);
        await RunAsync("openssl", "pkcs8", "-in", pem, "-inform", "PEM", "-outform", "DER", "-topk8", "-nocrypt", "-out", der);
        created.KeyFingerprint.ShouldBe(await DigestAsync("sha1", der));
    }

    [Fact]
    public async Task An_Ed25519_key_has_the_fingerprint_that_OpenSSH_shows()
    {
        await using var lab = await ApiLab.StartAsync();
        var file = await GenerateAsync("ed25519");

        var imported = await ImportAsync(lab, file);

        var shown = (await RunAsync("ssh-keygen", "-l", "-f", file)).Split(' ')[1];
        $"SHA256:{imported.TrimEnd('=')}".ShouldBe(shown);
    }

    [Fact]
    public async Task A_created_Ed25519_key_can_be_read_by_OpenSSH()
    {
        await using var lab = await ApiLab.StartAsync();
        var created = (await lab.Ec2.CreateKeyPairAsync(new CreateKeyPairRequest { KeyName = "made", KeyType = "ed25519" }, Cancellation)).KeyPair;

        var file = Path.Combine(_folder.FullName, "made.pem");
        await File.WriteAllTextAsync(file, created.KeyMaterial, Cancellation);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        (await RunAsync("ssh-keygen", "-l", "-f", file)).ShouldContain(created.KeyFingerprint.TrimEnd('='));
    }

    [Fact]
    public async Task A_name_is_taken_once_and_free_again_after_it_is_deleted()
    {
        await using var lab = await ApiLab.StartAsync();
        Task Create() => lab.Ec2.CreateKeyPairAsync(new CreateKeyPairRequest { KeyName = "twice", KeyType = "ed25519" }, Cancellation);
        await Create();

        (await ApiLab.CodeOfAsync(Create)).ShouldBe("InvalidKeyPair.Duplicate");
        await lab.Ec2.DeleteKeyPairAsync(new DeleteKeyPairRequest { KeyName = "twice" }, Cancellation);

        await Create();
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task<string> GenerateAsync(string type)
    {
        var file = Path.Combine(_folder.FullName, type);
        await RunAsync("ssh-keygen", "-q", "-t", type, "-N", "", "-C", "a comment", "-f", file);
        return file;
    }

    private static async Task<string> ImportAsync(ApiLab lab, string file)
    {
        var material = Convert.ToBase64String(await File.ReadAllBytesAsync(file + ".pub", Cancellation));
        return (await lab.Ec2.ImportKeyPairAsync(new ImportKeyPairRequest("imported", material), Cancellation)).KeyFingerprint;
    }

    private static async Task<string> DigestAsync(string algorithm, string file) =>
        (await RunAsync("openssl", algorithm, "-c", file)).Split("= ")[1].Trim();

    private static Task<string> RunAsync(string program, params string[] arguments) => new Command(program, arguments).OutputAsync(Cancellation);
}
