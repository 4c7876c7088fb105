using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Model;

namespace LinkOverflow.Lab.Faults;

/// <summary>Faults that an instance suffers from while it runs: they begin and end, by themselves or by request.</summary>
internal sealed partial class MachineOutages(Account account, Fleet fleet, FaultInjector faults, ILogger<MachineOutages> logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly List<Task> _timers = [];

    /// <summary>Begins an outage of a running instance.</summary>
    public async Task BeginAsync(Fault fault, Instance instance, CancellationToken cancellationToken)
    {
        if (fault.Request.Kind == FaultKind.DiskFull)
        {
            await fleet.SetDiskFullAsync(instance, full: true, cancellationToken);
        }

        lock (account.Gate)
        {
            faults.Give(instance, fault);
        }

        await fleet.ApplyPolicyAsync(cancellationToken);
        EndLater(fault, instance);
    }

    /// <summary>Sees to it that what new instances suffer from ends when its seconds are over.</summary>
    public void Watch(IReadOnlyList<Instance> launched)
    {
        foreach (var fault in faults.List().Where(f => f.Request.IsOutage))
        {
            foreach (var instance in fault.Instances.Where(launched.Contains).ToList())
            {
                EndLater(fault, instance);
            }
        }
    }

    /// <summary>Ends what instances suffer from because of a fault.</summary>
    public async Task EndAsync(Fault fault, CancellationToken cancellationToken)
    {
        foreach (var instance in fault.Instances.ToList())
        {
            await EndAsync(fault, instance, cancellationToken);
        }
    }

    /// <summary>Forgets the timers; the machines go with the lab.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        Task[] timers;
        lock (_gate)
        {
            timers = [.. _timers];
        }

        await Task.WhenAll(timers);
        _closing.Dispose();
    }

    private async Task EndAsync(Fault fault, Instance instance, CancellationToken cancellationToken)
    {
        lock (account.Gate)
        {
            if (!faults.Take(instance, fault) || !instance.IsAlive)
            {
                return;
            }
        }

        await (fault.Request.Kind == FaultKind.DiskFull
            ? fleet.SetDiskFullAsync(instance, full: false, cancellationToken)
            : fleet.ApplyPolicyAsync(cancellationToken));
    }

    private void EndLater(Fault fault, Instance instance)
    {
        if (fault.Request.Seconds is { } seconds)
        {
            lock (_gate)
            {
                _timers.RemoveAll(t => t.IsCompleted);
                _timers.Add(EndAfterAsync(fault, instance, TimeSpan.FromSeconds(seconds)));
            }
        }
    }

    private async Task EndAfterAsync(Fault fault, Instance instance, TimeSpan after)
    {
        try
        {
            await Task.Delay(after, account.Clock, _closing.Token);
            await EndAsync(fault, instance, _closing.Token);
        }
        catch (OperationCanceledException)
        {
            // The lab stops.
        }
        catch (MachineException e)
        {
            LogFailure(instance.Id, fault.Id, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{InstanceId}: {FaultId} does not end")]
    private partial void LogFailure(string instanceId, string faultId, Exception exception);
}
