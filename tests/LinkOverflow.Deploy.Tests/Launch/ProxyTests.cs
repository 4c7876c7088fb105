using System.Diagnostics;
using LinkOverflow.Deploy.Tests.Cloud;

namespace LinkOverflow.Deploy.Tests.Launch;

/// <summary>The proxy of the environment, as AWS's own tools take it; of a process of its own, since the environment is the process's.</summary>
public sealed class ProxyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task EC2_is_asked_through_the_proxy_that_the_environment_names()
    {
        await using var proxy = AnsweringEc2.Refusing("AuthFailure", 401);
        var output = await CheckAsync("http://ec2.invalid/", proxy, noProxy: "");

        // Nobody is at ec2.invalid, so the answer can only be the proxy's.
        output.ShouldContain("AuthFailure");
        output.ShouldContain("[CredentialsRejected]");
        proxy.Heads.ShouldContain(h => h.StartsWith("POST http://ec2.invalid/ HTTP/1.1"));
    }

    [Fact]
    public async Task Over_HTTPS_the_proxy_is_asked_for_a_tunnel_and_sees_nothing_else()
    {
        await using var proxy = AnsweringEc2.Refusing("x", 403);
        var output = await CheckAsync("https://ec2.invalid/", proxy, noProxy: "");
        output.ShouldContain("[CloudUnreachable]");
        proxy.Heads.ShouldNotBeEmpty();
        proxy.Heads.ShouldAllBe(h => h.StartsWith("CONNECT ec2.invalid:443 HTTP/1.1"));
    }

    [Fact]
    public async Task What_NO_PROXY_names_is_asked_itself()
    {
        await using var proxy = AnsweringEc2.Refusing("x", 403);
        await using var ec2 = AnsweringEc2.Refusing("AuthFailure", 401);
        var output = await CheckAsync(ec2.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal), proxy, noProxy: "localhost");
        output.ShouldContain("AuthFailure");
        ec2.Requests.ShouldNotBeEmpty();
        proxy.Heads.ShouldBeEmpty();
    }

    private async Task<string> CheckAsync(string endpoint, AnsweringEc2 proxy, string noProxy)
    {
        _folder.Write("key.pem", "");
        _folder.Write("site.pp", "");
        var config = _folder.Write("instance.config", "[EC2]\nImageID = ami-12345678\nInstanceType = t3.small\n[Puppet]\nPuppetConfigFile = site.pp\n");
        var settings = _folder.Write(".aws.settings", $"""
            [EC2]
            AccessKeyId = AKIAEXAMPLE
            SecretAccessKey = a-secret
            AvailabilityZone = us-west-2
            SSHKeyPair = my-pair
            SSHKeyPairFile = key.pem
            EndpointUrl = {endpoint}
            """);
        var start = new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "launch.dll"), "--check", "--aws-settings", settings, "--instance-config", config])
        {
            RedirectStandardOutput = true, UseShellExecute = false,
        };
        foreach (var name in (string[])["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"])
        {
            start.Environment[name] = proxy.Url;
        }

        start.Environment["NO_PROXY"] = start.Environment["no_proxy"] = noProxy;
        using var launch = Process.Start(start)!;
        var output = await launch.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await launch.WaitForExitAsync(TestContext.Current.CancellationToken);
        return output;
    }
}
