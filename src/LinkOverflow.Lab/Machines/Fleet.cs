using LinkOverflow.Lab.Model;

namespace LinkOverflow.Lab.Machines;

/// <summary>
/// Brings machines to where the account wants them: what a call decides is shown at once, and what it takes is done behind
/// it, side by side for different machines and in order for one.
/// </summary>
internal sealed class Fleet : IAsyncDisposable
{
    // EC2 does not ask for an sshd; a machine that never has one passes all the same.
    private static readonly TimeSpan LoginPatience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan BootFailureInterval = TimeSpan.FromSeconds(0.1);

    private readonly Account _account;
    private readonly IMachineDriver _driver;
    private readonly InstanceDisks _disks;
    private readonly SharedRun _policy;

    public Fleet(Account account, IMachineDriver driver, ILogger<Fleet> logger)
    {
        _account = account;
        _driver = driver;
        _disks = new InstanceDisks(account, driver);
        _policy = new SharedRun(ApplyPolicyNowAsync);
        Work = new BackgroundWork(logger);
    }

    /// <summary>Whether its machines can have volumes beside their root.</summary>
    public bool HasBlockDevices => _driver.HasBlockDevices;

    /// <summary>All that is done behind the calls, to machines and to what is made of them.</summary>
    public BackgroundWork Work { get; }

    /// <summary>Starts to look after machines that switch themselves off.</summary>
    public void Open() => Work.Keep(new SwitchedOffWatch(_account, _driver, this).RunAsync(Work.Closing));

    /// <summary>Brings instances of an earlier lab back to where they were; those whose machine is gone are terminated.</summary>
    public void Resume()
    {
        List<Instance> instances;
        lock (_account.Gate)
        {
            instances = [.. _account.Instances.Values.Where(i => i.State != InstanceState.Terminated)];
            foreach (var instance in instances)
            {
                // Whatever was under way, its machine has been stopped meanwhile.
                switch (instance.State)
                {
                    case InstanceState.Running:
                        instance.State = InstanceState.Pending;
                        break;
                    case InstanceState.Stopping:
                        instance.State = InstanceState.Stopped;
                        instance.PublicAddress = null;
                        break;
                }
            }
        }

        foreach (var instance in instances)
        {
            Do(instance, "resume", async cancellationToken =>
            {
                if (!await _driver.ResumeAsync(instance.Id, instance.PrivateAddress, cancellationToken))
                {
                    throw new MachineException("its machine is not there any more");
                }

                lock (_account.Gate)
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
                await _disks.CreateAsync(instance, cancellationToken);
                try
                {
                    await _driver.LaunchAsync(machine, cancellationToken);
                }
                catch (ImageUnavailableException e)
                {
                    // Nobody looks for it in the lab's log.
                    instance.LastConsole = $"lab: {e.Message}\n";
                    instance.FailedLaunch = e.Message;
                    throw;
                }

                if (instance.Faults.FailsToBoot)
                {
                    await EndFailedBootAsync(instance, cancellationToken);
                    return;
                }

                await EquipAsync(instance, cancellationToken);
                // Only now: a connection to a cable whose far end is not up yet would wait a second for its next try.
                lock (_account.Gate)
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
                await _disks.KeepRootAsync(instance, cancellationToken);
                await _driver.RemoveAsync(instance.Id, cancellationToken);
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
                await _driver.StopAsync(instance.Id, cancellationToken);
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

                await _driver.StartAsync(instance.Id, cancellationToken);
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
                    await _driver.RebootAsync(instance.Id, cancellationToken);
                    await EquipAsync(instance, cancellationToken);
                }
            });
        }
    }

    /// <summary>Gives a machine that has just started what it does not keep: its volumes, and the limits of another type than it was made as.</summary>
    public async Task EquipAsync(Instance instance, CancellationToken cancellationToken)
    {
        await _disks.AttachAsync(instance, cancellationToken);
        if (instance.Type != instance.LaunchedType)
        {
            await _driver.ResizeAsync(instance.Id, instance.Type.Cpus, instance.Type.MachineMemoryMiB, cancellationToken);
        }
    }

    /// <summary>What EC2's status checks say: a running instance passes once its system takes connections.</summary>
    public string StatusOf(Instance instance) =>
        instance.State != InstanceState.Running ? "not-applicable"
        : _driver.TakesLogins(instance.Id) || _account.Clock.GetUtcNow() - instance.LaunchTime > LoginPatience ? "ok"
        : "initializing";

    /// <summary>The console of an instance.</summary>
    public async Task<string> ReadConsoleAsync(Instance instance, CancellationToken cancellationToken) =>
        instance.LastConsole ?? await _driver.ReadConsoleAsync(instance.Id, cancellationToken);

    /// <summary>Fills the disk of a running instance, or empties it again.</summary>
    public Task SetDiskFullAsync(Instance instance, bool full, CancellationToken cancellationToken) => _driver.SetDiskFullAsync(instance.Id, full, cancellationToken);

    /// <summary>Makes the packet filter what the account now says.</summary>
    public Task ApplyPolicyAsync(CancellationToken cancellationToken) => _policy.RunAsync(cancellationToken);

    /// <summary>Stops working; the driver then removes whatever there is.</summary>
    public async ValueTask DisposeAsync()
    {
        await Work.DisposeAsync();
        _policy.Dispose();
    }

    private void Do(Instance instance, string what, Func<CancellationToken, Task> work) => Work.Do(instance, what, work, GiveUpAsync);

    private Task ApplyPolicyNowAsync(CancellationToken cancellationToken)
    {
        NetworkPolicy policy;
        lock (_account.Gate)
        {
            policy = _account.Policy();
        }

        return _driver.ApplyAsync(policy, cancellationToken);
    }

    /// <summary>Waits until the machine has switched itself off, and keeps what it said.</summary>
    private async Task EndFailedBootAsync(Instance instance, CancellationToken cancellationToken)
    {
        while (IsIn(instance, InstanceState.Pending) && _driver.IsUp(instance.Id))
        {
            await Task.Delay(BootFailureInterval, cancellationToken);
        }

        instance.LastConsole = await _driver.ReadConsoleAsync(instance.Id, cancellationToken);
        await GiveUpAsync(instance);
        await ApplyPolicyAsync(cancellationToken);
    }

    /// <summary>What EC2 does with an instance that cannot be brought up: it terminates it and says why.</summary>
    private async Task GiveUpAsync(Instance instance)
    {
        try
        {
            await _driver.RemoveAsync(instance.Id, Work.Closing);
        }
        catch (Exception e)
        {
            Work.LogFailure(instance.Id, "remove", e);
        }

        lock (_account.Gate)
        {
            instance.Reason = instance.State == InstanceState.ShuttingDown ? instance.Reason : ("Server.InternalError", $"Server.InternalError: {instance.FailedLaunch ?? "Internal error on launch"}");
        }

        await EndAsync(instance, CancellationToken.None);
    }

    private bool IsIn(Instance instance, InstanceState state)
    {
        lock (_account.Gate)
        {
            return instance.State == state;
        }
    }

    private void Move(Instance instance, InstanceState from, InstanceState to)
    {
        lock (_account.Gate)
        {
            if (instance.State == from)
            {
                instance.State = to;
                instance.PublicAddress = to == InstanceState.Stopped ? null : instance.PublicAddress;
            }
        }
    }

    private async Task EndAsync(Instance instance, CancellationToken cancellationToken)
    {
        await _disks.ReleaseAsync(instance, cancellationToken);
        lock (_account.Gate)
        {
            instance.State = InstanceState.Terminated;
            instance.TerminatedAt = _account.Clock.GetUtcNow();
            instance.PublicAddress = null;
        }
    }
}
