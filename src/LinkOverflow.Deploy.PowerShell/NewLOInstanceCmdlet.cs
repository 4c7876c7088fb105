using System.Management.Automation;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Launches instances and emits each the moment it can be logged in to, the others still booting.</summary>
/// <example>
/// Launches two local machines; each is there once it can be logged in to.
/// <code>
/// $instances = New-LOInstance -Project samples/linkoverflow -Count 2 -Lab
/// $instances.LoginCommand
/// </code>
/// </example>
[Cmdlet(VerbsCommon.New, "LOInstance", SupportsShouldProcess = true)]
[OutputType(typeof(LOInstance))]
public sealed class NewLOInstanceCmdlet : LaunchingCmdlet
{
    /// <inheritdoc/>
    protected override async Task WorkAsync(Ec2Cloud cloud, DeploymentPlan plan)
    {
        foreach (var warning in plan.Warnings)
        {
            Show(new DeploymentEvent(EventKind.Warning, warning.ToString()));
        }

        var provisioning = new Provisioning(cloud, Show);
        var launched = await provisioning.LaunchAsync(plan, StopToken);
        await Task.WhenAll(launched.Select(async instance =>
        {
            try
            {
                Emit(await provisioning.WaitUntilReachableAsync(instance, plan.Config.BootTimeout, StopToken));
            }
            catch (DeployException e)
            {
                Fail(e, instance.At(Stage.Failed));
            }
        }));
    }
}
