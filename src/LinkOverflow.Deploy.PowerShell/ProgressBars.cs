using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>
/// A bar per deployment, and below it one per instance: what it does now, and for how long it has been at work. Used on the pipeline
/// thread alone.
/// </summary>
internal sealed class ProgressBars(Cmdlet cmdlet)
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    // Of the whole session, by instance or deployment: the cmdlets of a pipeline draw one instance's bar in turn. Bars of others count from 0.
    private static readonly ConcurrentDictionary<string, int> Ids = new(StringComparer.Ordinal);
    private static int _lastId = 7100;

    private readonly Dictionary<string, Bar> _bars = new(StringComparer.Ordinal);
    private readonly Stopwatch _drawn = Stopwatch.StartNew();

    public void Show(DeploymentEvent happened)
    {
        if (happened.Instance is not { } instance)
        {
            return;
        }

        var bar = new Bar(instance, happened.Message.Split('\n', 2)[0].Trim());
        var isNew = !_bars.TryGetValue(instance.InstanceId, out var before);
        _bars[instance.InstanceId] = bar;
        if (isNew || before!.Instance.Stage != instance.Stage)
        {
            DrawDeployment(instance.Deployment);
        }

        Draw(bar);
    }

    /// <summary>Draws all bars again once a second: time goes on, and PowerShell drops updates that follow each other closely.</summary>
    public void Refresh()
    {
        if (_drawn.Elapsed < Tick)
        {
            return;
        }

        _drawn.Restart();
        foreach (var deployment in _bars.Values.GroupBy(b => b.Instance.Deployment, StringComparer.Ordinal))
        {
            DrawDeployment(deployment.Key);
            foreach (var bar in deployment.Where(b => !b.HasEnded))
            {
                Draw(bar);
            }
        }
    }

    public void Complete()
    {
        foreach (var bar in _bars.Values)
        {
            cmdlet.WriteProgress(new ProgressRecord(Id(bar.Instance.InstanceId), bar.Instance.Name, "done") { RecordType = ProgressRecordType.Completed });
        }

        foreach (var deployment in _bars.Values.Select(b => b.Instance.Deployment).Distinct(StringComparer.Ordinal))
        {
            cmdlet.WriteProgress(new ProgressRecord(Id(deployment), deployment, "done") { RecordType = ProgressRecordType.Completed });
        }
    }

    private void Draw(Bar bar)
    {
        var instance = bar.Instance;
        var elapsed = bar.HasEnded ? instance.Elapsed : DateTime.UtcNow - instance.Begun;
        cmdlet.WriteProgress(new ProgressRecord(Id(instance.InstanceId), instance.Name, $"{Seconds(elapsed),3} s  {instance.Stage}: {bar.Doing}")
        {
            ParentActivityId = Id(instance.Deployment),
            PercentComplete = Percent(instance.Stage),
            RecordType = bar.HasEnded ? ProgressRecordType.Completed : ProgressRecordType.Processing,
        });
    }

    // Fifty bars do not fit a terminal, and PowerShell folds some away; this one tells of all.
    private void DrawDeployment(string deployment)
    {
        var all = _bars.Values.Where(b => b.Instance.Deployment == deployment).ToArray();
        var stages = all.GroupBy(b => b.Instance.Stage).OrderByDescending(g => g.Key).Select(g => $"{g.Count()} {g.Key}");
        var elapsed = DateTime.UtcNow - all.Min(b => b.Instance.Begun);
        cmdlet.WriteProgress(new ProgressRecord(Id(deployment), deployment, $"{Seconds(elapsed),3} s  {string.Join(", ", stages)}")
        {
            PercentComplete = (int)all.Average(b => Percent(b.Instance.Stage)),
        });
    }

    private static int Id(string of) => Ids.GetOrAdd(of, static _ => Interlocked.Increment(ref _lastId));

    private static string Seconds(TimeSpan elapsed) => elapsed.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);

    private static int Percent(Stage stage) => stage switch
    {
        Stage.Pending => 2,
        Stage.Booting => 5,
        Stage.Reachable => 15,
        Stage.Configured => 75,
        Stage.Published => 90,
        _ => 100,
    };

    private sealed record Bar(LOInstance Instance, string Doing)
    {
        public bool HasEnded => Instance.Stage is Stage.Healthy or Stage.Failed;
    }
}
