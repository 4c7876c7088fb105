using System.Management.Automation;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Takes a Django project to running, health-checked instances, all hosts side by side, and emits each once it is healthy.</summary>
[Cmdlet(VerbsLifecycle.Start, "LODeployment", SupportsShouldProcess = true)]
[OutputType(typeof(LOInstance))]
public sealed class StartLODeploymentCmdlet : LaunchingCmdlet
{
    /// <inheritdoc/>
    protected override async Task WorkAsync(Ec2Cloud cloud, DeploymentPlan plan)
    {
        var result = await new Deployment(cloud, Show).RunAsync(plan, Emit, StopToken);
        foreach (var failure in result.Failures)
        {
            Fail(new DeployException(failure.Id, failure.Message), failure.Instance);
        }
    }
}
