using System.Collections.Concurrent;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>
/// Passes events on, and keeps the last lines that each host printed for its failure; what came before them is dropped, so that 50 hosts
/// cost little.
/// </summary>
/// <param name="events">Where events go; called from any thread.</param>
internal sealed class HostFailures(Action<DeploymentEvent> events)
{
    private const int Kept = 40;
    private readonly ConcurrentDictionary<string, Queue<string>> _lines = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<InstanceFailure> _failures = [];

    public bool IsEmpty => _failures.IsEmpty;

    /// <summary>The failures so far, by the hosts' names.</summary>
    public IReadOnlyList<InstanceFailure> All => [.. _failures.InNameOrder(f => f.Instance.Name)];

    /// <summary>Takes note of an event and passes it on.</summary>
    public void Show(DeploymentEvent happened)
    {
        if (happened is { Kind: EventKind.Output, Instance: { } instance })
        {
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

        events(happened);
    }

    /// <summary>Takes note of a failure and tells it; returns the host as failed.</summary>
    public LOInstance Add(LOInstance host, Exception e)
    {
        var failure = InstanceFailure.Of(host, e, Tail(host));
        _failures.Add(failure);
        events(new DeploymentEvent(EventKind.Failed, $"{failure.Message} [{failure.Id}]", failure.Instance));
        return failure.Instance;
    }

    private string[] Tail(LOInstance host)
    {
        if (!_lines.TryGetValue(host.InstanceId, out var lines))
        {
            return [];
        }

        lock (lines)
        {
            return [.. lines];
        }
    }
}
