using System.Globalization;
using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>One bar per instance. Used on the pipeline thread alone.</summary>
internal sealed class ProgressBars(Cmdlet cmdlet)
{
    // Bars of other cmdlets in the session count from 0.
    private const int FirstId = 7100;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    public void Show(DeploymentEvent happened)
    {
        if (happened.Instance is not { } instance)
        {
            return;
        }

        if (!_ids.TryGetValue(instance.InstanceId, out var id))
        {
            _ids.Add(instance.InstanceId, id = FirstId + _ids.Count);
        }

        var elapsed = DateTime.UtcNow - instance.Launched;
        var status = happened.Message.Split('\n', 2)[0].Trim();
        cmdlet.WriteProgress(new ProgressRecord(id, instance.Name, status.Length == 0 ? instance.Stage.ToString() : status)
        {
            CurrentOperation = $"{instance.Stage}, {elapsed.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s",
            PercentComplete = Percent(instance.Stage),
            RecordType = instance.Stage is Stage.Healthy or Stage.Failed ? ProgressRecordType.Completed : ProgressRecordType.Processing,
        });
    }

    public void Complete()
    {
        foreach (var (instance, id) in _ids)
        {
            cmdlet.WriteProgress(new ProgressRecord(id, instance, "done") { RecordType = ProgressRecordType.Completed });
        }
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
