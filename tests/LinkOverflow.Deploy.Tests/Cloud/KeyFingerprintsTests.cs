using System.Diagnostics;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;
using LinkOverflow.Deploy.Tests.Deployments;

namespace LinkOverflow.Deploy.Tests.Cloud;

/// <summary>Row 18: a key file that is not the pair's private half is known by its fingerprint, as EC2's documentation computes it with openssl.</summary>
public sealed class KeyFingerprintsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Key => Path.Combine(_folder.Path, "key");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Of_an_ed25519_key_it_is_what_ssh_keygen_lists()
    {
        await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Key);
        var listed = (await RunAsync("ssh-keygen", "-l", "-f", Key)).Split(' ')[1];
        var own = (await KeyFingerprints.OfAsync(Key, Cancellation)).ShouldHaveSingleItem();
        KeyFingerprints.Same(own, listed["SHA256:".Length..]).ShouldBeTrue();
    }

    [Fact]
    public async Task Of_an_RSA_key_it_is_what_openssl_computes_for_made_and_imported_ones()
    {
        await RunAsync("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "", "-f", Key);
        var own = await KeyFingerprints.OfAsync(Key, Cancellation);
        var made = await OpenSslAsync("openssl pkcs8 -in \"$1\" -topk8 -nocrypt -outform DER | openssl sha1 -c");
        var imported = await OpenSslAsync("openssl rsa -in \"$1\" -pubout -outform DER 2>/dev/null | openssl md5 -c");
        own.Order(StringComparer.Ordinal).ShouldBe(new[] { made, imported }.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_key_with_a_passphrase_and_a_file_that_is_no_key_have_none()
    {
        await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "passphrase", "-f", Key);
        (await KeyFingerprints.OfAsync(Key, Cancellation)).ShouldBeEmpty();
        (await KeyFingerprints.OfAsync(_folder.Write("text", "no key"), Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Row_18_another_pairs_key_is_said_before_any_launch()
    {
        await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Key);
        using var cloud = new RecordedCloud { Launch = _ => throw new InvalidOperationException("launched") };
        cloud.KeyPairs["pair"] = "0kRyFyTBUqaUaaOPtyTGhTTXpqFVVJCXKrfZXBMSWFI=";
        var error = await Should.ThrowAsync<SettingsException>(CheckAsync);
        var problem = error.Problems.ShouldHaveSingleItem();
        problem.Id.ShouldBe(ErrorId.KeyPairMismatch);
        problem.Message.ShouldContain(Key);
        problem.Message.ShouldContain("0kRyFyTBUqaUaaOPtyTGhTTXpqFVVJCXKrfZXBMSWFI");

        cloud.KeyPairs["pair"] = (await KeyFingerprints.OfAsync(Key, Cancellation))[0].TrimEnd('=');
        await CheckAsync();

        Task CheckAsync() => Checklist.ThrowUnlessCloudAgreesAsync(
            cloud,
            new AwsSettings { File = "s", Region = "us-west-2", KeyPair = "pair", KeyFile = Key },
            new InstanceConfig { File = "c", ImageId = "ami-12345678", InstanceType = "t3.small", PuppetConfigFile = "/p.pp" },
            Cancellation);
    }

    [Theory]
    [InlineData("ab:CD", "AB:cd", true)]
    [InlineData("AbC=", "AbC", true)]
    [InlineData("AbC", "aBc", false)]
    [InlineData("ab:cd", "ab:ce", false)]
    public void Case_counts_in_base64_alone_and_padding_nowhere(string a, string b, bool same) => KeyFingerprints.Same(a, b).ShouldBe(same);

    private async Task<string> OpenSslAsync(string command)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/openssl"), "There is no openssl to compare with.");
        return (await RunAsync("bash", "-c", command, "openssl", Key)).Trim().Split(' ')[^1];
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        process.ExitCode.ShouldBe(0);
        return output;
    }
}
