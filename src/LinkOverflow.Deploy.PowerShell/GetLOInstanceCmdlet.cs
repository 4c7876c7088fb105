using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Gets the instances of deployments, ready for Install-LOPuppet and Publish-LODjango.</summary>
/// <example>
/// Shows how to log in to each instance.
/// <code>
/// Get-LOInstance -Lab | Select-Object Name, LoginCommand
/// </code>
/// </example>
[Cmdlet(VerbsCommon.Get, "LOInstance")]
[OutputType(typeof(LOInstance))]
public sealed class GetLOInstanceCmdlet : LookingCmdlet
{
    /// <inheritdoc/>
    protected override async Task EmitAsync(DeploymentSummary found, Inventory inventory)
    {
        foreach (var instance in await Task.WhenAll(found.Instances.Select(i => inventory.WithHostKeyAsync(i, StopToken))))
        {
            Emit(instance);
        }
    }
}
