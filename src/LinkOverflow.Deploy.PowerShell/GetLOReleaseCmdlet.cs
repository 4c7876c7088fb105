using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Django;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Lists the releases that instances hold, the newest first; the same id on two hosts is the same content.</summary>
/// <example>
/// Lists what every host of the deployments in the lab holds.
/// <code>
/// Get-LOInstance -Lab | Get-LORelease
/// </code>
/// </example>
[Cmdlet(VerbsCommon.Get, "LORelease")]
[OutputType(typeof(SiteRelease))]
public sealed class GetLOReleaseCmdlet : InstanceCmdlet
{
    /// <inheritdoc/>
    protected override Func<Task> Work(LOInstance instance) => async () =>
    {
        foreach (var release in await SiteRelease.ListAsync(instance, StopToken))
        {
            Emit(release);
        }
    };
}
