using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using LinkOverflow.Deploy.Tests.Cloud;

namespace LinkOverflow.Deploy.Tests.Launch;

/// <summary>Where credentials come from when the settings hold no keys, as processes with a home of their own: the answer names the source, and EC2 is asked with what it gave.</summary>
public sealed class CredentialSourcesTests : IAsyncDisposable
{
    private const string SessionKeyId = "ASIAEXAMPLE";
    private readonly TemporaryFolder _home = new();
    private readonly AgreeableEc2 _agreeable = new();
    private readonly AnsweringEc2 _ec2;

    public CredentialSourcesTests()
    {
        _ec2 = new AnsweringEc2(Answer);
        _home.Write("key.pem", "none");
        _home.Write("site.pp", "");
        _home.Write("instance.config", "[EC2]\nImageID = ami-12345678\nInstanceType = t3.small\n[Puppet]\nPuppetConfigFile = site.pp\n");
    }

    public async ValueTask DisposeAsync()
    {
        await _ec2.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task Environment_variables_are_a_link_of_the_standard_chain_and_named()
    {
        var output = await CheckAsync("", ("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT"), ("AWS_SECRET_ACCESS_KEY", AnsweringEc2.SecretKey));
        output.ShouldContain("the standard AWS credential chain (environment variables)");
        AskedWith("AKIAENVIRONMENT");
    }

    [Fact]
    public async Task The_default_profile_is_a_link_of_the_standard_chain_and_named()
    {
        _home.Write(".aws/credentials", $"[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = {AnsweringEc2.SecretKey}\n");
        (await CheckAsync("")).ShouldContain("the standard AWS credential chain (profile default of ~/.aws)");
        AskedWith("AKIADEFAULT");
    }

    [Fact]
    public async Task A_profile_gives_its_keys()
    {
        _home.Write(".aws/credentials", $"[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = {AnsweringEc2.SecretKey}\n");
        (await CheckAsync("Profile = work")).ShouldContain("profile work named in");
        AskedWith("AKIAWORK");
    }

    [Fact]
    public async Task A_profile_that_is_not_there_is_named_with_those_that_are()
    {
        _home.Write(".aws/credentials", $"[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = {AnsweringEc2.SecretKey}\n");
        var output = await CheckAsync("Profile = wrok", expected: 2);
        output.ShouldContain("[CredentialsMissing]");
        output.ShouldContain("Profile = wrok");
        output.ShouldContain("There are: work.");
        _ec2.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_role_is_assumed_by_the_profile_it_names()
    {
        _home.Write(".aws/credentials", $"[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = {AnsweringEc2.SecretKey}\n");
        _home.Write(".aws/config", "[profile deployer]\nrole_arn = arn:aws:iam::123456789012:role/deployer\nsource_profile = base\nregion = us-west-2\n");
        (await CheckAsync("Profile = deployer")).ShouldContain("profile deployer named in");
        _ec2.Requests.ShouldContain(r => r.Contains("Action=AssumeRole") && r.Contains("deployer"));
        AskedWith(SessionKeyId);
    }

    [Fact]
    public async Task A_role_that_may_not_be_assumed_is_said_and_EC2_is_not_asked()
    {
        _agreeable.With("AssumeRole", 403, "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Code>AccessDenied</Code><Message>not this role</Message></Error><RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId></ErrorResponse>");
        _home.Write(".aws/credentials", $"[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = {AnsweringEc2.SecretKey}\n");
        _home.Write(".aws/config", "[profile deployer]\nrole_arn = arn:aws:iam::123456789012:role/deployer\nsource_profile = base\nregion = us-west-2\n");
        var output = await CheckAsync("Profile = deployer", expected: 2);
        output.ShouldContain("[CredentialsRejected]");
        output.ShouldContain("not this role");
        output.ShouldContain("AWS answered AccessDenied, request c6104cbe-af31-11e0-8154-cbc7ccf896c7");
        _ec2.Requests.ShouldAllBe(r => r.Contains("Action=AssumeRole"));
    }

    [Fact]
    public async Task A_sign_in_by_IAM_Identity_Center_gives_its_keys()
    {
        WriteSsoProfile(DateTime.UtcNow.AddHours(1));
        (await CheckAsync("Profile = sso")).ShouldContain("profile sso named in");
        _ec2.Heads.ShouldContain(h => h.Contains("/federation/credentials") && h.Contains("role_name=Deployer"));
        AskedWith(SessionKeyId);
    }

    [Fact]
    public async Task An_expired_sign_in_is_told_with_the_command_to_run()
    {
        WriteSsoProfile(DateTime.UtcNow.AddHours(-1));
        var output = await CheckAsync("Profile = sso", expected: 2);
        output.ShouldContain("[CredentialsMissing]");
        output.ShouldContain("aws sso login --profile sso");
        _ec2.Requests.ShouldBeEmpty();
    }

    private void WriteSsoProfile(DateTime expires)
    {
        const string Url = "https://example.awsapps.com/start";
        _home.Write(".aws/config", $"[profile sso]\nsso_start_url = {Url}\nsso_region = us-west-2\nsso_account_id = 123456789012\nsso_role_name = Deployer\nregion = us-west-2\n");

        // The AWS CLI keeps a sign-in in a file that is named by the SHA-1 of its URL.
#pragma warning disable CA5350 // Not for security: the file's name is AWS's.
        var name = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(Url)));
#pragma warning restore CA5350
        _home.Write($".aws/sso/cache/{name}.json", $$"""{"startUrl":"{{Url}}","region":"us-west-2","accessToken":"marked-token","expiresAt":"{{expires:yyyy-MM-ddTHH:mm:ssZ}}"}""");
    }

    private (int Status, string Body) Answer(string form)
    {
        if (form.Length == 0)
        {
            var expiration = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds();
            return (200, $$"""{"roleCredentials": {"accessKeyId":"{{SessionKeyId}}","secretAccessKey":"{{AnsweringEc2.SecretKey}}","sessionToken":"marked-token","expiration":{{expiration}} } }""");
        }

        var answer = _agreeable.Answer(form);
        return answer.Status == 400 && form.Contains("Action=AssumeRole", StringComparison.Ordinal)
            ? (200, $"<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials><AccessKeyId>{SessionKeyId}</AccessKeyId><SecretAccessKey>{AnsweringEc2.SecretKey}</SecretAccessKey><SessionToken>marked-token</SessionToken><Expiration>{DateTime.UtcNow.AddHours(1):yyyy-MM-ddTHH:mm:ssZ}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>")
            : answer;
    }

    private void AskedWith(string keyId)
    {
        var asked = _ec2.Requests.Zip(_ec2.Heads).Where(r => r.First.Contains("Action=Describe", StringComparison.Ordinal)).ToArray();
        asked.ShouldNotBeEmpty();
        asked.ShouldAllBe(r => r.Second.Contains($"Credential={keyId}/"));
    }

    private Task<string> CheckAsync(string credentials, params (string Name, string Value)[] environment) => CheckAsync(credentials, 0, environment);

    private async Task<string> CheckAsync(string credentials, int expected, params (string Name, string Value)[] environment)
    {
        var settings = _home.Write(".aws.settings", $"[EC2]\n{credentials}\nAvailabilityZone = us-west-2a\nSSHKeyPair = my-pair\nSSHKeyPairFile = key.pem\nEndpointUrl = {_ec2.Url}\n");
        string[] words = [Path.Combine(AppContext.BaseDirectory, "launch.dll"), "--check", "--aws-settings", settings, "--instance-config", Path.Combine(_home.Path, "instance.config")];
        var start = new ProcessStartInfo("dotnet", words) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("AWS_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in ((string, string)[])
                 [
                     ("HOME", _home.Path), ("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_ENDPOINT_URL_STS", _ec2.Url), ("AWS_ENDPOINT_URL_SSO", _ec2.Url), .. environment,
                 ])
        {
            start.Environment[name] = value;
        }

        using var launch = Process.Start(start)!;
        var error = launch.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await launch.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await error;
        await launch.WaitForExitAsync(TestContext.Current.CancellationToken);
        launch.ExitCode.ShouldBe(expected, output);
        output.ShouldNotContain(AnsweringEc2.SecretKey);
        output.ShouldNotContain("marked-token");
        return output;
    }
}
