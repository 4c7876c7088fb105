using LinkOverflow.Lab.Model;

namespace LinkOverflow.Lab.Machines;

/// <summary>
/// Brings machines to where the account wants them: what a call decides is shown at once, and what it takes is done behind
/// it, side by side for different machines and in order for one.
/// </summary>
internal sealed partial class Fleet(Account account, IMachineDriver driver, ILogger<Fleet> logger) : IAsyncDisposable
{
    // EC2 does not ask for an sshd; a machine that never has one passes all the same.
    private static readonly TimeSpan LoginPatience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _policyTurn = new(1);
    private readonly HashSet<Task> _work = [];
    private long _policyWanted;
    private long _policyApplied;
    private Task _watch = Task.CompletedTask;

    /// <summary>Starts to look after machines that switch themselves off.</summary>
    public void Open() => _watch = WatchAsync();

    /// <summary>Told after something was done to an instance, or behind a call.</summary>
    public Func<Task> Done { get; set; } = () => Task.CompletedTask;

    /// <summary>Brings instances of an earlier lab back to where they were; those whose machine is gone are terminated.</summary>
    public void Resume()
    {
        List<Instance> instances;
        lock (account.Gate)
        {
            instances = [.. account.Instances.Values.Where(i => i.State != InstanceState.Terminated)];
            foreach (var instance in instances)
            {
                // Whatever was under way, its machine has been stopped meanwhile.
                instance.State = instance.State switch
                {
                    InstanceState.Running => InstanceState.Pending,
                    InstanceState.Stopping => InstanceState.Stopped,
                    var state => state,
                };
            }
        }

        foreach (var instance in instances)
        {
            Do(instance, "resume", async cancellationToken =>
            {
                if (!await driver.ResumeAsync(instance.Id, instance.PrivateAddress, cancellationToken))
                {
                    throw new MachineException("its machine is not there any more");
                }

                lock (account.Gate)
                {
                    instance.IsConnected = true;
                }
            });
        }

        Start([.. instances.Where(i => i.State == InstanceState.Pending)]);
        Terminate([.. instances.Where(i => i.State == InstanceState.ShuttingDown)]);
    }

    /// <summary>Boots new instances, which the account already has as pending.</summary>
    public void Launch(IReadOnlyList<Instance> instances)
    {
        foreach (var instance in instances)
        {
            Do(instance, "launch", async cancellationToken =>
            {
                if (!IsIn(instance, InstanceState.Pending))
                {
                    return;
                }

                var machine = new MachineSpec(
                    instance.Id,
                    instance.Image.Reference,
                    instance.PrivateAddress,
                    instance.HostName,
                    instance.KeyPair is { } key ? key.PublicKey + "\n" : "",
                    instance.UserData,
                    instance.Type.Cpus,
                    instance.Type.MachineMemoryMiB) { Faults = instance.Faults };
                foreach (var volume in DisksOf(instance))
                {
                    await driver.CreateDiskAsync(volume.Id, volume.SizeGiB, volume.SnapshotId, cancellationToken);
                }

                await driver.LaunchAsync(machine, cancellationToken);
                if (instance.Faults.FailsToBoot)
                {
                    await EndFailedBootAsync(instance, cancellationToken);
                    return;
                }

                await EquipAsync(instance, cancellationToken);
                // Only now: a connection to a cable whose far end is not up yet would wait a second for its next try.
                lock (account.Gate)
                {
                    instance.IsConnected = true;
                }

                await ApplyPolicyAsync(cancellationToken);
                Move(instance, InstanceState.Pending, InstanceState.Running);
            });
        }
    }

    /// <summary>Terminates instances, which the account already has as shutting down.</summary>
    public void Terminate(IReadOnlyList<Instance> instances)
    {
        foreach (var instance in instances)
        {
            Do(instance, "terminate", async cancellationToken =>
            {
                await KeepRootAsync(instance, cancellationToken);
                await driver.RemoveAsync(instance.Id, cancellationToken);
                await ApplyPolicyAsync(cancellationToken);
                await EndAsync(instance, cancellationToken);
            });
        }
    }

    /// <summary>Stops instances, which the account already has as stopping.</summary>
    public void Stop(IReadOnlyList<Instance> instances)
    {
        foreach (var instance in instances)
        {
            Do(instance, "stop", async cancellationToken =>
            {
                await driver.StopAsync(instance.Id, cancellationToken);
                Move(instance, InstanceState.Stopping, InstanceState.Stopped);
                await ApplyPolicyAsync(cancellationToken);
            });
        }
    }

    /// <summary>Starts stopped instances, which the account already has as pending again.</summary>
    public void Start(IReadOnlyList<Instance> instances)
    {
        foreach (var instance in instances)
        {
            Do(instance, "start", async cancellationToken =>
            {
                if (!IsIn(instance, InstanceState.Pending))
                {
                    return;
                }

                await driver.StartAsync(instance.Id, cancellationToken);
                await EquipAsync(instance, cancellationToken);
                await ApplyPolicyAsync(cancellationToken);
                Move(instance, InstanceState.Pending, InstanceState.Running);
            });
        }
    }

    /// <summary>Reboots instances; they stay running meanwhile.</summary>
    public void Reboot(IReadOnlyList<Instance> instances)
    {
        foreach (var instance in instances)
        {
            Do(instance, "reboot", async cancellationToken =>
            {
                if (IsIn(instance, InstanceState.Running))
                {
                    await driver.RebootAsync(instance.Id, cancellationToken);
                    await EquipAsync(instance, cancellationToken);
                }
            });
        }
    }

    /// <summary>
    /// Does something to a machine after what is under way for it and before what comes later. A failure is the caller's alone,
    /// the instance goes on.
    /// </summary>
    public async Task InTurnAsync(Instance instance, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        await instance.Turn.WaitAsync(either.Token);
        try
        {
            await work(either.Token);
        }
        finally
        {
            instance.Turn.Release();
        }
    }

    /// <summary>Does something behind a call that has been answered; whoever stops the lab waits for its end.</summary>
    public void InBackground(string resource, string what, Func<CancellationToken, Task> work)
    {
        Keep(RunAsync());

        async Task RunAsync()
        {
            await Task.Yield();
            try
            {
                await work(_closing.Token);
            }
            catch (OperationCanceledException) when (_closing.IsCancellationRequested)
            {
                // The lab stops.
            }
            catch (Exception e)
            {
                // The boundary of background work: the work itself has said in the account what became of it.
                LogFailure(resource, what, e);
            }

            await Done();
        }
    }

    /// <summary>Gives a machine that has just started what it does not keep: its volumes, and the limits of another type than it was made as.</summary>
    public async Task EquipAsync(Instance instance, CancellationToken cancellationToken)
    {
        foreach (var volume in DisksOf(instance))
        {
            await driver.AttachDiskAsync(instance.Id, volume.Id, volume.Attachment!.Device, cancellationToken);
        }

        if (instance.Type != instance.LaunchedType)
        {
            await driver.ResizeAsync(instance.Id, instance.Type.Cpus, instance.Type.MachineMemoryMiB, cancellationToken);
        }
    }

    /// <summary>What EC2's status checks say: a running instance passes once its system takes connections.</summary>
    public string StatusOf(Instance instance) =>
        instance.State != InstanceState.Running ? "not-applicable"
        : driver.TakesLogins(instance.Id) || account.Clock.GetUtcNow() - instance.LaunchTime > LoginPatience ? "ok"
        : "initializing";

    /// <summary>The console of an instance.</summary>
    public async Task<string> ReadConsoleAsync(Instance instance, CancellationToken cancellationToken) =>
        instance.LastConsole ?? await driver.ReadConsoleAsync(instance.Id, cancellationToken);

    /// <summary>Fills the disk of a running instance, or empties it again.</summary>
    public Task SetDiskFullAsync(Instance instance, bool full, CancellationToken cancellationToken) => driver.SetDiskFullAsync(instance.Id, full, cancellationToken);

    /// <summary>Makes the packet filter what the account now says. Calls that come while one is under way share the next.</summary>
    public async Task ApplyPolicyAsync(CancellationToken cancellationToken)
    {
        var wanted = Interlocked.Increment(ref _policyWanted);
        await _policyTurn.WaitAsync(cancellationToken);
        try
        {
            if (_policyApplied >= wanted)
            {
                return;
            }

            NetworkPolicy policy;
            long covers;
            lock (account.Gate)
            {
                covers = Interlocked.Read(ref _policyWanted);
                policy = account.Policy();
            }

            await driver.ApplyAsync(policy, cancellationToken);
            _policyApplied = covers;
        }
        finally
        {
            _policyTurn.Release();
        }
    }

    /// <summary>Stops working; the driver then removes whatever there is.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        Task[] work;
        lock (_work)
        {
            work = [.. _work, _watch];
        }

        await Task.WhenAll(work);
        _closing.Dispose();
        _policyTurn.Dispose();
    }

    private void Do(Instance instance, string what, Func<CancellationToken, Task> work)
    {
        // The turn is taken in the order of the calls, before any of the work goes elsewhere.
        Keep(RunAsync(instance, what, work, instance.Turn.WaitAsync(_closing.Token)));
    }

    private void Keep(Task task)
    {
        lock (_work)
        {
            _work.Add(task);
        }

        _ = task.ContinueWith(
            t =>
            {
                lock (_work)
                {
                    _work.Remove(t);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private async Task RunAsync(Instance instance, string what, Func<CancellationToken, Task> work, Task turn)
    {
        try
        {
            await turn;
        }
        catch (OperationCanceledException)
        {
            return;
        }

        try
        {
            await Task.Yield();
            await work(_closing.Token);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The lab stops.
        }
        catch (Exception e)
        {
            // The boundary of background work: whoever called has long been answered, the instance's state tells.
            LogFailure(instance.Id, what, e);
            await GiveUpAsync(instance);
        }
        finally
        {
            instance.Turn.Release();
        }

        await Done();
    }

    /// <summary>Waits until the machine has switched itself off, and keeps what it said.</summary>
    private async Task EndFailedBootAsync(Instance instance, CancellationToken cancellationToken)
    {
        while (IsIn(instance, InstanceState.Pending) && driver.IsUp(instance.Id))
        {
            await Task.Delay(WatchInterval / 10, cancellationToken);
        }

        instance.LastConsole = await driver.ReadConsoleAsync(instance.Id, cancellationToken);
        await GiveUpAsync(instance);
        await ApplyPolicyAsync(cancellationToken);
    }

    /// <summary>What EC2 does with an instance that cannot be brought up: it terminates it and says why.</summary>
    private async Task GiveUpAsync(Instance instance)
    {
        try
        {
            await driver.RemoveAsync(instance.Id, _closing.Token);
        }
        catch (Exception e)
        {
            LogFailure(instance.Id, "remove", e);
        }

        lock (account.Gate)
        {
            instance.Reason = instance.State == InstanceState.ShuttingDown ? instance.Reason : ("Server.InternalError", "Server.InternalError: Internal error on launch");
        }

        await EndAsync(instance, CancellationToken.None);
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(WatchInterval);
        HashSet<Instance> wasDown = [];
        try
        {
            while (await timer.WaitForNextTickAsync(_closing.Token))
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
                    SwitchedOff(instance);
                }

                wasDown = down;
            }
        }
        catch (OperationCanceledException)
        {
            // The lab stops.
        }
    }

    private void SwitchedOff(Instance instance)
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
            Terminate([instance]);
        }
        else
        {
            Stop([instance]);
        }
    }

    private bool IsIn(Instance instance, InstanceState state)
    {
        lock (account.Gate)
        {
            return instance.State == state;
        }
    }

    private void Move(Instance instance, InstanceState from, InstanceState to)
    {
        lock (account.Gate)
        {
            if (instance.State == from)
            {
                instance.State = to;
                instance.PublicAddress = to == InstanceState.Stopped ? null : instance.PublicAddress;
            }
        }
    }

    /// <summary>The volumes of an instance that are block devices.</summary>
    private IReadOnlyList<Volume> DisksOf(Instance instance)
    {
        lock (account.Gate)
        {
            return [.. account.VolumesOf(instance.Id).Where(v => !v.IsRoot)];
        }
    }

    /// <summary>Saves the disk of an instance whose root volume is to outlive it.</summary>
    private async Task KeepRootAsync(Instance instance, CancellationToken cancellationToken)
    {
        lock (account.Gate)
        {
            if (!account.Volumes.TryGetValue(instance.RootVolumeId, out var root) || root.Attachment is not { DeleteOnTermination: false })
            {
                return;
            }

            account.Volumes[root.Id] = root with { Image = root.Id };
        }

        await driver.SaveImageAsync(instance.Id, instance.RootVolumeId, cancellationToken);
    }

    /// <summary>The instance is terminated; its volumes go with it or are free.</summary>
    private async Task EndAsync(Instance instance, CancellationToken cancellationToken)
    {
        foreach (var volume in DisksOf(instance))
        {
            await driver.DetachDiskAsync(instance.Id, volume.Id, volume.Attachment!.Device, cancellationToken);
            if (volume.Attachment.DeleteOnTermination)
            {
                await driver.RemoveDiskAsync(volume.Id, cancellationToken);
            }
        }

        lock (account.Gate)
        {
            foreach (var volume in account.VolumesOf(instance.Id))
            {
                if (volume.Attachment!.DeleteOnTermination)
                {
                    account.Volumes.Remove(volume.Id);
                    account.RemoveTags(volume.Id);
                }
                else
                {
                    account.Volumes[volume.Id] = volume with { Attachment = null };
                }
            }

            instance.State = InstanceState.Terminated;
            instance.TerminatedAt = account.Clock.GetUtcNow();
            instance.PublicAddress = null;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{InstanceId}: {What} failed")]
    private partial void LogFailure(string instanceId, string what, Exception exception);
}
