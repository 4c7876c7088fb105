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
        error.Split("[CredentialsRejected]").Length.ShouldBe(2);
        error.ShouldNotContain(AnsweringEc2.SecretKey);
        NothingWasStarted();
        _ec2.Requests.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("[EC2]", "[EC3]", "SectionMissing")]
    [InlineData("AccessKeyId", "AccessId", "KeyMissing")]
    [InlineData("key.pem", "none.pem", "KeyFileMissing")]
    [InlineData("SSHKeyPair =", "junk", "SettingsSyntax")]
    public async Task Rows_11_to_14_wrong_settings_end_with_2_before_EC2_is_asked(string was, string now, string id)
    {
        await File.WriteAllTextAsync(
            _settings, (await File.ReadAllTextAsync(_settings, Cancellation)).Replace(was, now, StringComparison.Ordinal), Cancellation);
        var (code, output, error) = await RunAsync();
        code.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldContain(_settings);
        error.ShouldContain($"[{id}]");
        error.ShouldNotContain(AnsweringEc2.SecretKey);
        _ec2.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("000", "SettingsFileUnreadable")]
    [InlineData("640", "SettingsFileNotPrivate")]
    public async Task Rows_8_and_9_settings_with_a_wrong_mode_end_with_2_before_EC2_is_asked(string mode, string id)
    {
        File.SetUnixFileMode(_settings, (UnixFileMode)Convert.ToInt32(mode, 8));
        var (code, _, error) = await RunAsync();
        code.ShouldBe(2);
        error.ShouldContain($"[{id}]");
        _ec2.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Row_17_an_unknown_key_pair_is_named_with_the_region_and_the_pairs_there_are()
    {
        await AnswerAsync("<keySet><item><keyName>theirs</keyName><keyFingerprint>ab</keyFingerprint></item></keySet>");
        var (code, _, error) = await RunAsync();
        code.ShouldBe(2);
        error.ShouldContain("my-pair");
        error.ShouldContain("us-west-2");
        error.ShouldContain("theirs");
        error.ShouldContain("[KeyPairNotFound]");
        NothingWasStarted();
    }

    [Fact]
    public async Task Rows_22_and_23_an_unknown_image_and_type_are_said_together()
    {
        await AnswerAsync("<keySet><item><keyName>my-pair</keyName></item></keySet>");
        var (code, _, error) = await RunAsync();
        code.ShouldBe(2);
        error.ShouldContain("ami-12345678");
        error.ShouldContain("[ImageNotFound]");
        error.ShouldContain("t3.small");
        error.ShouldContain("[InstanceTypeUnknown]");
        NothingWasStarted();
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

    // To every question the same answer: what it does not hold, there is none of.
    private async Task AnswerAsync(string content)
    {
        await _ec2.DisposeAsync();
        _ec2 = new AnsweringEc2(_ => (200, $"<Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>1</requestId>{content}</Response>"));
        _settings = WriteSettings();
    }

    private void NothingWasStarted() => _ec2.Requests.ShouldAllBe(r => r.Contains("Action=Describe"));

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
