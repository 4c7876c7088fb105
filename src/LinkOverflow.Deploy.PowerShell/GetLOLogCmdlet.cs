using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Django;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Reads the log of sites from their hosts' journals.</summary>
/// <example>
/// Shows the last 20 lines of every site in the lab.
/// <code>
/// Get-LOInstance -Lab | Get-LOLog -Last 20
/// </code>
/// </example>
[Cmdlet(VerbsCommon.Get, "LOLog")]
[OutputType(typeof(LogLine))]
public sealed class GetLOLogCmdlet : InstanceCmdlet
{
    /// <summary>How many of each host's last lines.</summary>
    [Parameter(Position = 0)]
    [ValidateRange(0, 100000)]
    public int Last { get; set; } = 50;

    /// <summary>Go on with what comes, until Ctrl+C.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <inheritdoc/>
    protected override Func<Task> Work(LOInstance instance) => () => SiteLog.ReadAsync(instance, Last, Follow, Emit, StopToken);
}
