using System.Management.Automation;
using LinkOverflow.Deploy.Lab;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Gets the lab that runs on this machine, whoever started it; nothing when none runs.</summary>
/// <example>
/// Lists its machines.
/// <code>
/// (Get-LOLab).Machines
/// </code>
/// </example>
[Cmdlet(VerbsCommon.Get, "LOLab")]
[OutputType(typeof(LocalLab))]
public sealed class GetLOLabCmdlet : LabCmdlet
{
    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Ask((_, cancellationToken) => LocalLab.FindAsync(cancellationToken)) is { } lab)
        {
            WriteObject(lab);
        }
    }
}
