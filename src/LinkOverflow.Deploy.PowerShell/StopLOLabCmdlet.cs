using System.Management.Automation;
using LinkOverflow.Deploy.Lab;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Stops the lab and its machines; the next start brings them back.</summary>
/// <example>
/// Stops it; deployments in it are there again after Start-LOLab.
/// <code>
/// Stop-LOLab
/// </code>
/// </example>
/// <example>
/// Stops it and removes everything that it has on this machine.
/// <code>
/// Stop-LOLab -Remove
/// </code>
/// </example>
[Cmdlet(VerbsLifecycle.Stop, "LOLab", SupportsShouldProcess = true)]
public sealed class StopLOLabCmdlet : LabCmdlet
{
    /// <summary>Terminate its machines, and remove its keys, images and disks.</summary>
    [Parameter]
    public SwitchParameter Remove { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (ShouldProcess("the lab on this machine", Remove ? "Stop and remove, with all machines, keys and images" : "Stop"))
        {
            Ask(async (say, cancellationToken) =>
            {
                await LocalLab.StopAsync(Remove, say, cancellationToken);
                return true;
            });
        }
    }
}
