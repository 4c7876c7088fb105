using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using LinkOverflow.Deploy.Deployments;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>
/// A bar per deployment, and below it one per instance: what it does now, and for how long it has been at work. Used on the pipeline
/// thread alone.
/// </summary>
internal sealed class ProgressBars(PSCmdlet cmdlet)
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    // Of the whole session, by instance or deployment: the cmdlets of a pipeline draw one instance's bar in turn. Bars of others count from 0.
    private static readonly ConcurrentDictionary<string, int> Ids = new(StringComparer.Ordinal);
    private static int _lastId = 7100;

    private readonly Dictionary<string, Bar> _bars = new(StringComparer.Ordinal);
    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);
    private readonly int _room = Room(cmdlet);
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
        var isShown = bar.HasEnded ? _shown.Remove(instance.InstanceId) : HasRoom(instance.InstanceId);
        if (!isShown)
        {
            return;
        }

        var elapsed = bar.HasEnded ? instance.Elapsed : DateTime.UtcNow - instance.Begun;
        cmdlet.WriteProgress(new ProgressRecord(Id(instance.InstanceId), instance.Name, $"{Seconds(elapsed),3} s  {instance.Stage}: {bar.Doing}")
        {
            ParentActivityId = Id(instance.Deployment),
            PercentComplete = Percent(instance.Stage),
            RecordType = bar.HasEnded ? ProgressRecordType.Completed : ProgressRecordType.Processing,
        });
    }

    private bool HasRoom(string instanceId)
    {
        if (_shown.Count < _room)
        {
            _shown.Add(instanceId);
        }

        return _shown.Contains(instanceId);
    }

    // Tells of all, those too that there is no room for.
    private void DrawDeployment(string deployment)
    {
        var all = _bars.Values.Where(b => b.Instance.Deployment == deployment).ToArray();
        var stages = all.GroupBy(b => b.Instance.Stage).OrderByDescending(g => g.Key).Select(g => $"{g.Count()} {g.Key}");
        var hidden = Math.Max(0, all.Count(b => !b.HasEnded) - _room);
        var elapsed = DateTime.UtcNow - all.Min(b => b.Instance.Begun);
        cmdlet.WriteProgress(new ProgressRecord(Id(deployment), deployment, $"{Seconds(elapsed),3} s  {string.Join(", ", stages)}{(hidden == 0 ? "" : $"; {hidden} not shown")}")
        {
            PercentComplete = (int)all.Average(b => Percent(b.Instance.Stage)),
        });
    }

    // PowerShell's minimal view folds nothing away: fifty bars would push their deployment's off a terminal's top.
    private static int Room(PSCmdlet cmdlet)
    {
        const int Few = 10;
        try
        {
            return cmdlet.Host.UI?.RawUI is { } terminal ? Math.Max(terminal.WindowSize.Height / 2, Few / 2) : Few;
        }
        catch (Exception e) when (e is HostException or NotImplementedException or InvalidOperationException)
        {
            // No terminal: a job's parent, perhaps, draws them.
            return Few;
        }
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
