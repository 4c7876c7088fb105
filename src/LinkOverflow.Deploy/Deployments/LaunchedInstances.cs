using System.Collections.Concurrent;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>Remembers, from a deployment's events, what runs and costs money: for whoever interrupts it.</summary>
public sealed class LaunchedInstances
{
    private readonly ConcurrentDictionary<string, LOInstance> _instances = new(StringComparer.Ordinal);

    /// <summary>Takes note of an event, from any thread.</summary>
    public void Note(DeploymentEvent happened)
    {
        if (happened.Instance is { } instance)
        {
            _instances[instance.InstanceId] = instance;
        }
    }

    /// <summary>A sentence that names them; null where none was seen.</summary>
    public string? Describe()
    {
        LOInstance[] all = [.. _instances.Values.InNameOrder(i => i.Name)];
        return all.Length == 0
            ? null
            : $"{all.Length} instance{(all.Length == 1 ? "" : "s")} of {all[0].Deployment} run{(all.Length == 1 ? "s" : "")} and cost{(all.Length == 1 ? "s" : "")} money: {string.Join(", ", all.Select(i => $"{i.Name} ({i.InstanceId}, {i.InstanceType})"))}.";
    }
}
