using System.Diagnostics;
using System.Text.Json;
using LinkOverflow.Deploy.Tests.Cloud;
using LinkOverflow.Launch;

namespace LinkOverflow.Deploy.Tests.Launch;

/// <summary>Whole runs of <c>launch</c> with an EC2 that remembers what it was asked: what is wrong is said before anything is started.</summary>
[Collection(SharedConnections.Name)]
public sealed class LaunchAgainstEc2Tests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _project;
    private readonly string _config;
    private AnsweringEc2 _ec2 = AnsweringEc2.Refusing("AuthFailure", 401);
    private string _settings;

    public LaunchAgainstEc2Tests()
    {
        _folder.Write("key.pem", "");
        _folder.Write("site.pp", "");
        _project = Path.GetDirectoryName(_folder.Write("site/manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')"))!;
        _config = _folder.Write("instance.config", "[EC2]\nImageID = ami-12345678\nInstanceType = t3.small\n[Puppet]\nPuppetConfigFile = site.pp\n");
        _settings = WriteSettings();
    }

    public async ValueTask DisposeAsync()
    {
        await _ec2.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Row_13_refused_credentials_are_said_once_with_their_id_and_file_and_nothing_is_started()
    {
        var (code, output, error) = await RunAsync();
        code.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldContain("AKIAEXAMPLE");
        error.ShouldContain(_settings);
        error.ShouldContain("AuthFailure");
        error.ShouldContain($"(request {AnsweringEc2.RequestId})");
        error.Split("[CredentialsRejected]").Length.ShouldBe(2);
        error.ShouldNotContain(AnsweringEc2.SecretKey);
        NothingWasStarted();
        _ec2.Requests.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Row_17_an_unknown_key_pair_is_named_with_the_region_and_the_pairs_there_are()
    {
        await AnswerAsync(a => a.With("DescribeKeyPairs", "<keySet><item><keyName>theirs</keyName><keyFingerprint>ab</keyFingerprint></item></keySet>"));
        var (code, _, error) = await RunAsync();
        code.ShouldBe(2);
        error.ShouldContain("my-pair");
        error.ShouldContain("us-west-2");
        error.ShouldContain("theirs");
        error.ShouldContain("[KeyPairNotFound]");
        NothingWasStarted();
    }

    [Fact]
    public async Task Row_18_a_key_file_of_another_pair_is_said_with_both_fingerprints()
    {
        await AnswerAsync(a => a.With("DescribeKeyPairs", "<keySet><item><keyName>my-pair</keyName><keyFingerprint>0kRyFyTBUqaUaaOPtyTGhTTXpqFVVJCXKrfZXBMSWFI=</keyFingerprint></item></keySet>"));
        await MakeKeyAsync();
        var (code, _, error) = await RunAsync();
        code.ShouldBe(2);
        error.ShouldContain("[KeyPairMismatch]");
        error.ShouldContain("key.pem is not the private half of key pair my-pair");
        error.ShouldContain("0kRyFyTBUqaUaaOPtyTGhTTXpqFVVJCXKrfZXBMSWFI");
        NothingWasStarted();
    }

    [Fact]
    public async Task Rows_22_and_23_an_unknown_image_and_type_are_said_together()
    {
        await AnswerAsync(a => a.With("DescribeImages", "<imagesSet/>").With("DescribeInstanceTypeOfferings", "<instanceTypeOfferingSet/>"));
        var (code, _, error) = await RunAsync();
        code.ShouldBe(2);
        error.ShouldContain("ami-12345678");
        error.ShouldContain("Marketplace");
        error.ShouldContain("[ImageNotFound]");
        error.ShouldContain("t3.small is not offered in region us-west-2");
        error.ShouldContain("[InstanceTypeUnknown]");
        NothingWasStarted();
    }

    [Fact]
    public async Task Row_26_a_manifest_that_the_puppet_at_hand_cannot_read_is_said_before_EC2_is_asked()
    {
        var puppet = _folder.Write("bin/puppet", "#!/bin/sh\ntest \"$1 $2\" = 'parser validate' || exit 9\nfor file; do :; done\ngrep -q 'ensure =>$' \"$file\" || exit 0\necho \"Error: Could not parse for environment production: Syntax error at end of input (file: $file)\" >&2\nexit 1\n");
        File.SetUnixFileMode(puppet, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await AnswerAsync(a => a);
        _folder.Write("site.pp", "file { '/tmp/x': ensure =>\n");
        var (code, output, error) = await RunProcessAsync([], Path.GetDirectoryName(puppet)!);
        code.ShouldBe(2, output + error);
        error.ShouldContain("[ManifestInvalid]");
        error.ShouldContain("Syntax error at end of input");
        error.ShouldContain("site.pp");
        _ec2.Requests.ShouldBeEmpty();

        _folder.Write("site.pp", "file { '/tmp/x': }\n");
        (code, output, error) = await RunProcessAsync(["--check", "--offline"], Path.GetDirectoryName(puppet)!);
        code.ShouldBe(0, output + error);
        output.ShouldContain($"{puppet} can read it");
        _ec2.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_check_leaves_EC2_out_with_offline_and_prints_nothing_with_quiet()
    {
        await AnswerAsync(a => a.With("DescribeKeyPairs", "<keySet/>"));
        var (code, output, _) = await RunAsync("--check", "--offline");
        code.ShouldBe(0);
        output.ShouldContain("EC2 was left out.");
        _ec2.Requests.ShouldBeEmpty();
        (code, output, var error) = await RunAsync("--check", "--quiet");
        code.ShouldBe(2);
        (output + error).ShouldBeEmpty();
        (await RunAsync("--quiet")).Code.ShouldBe(2);
        (await RunAsync("--quiet")).Error.ShouldContain("[Usage]");
    }

    [Fact]
    public async Task A_check_tells_the_same_as_JSON_and_starts_nothing()
    {
        var (code, output, error) = await RunAsync("--check", "--json");
        code.ShouldBe(2);
        error.ShouldBeEmpty();
        using var checks = JsonDocument.Parse(output);
        var found = checks.RootElement.EnumerateArray().ToDictionary(c => c.GetProperty("check").GetString()!, c => c.GetProperty("status").GetString()!);
        found.ShouldContainKeyAndValue("Project", "Ok");
        found.ShouldContainKeyAndValue("AwsSettings", "Ok");
        found.ShouldContainKeyAndValue("Credentials", "Error");
        output.ShouldNotContain(AnsweringEc2.SecretKey);
        NothingWasStarted();
    }

    [Fact]
    public async Task Removing_what_is_no_deployment_ends_with_2_and_leaves_a_folder_of_that_name()
    {
        var (code, _, error) = await RunLaunchAsync("--remove", _project, "--aws-settings", _settings);
        code.ShouldBe(2);
        error.ShouldContain("no deployment's id");
        File.Exists(Path.Combine(_project, "manage.py")).ShouldBeTrue();
        _ec2.Requests.ShouldBeEmpty();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private async Task AnswerAsync(Func<AgreeableEc2, AgreeableEc2> answers)
    {
        await _ec2.DisposeAsync();
        _ec2 = new AnsweringEc2(answers(new AgreeableEc2()).Answer);
        _settings = WriteSettings();
    }

    private async Task MakeKeyAsync()
    {
        var key = Path.Combine(_folder.Path, "key.pem");
        File.Delete(key);
        using var process = Process.Start("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
        await process.WaitForExitAsync(Cancellation);
    }

    private void NothingWasStarted() => _ec2.Requests.ShouldAllBe(r => r.Contains("Action=Describe") || r.Contains("DryRun=true"));

    // With a folder of the test's own before the PATH, which this process shares with other tests.
    private async Task<(int Code, string Output, string Error)> RunProcessAsync(string[] more, string folder)
    {
        string[] words = [Path.Combine(AppContext.BaseDirectory, "launch.dll"), _project, "2", "--aws-settings", _settings, "--instance-config", _config, .. more];
        var start = new ProcessStartInfo("dotnet", words) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["PATH"] = $"{folder}:{Environment.GetEnvironmentVariable("PATH")}";
        using var launch = Process.Start(start)!;
        var error = launch.StandardError.ReadToEndAsync(Cancellation);
        var output = await launch.StandardOutput.ReadToEndAsync(Cancellation);
        await launch.WaitForExitAsync(Cancellation);
        return (launch.ExitCode, output, await error);
    }

    private string WriteSettings() => _folder.Write(".aws.settings", $"""
        [EC2]
        AccessKeyId = AKIAEXAMPLE
        SecretAccessKey = {AnsweringEc2.SecretKey}
        AvailabilityZone = us-west-2
        SSHKeyPair = my-pair
        SSHKeyPairFile = key.pem
        EndpointUrl = {_ec2.Url}

        """);

    private Task<(int Code, string Output, string Error)> RunAsync(params string[] more) =>
        RunLaunchAsync([_project, "2", "--aws-settings", _settings, "--instance-config", _config, .. more]);

    private static async Task<(int Code, string Output, string Error)> RunLaunchAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await LaunchCommand.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
