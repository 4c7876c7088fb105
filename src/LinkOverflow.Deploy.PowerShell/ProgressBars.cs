using System.Globalization;
using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>One bar per instance: what it does now, and for how long it has been at work. Used on the pipeline thread alone.</summary>
internal sealed class ProgressBars(Cmdlet cmdlet)
{
    // Bars of other cmdlets in the session count from 0.
    private const int FirstId = 7100;
    private readonly Dictionary<string, (int Id, LOInstance Instance, string Doing)> _bars = new(StringComparer.Ordinal);

    public void Show(DeploymentEvent happened)
    {
        if (happened.Instance is not { } instance)
        {
            return;
        }

        var id = _bars.TryGetValue(instance.InstanceId, out var bar) ? bar.Id : FirstId + _bars.Count;
        _bars[instance.InstanceId] = (id, instance, happened.Message.Split('\n', 2)[0].Trim());
        Draw(_bars[instance.InstanceId]);
    }

    /// <summary>Draws all bars again: time goes on, and PowerShell drops updates that follow each other closely.</summary>
    public void Refresh()
    {
        foreach (var bar in _bars.Values)
        {
            Draw(bar);
        }
    }

    public void Complete()
    {
        foreach (var bar in _bars.Values)
        {
            cmdlet.WriteProgress(new ProgressRecord(bar.Id, bar.Instance.Name, "done") { RecordType = ProgressRecordType.Completed });
        }
    }

    private void Draw((int Id, LOInstance Instance, string Doing) bar)
    {
        var (id, instance, doing) = bar;
        var ended = instance.Stage is Stage.Healthy or Stage.Failed;
        var elapsed = ended ? instance.Elapsed : DateTime.UtcNow - instance.Begun;
        var seconds = elapsed.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        cmdlet.WriteProgress(new ProgressRecord(id, instance.Name, $"{seconds,3} s  {instance.Stage}: {doing}")
        {
            PercentComplete = Percent(instance.Stage),
            RecordType = ended ? ProgressRecordType.Completed : ProgressRecordType.Processing,
        });
    }

    private static int Percent(Stage stage) => stage switch
    {
        Stage.Pending => 2,
        Stage.Booting => 5,
        Stage.Reachable => 15,
        Stage.Configured => 75,
        Stage.Published => 90,
        _ => 100,
    };
}
