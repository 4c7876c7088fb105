using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Tests.Cloud;
using LinkOverflow.Launch;

namespace LinkOverflow.Deploy.Tests.Launch;

/// <summary><c>launch --host-key-policy</c>, on a machine of the lab.</summary>
[Trait("Category", "Machines")]
[Collection(SharedConnections.Name)]
public sealed class HostKeyPolicyTests(LabEc2 lab) : IClassFixture<LabEc2>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Console", "presented another host key than i-", "[HostKeyMismatch]")]
    [InlineData("KnownHosts", "a host key that your known_hosts files do not hold", "[HostKeyMismatch]")]
    [InlineData("TrustOnFirstUse", "can be logged in to", "[PuppetInstallFailed]")]
    public async Task Of_a_host_whose_console_shows_another_key_the_policy_decides(string policy, string said, string id)
    {
        Assert.SkipWhen(lab.Missing is not null, lab.Missing ?? "");
        await lab.FaultAsync("wrong-host-key");

        // A host that is let in fails at the next step, so that nothing long comes after.
        _folder.Write("site.pp", "");
        var project = Path.GetDirectoryName(_folder.Write("site/manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')"))!;
        var config = _folder.Write("instance.config", $"[EC2]\nImageID = {lab.Image}\nInstanceType = t3.micro\n[Puppet]\nPuppetConfigFile = site.pp\nPuppetURL = http://bleh.invalid/puppet.deb\n");
        using var output = new StringWriter();
        using var error = new StringWriter();
        try
        {
            var code = await LaunchCommand.RunAsync(
                [project, "1", "--aws-settings", lab.Settings.File, "--instance-config", config, "--host-key-policy", policy], output, error);
            code.ShouldBe(1, error.ToString());
            error.ToString().ShouldContain(said);
            error.ToString().ShouldContain(id);
        }
        finally
        {
            using var cloud = lab.Cloud();
            foreach (var group in await cloud.FindSecurityGroupsByTagAsync(DeploymentTags.Deployment, "*", CancellationToken.None))
            {
                await new Removal(cloud).RemoveAsync(group.Tags[DeploymentTags.Deployment], CancellationToken.None);
            }
        }
    }
}
