using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Lists deployments by their tags in EC2, whoever launched them from wherever.</summary>
[Cmdlet(VerbsCommon.Get, "LODeployment")]
[OutputType(typeof(DeploymentSummary))]
public sealed class GetLODeploymentCmdlet : LookingCmdlet
{
    /// <inheritdoc/>
    protected override Task EmitAsync(DeploymentSummary found, Inventory inventory)
    {
        Emit(found);
        return Task.CompletedTask;
    }
}
