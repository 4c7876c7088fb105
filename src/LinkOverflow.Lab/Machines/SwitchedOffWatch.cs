using LinkOverflow.Lab.Model;

namespace LinkOverflow.Lab.Machines;

/// <summary>Looks after machines that switch themselves off: as in EC2 their instances are then stopped, or terminated.</summary>
internal sealed class SwitchedOffWatch(Account account, IMachineDriver driver, Fleet fleet)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Watches until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval);
        HashSet<Instance> wasDown = [];
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                List<Instance> running;
                lock (account.Gate)
                {
                    running = [.. account.Instances.Values.Where(i => i.State == InstanceState.Running && i.Turn.CurrentCount > 0)];
                }

                // Twice in a row: a process that is just being started or replaced has no command line for a moment.
                var down = running.Where(i => !driver.IsUp(i.Id)).ToHashSet();
                foreach (var instance in down.Where(wasDown.Contains))
                {
                    End(instance);
                }

                wasDown = down;
            }
        }
        catch (OperationCanceledException)
        {
            // The lab stops.
        }
    }

    private void End(Instance instance)
    {
        lock (account.Gate)
        {
            // A call may have come between.
            if (instance.State != InstanceState.Running || instance.Turn.CurrentCount == 0 || driver.IsUp(instance.Id))
            {
                return;
            }

            instance.Reason = ("Client.InstanceInitiatedShutdown", "Client.InstanceInitiatedShutdown: Instance initiated shutdown");
            instance.State = instance.ShutdownBehavior == "terminate" ? InstanceState.ShuttingDown : InstanceState.Stopping;
        }

        if (instance.State == InstanceState.ShuttingDown)
        {
            fleet.Terminate([instance]);
        }
        else
        {
            fleet.Stop([instance]);
        }
    }
}
