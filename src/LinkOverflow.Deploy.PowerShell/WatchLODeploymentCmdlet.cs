using System.Management.Automation;
using LinkOverflow.Deploy.Monitoring;
using Monitor = LinkOverflow.Deploy.Monitoring.Monitor;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Watches deployments in a table that changes in place: health, latency, load, memory, disk and release of each instance; q quits.</summary>
/// <remarks>Where there is no terminal, each look is emitted as objects, as with -PassThru.</remarks>
/// <example>
/// Looks twice, a second apart, and takes what was seen as objects.
/// <code>
/// $seen = Watch-LODeployment -Lab -Interval 1 -Count 2 -PassThru
/// </code>
/// </example>
[Cmdlet(VerbsCommon.Watch, "LODeployment")]
[OutputType(typeof(InstanceHealth))]
public sealed class WatchLODeploymentCmdlet : MonitoringCmdlet
{
    /// <summary>The time between two looks, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    public int Interval { get; set; } = 2;

    /// <summary>How often to look; without it, until q is pressed or the command is stopped.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; } = int.MaxValue;

    /// <summary>Emit each look as objects, in place of the table.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override async Task LookAsync(Monitor monitor)
    {
        var screen = !PassThru && WatchScreen.IsThere(Host) ? new WatchScreen() : null;
        try
        {
            for (var round = 1; ; round++)
            {
                var all = await monitor.LookAsync(StopToken);
                if (screen is null)
                {
                    foreach (var instance in all)
                    {
                        Emit(instance);
                    }
                }
                else
                {
                    screen.Draw(all);
                }

                if (round == Count || await WaitAsync(screen))
                {
                    return;
                }
            }
        }
        finally
        {
            screen?.Close();
        }
    }

    /// <summary>Waits for the next look; true where the user wants no more.</summary>
    private async Task<bool> WaitAsync(WatchScreen? screen)
    {
        var next = DateTime.UtcNow.AddSeconds(Interval);
        while (DateTime.UtcNow < next)
        {
            if (screen is not null && WatchScreen.QuitPressed())
            {
                return true;
            }

            await Task.Delay(100, StopToken);
        }

        return false;
    }
}
