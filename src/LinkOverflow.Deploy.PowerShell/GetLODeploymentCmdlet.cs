using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Lists deployments by their tags in EC2, whoever launched them from wherever.</summary>
/// <example>
/// Lists what runs in the lab, and since when.
/// <code>
/// Get-LODeployment -Lab
/// </code>
/// </example>
/// <example>
/// Finds deployments that are older than a day.
/// <code>
/// Get-LODeployment -Lab | Where-Object Age -GT 1.00:00
/// </code>
/// </example>
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
