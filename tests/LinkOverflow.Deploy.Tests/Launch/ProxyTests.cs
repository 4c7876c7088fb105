using System.Diagnostics;
using LinkOverflow.Deploy.Tests.Cloud;

namespace LinkOverflow.Deploy.Tests.Launch;

/// <summary>The proxy of the environment, as AWS's own tools take it; of a process of its own, since the environment is the process's.</summary>
public sealed class ProxyTests
{
    [Fact]
    public async Task EC2_is_asked_through_the_proxy_that_the_environment_names()
    {
        await using var proxy = AnsweringEc2.Refusing("AuthFailure", 401);
        using var folder = new TemporaryFolder();
        folder.Write("key.pem", "");
        folder.Write("site.pp", "");
        var config = folder.Write("instance.config", "[EC2]\nImageID = ami-12345678\nInstanceType = t3.small\n[Puppet]\nPuppetConfigFile = site.pp\n");
        var settings = folder.Write(".aws.settings", """
            [EC2]
            AccessKeyId = AKIAEXAMPLE
            SecretAccessKey = a-secret
            AvailabilityZone = us-west-2
            SSHKeyPair = my-pair
            SSHKeyPairFile = key.pem
            EndpointUrl = http://ec2.invalid/
            """);
        var start = new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "launch.dll"), "--check", "--aws-settings", settings, "--instance-config", config])
        {
            RedirectStandardOutput = true, UseShellExecute = false, Environment = { ["HTTP_PROXY"] = proxy.Url, ["http_proxy"] = proxy.Url, ["NO_PROXY"] = "", ["no_proxy"] = "" },
        };
        using var launch = Process.Start(start)!;
        var output = await launch.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await launch.WaitForExitAsync(TestContext.Current.CancellationToken);

        // Nobody is at ec2.invalid, so the answer can only be the proxy's.
        output.ShouldContain("AuthFailure");
        output.ShouldContain("[CredentialsRejected]");
        proxy.Requests.ShouldNotBeEmpty();
    }
}
