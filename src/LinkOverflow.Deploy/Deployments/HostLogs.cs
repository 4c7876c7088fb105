using System.Collections.Concurrent;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>The last lines that each host printed, kept for its error; what came before them is dropped, so that 50 hosts cost little.</summary>
internal sealed class HostLogs
{
    private const int Kept = 40;
    private readonly ConcurrentDictionary<string, Queue<string>> _lines = new(StringComparer.Ordinal);

    public void Add(DeploymentEvent happened)
    {
        if (happened is not { Kind: EventKind.Output, Instance: { } instance })
        {
            return;
        }

        var lines = _lines.GetOrAdd(instance.InstanceId, _ => new Queue<string>(Kept + 1));
        lock (lines)
        {
            lines.Enqueue(happened.Message);
            if (lines.Count > Kept)
            {
                lines.Dequeue();
            }
        }
    }

    public IReadOnlyList<string> Tail(LOInstance instance)
    {
        if (!_lines.TryGetValue(instance.InstanceId, out var lines))
        {
            return [];
        }

        lock (lines)
        {
            return [.. lines];
        }
    }
}
