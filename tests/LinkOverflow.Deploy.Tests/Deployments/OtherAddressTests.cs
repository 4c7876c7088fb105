using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Tests.Cloud;

namespace LinkOverflow.Deploy.Tests.Deployments;

/// <summary>Whoever comes from another address than at the launch is told so, and let in by a resumption. The lab's packet filter enforces the group.</summary>
[Trait("Category", "Machines")]
[Collection(SharedConnections.Name)]
public sealed class OtherAddressTests(LabEc2 lab) : IClassFixture<LabEc2>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_step_from_another_address_says_what_to_do_and_a_resumption_lets_it_in()
    {
        Assert.SkipWhen(lab.Missing is not null, lab.Missing ?? "");
        using var folder = new TemporaryFolder();
        folder.Write("manage.py", "");
        using var cloud = lab.Cloud();
        var plan = Plans.Of() with
        {
            // A documentation address (RFC 5737), from which this machine does not come.
            SshFrom = ["198.51.100.77/32"],
            Project = new DjangoProject(folder.Path, "site", "site.settings"),
            Settings = lab.Settings with { Zone = null },
            Config = Plans.Config with { ImageId = lab.Image, InstanceType = "t3.micro", BootTimeout = TimeSpan.FromMinutes(5) },
        };
        try
        {
            await new Provisioning(cloud, _ => { }).LaunchAsync(plan, Cancellation);
            var instance = await BootedAsync(cloud, plan);
            var error = await Should.ThrowAsync<DeployException>(() => SshConnections.GetAsync(instance.Ssh(), Cancellation));
            error.Id.ShouldBe(ErrorId.ConnectionFailed);
            error.Message.ShouldContain("timed out");
            error.Problems[0].Fix!.ShouldContain("--resume");

            // What follows the login is nothing to this test.
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            var resumption = new Deployment(cloud, happened =>
            {
                if (happened.Message == "can be logged in to")
                {
                    stop.Cancel();
                }
            });
            await Should.ThrowAsync<OperationCanceledException>(
                () => resumption.RunAsync(plan with { Resumes = true, SshFrom = null }, new DeploymentOptions(), stop.Token));
            Cancellation.IsCancellationRequested.ShouldBeFalse();
            (await SshConnections.RunAsync(instance.Ssh(), new RemoteScript("hostname", [], AsRoot: false), cancellationToken: Cancellation)).ExitCode.ShouldBe(0);
        }
        finally
        {
            await SshConnections.CloseAllAsync();
            await new Removal(cloud).RemoveAsync(plan.Deployment, CancellationToken.None);
        }
    }

    private static async Task<LOInstance> BootedAsync(Ec2Cloud cloud, DeploymentPlan plan)
    {
        var inventory = new Inventory(cloud, plan.Settings, null);
        while (true)
        {
            var found = (await inventory.DeploymentsAsync(plan.Deployment, Cancellation)).Single().Instances.Single();
            if (found.LoginCommand is not null && await inventory.WithHostKeyAsync(found, Cancellation) is { HostKey: not null } known)
            {
                return known;
            }

            await Task.Delay(300, Cancellation);
        }
    }
}
