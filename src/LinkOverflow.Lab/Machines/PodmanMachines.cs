using System.Collections.Concurrent;
using System.Net;

namespace LinkOverflow.Lab.Machines;

/// <summary>Machines as podman containers with systemd as their first process, each in a network namespace of its own.</summary>
internal sealed class PodmanMachines : IMachineDriver, IDisposable
{
    private readonly LabSlot _slot;
    private readonly string _state;
    private readonly string _cache;
    private readonly string _shared;
    private readonly Podman _podman;
    private readonly Dictionary<string, BaseImage> _bases;
    private readonly SavedImages _saved;
    private readonly BlockDevices _disks;
    private readonly MachineFiles _files;
    private readonly MachineWiring _wiring;
    private readonly PacketFilter _filter;
    private readonly ConcurrentDictionary<string, string> _addresses = new(StringComparer.Ordinal);

    // A boot is work for the CPU: more at once make the first ones later and the last ones no earlier.
    private readonly SemaphoreSlim _boots = new(Math.Max(4, Environment.ProcessorCount * 2));
    private Action<string> _progress = _ => { };
    private NetworkPolicy _policy = new([], []);
    private List<IPAddress> _own = [];

    /// <summary>Nothing is made yet.</summary>
    /// <param name="slot">Names everything on this machine.</param>
    /// <param name="state">The lab's state folder.</param>
    /// <param name="cache">The folder of base image and podman storage.</param>
    /// <param name="shared">The folder that all labs on this machine share.</param>
    public PodmanMachines(LabSlot slot, string state, string cache, string shared)
    {
        _slot = slot;
        _state = state;
        _cache = cache;
        _shared = shared;
        _podman = new Podman(cache);
        _saved = new SavedImages(_podman, Label);
        BaseImage[] bases = [new DebianImage(Distribution.Debian, cache, _podman), new DebianImage(Distribution.RedHat, cache, _podman), new PulledImage(PulledImage.Reference, cache, _podman)];
        _bases = bases.ToDictionary(b => b.Name, StringComparer.Ordinal);
        _disks = new BlockDevices(Path.Combine(state, "disks"));
        _files = new MachineFiles(Path.Combine(state, "machines"));
        _wiring = new MachineWiring(slot);
        _filter = new PacketFilter(slot);
    }

    /// <inheritdoc/>
    public async Task PrepareAsync(Action<string> progress, CancellationToken cancellationToken)
    {
        _progress = progress;
        using (await FileLock.TakeAsync(Path.Combine(_shared, "lock"), cancellationToken))
        {
            foreach (var change in await new KernelSettings(_shared).ApplyAsync(cancellationToken))
            {
                progress(change);
            }
        }

        await _podman.PrepareAsync(cancellationToken);
        // The others are made when a machine first asks for one.
        await _bases[Distribution.Debian.Name].PrepareAsync(progress, cancellationToken);
        await _wiring.PrepareAsync(cancellationToken);
        await _filter.OpenForwardingAsync(cancellationToken);
        await _filter.ApplyAsync(new NetworkPolicy([], []), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task LaunchAsync(MachineSpec machine, CancellationToken cancellationToken)
    {
        var seed = await _files.WriteSeedAsync(machine, cancellationToken);
        _addresses[machine.InstanceId] = machine.PrivateAddress;
        var image = _bases.TryGetValue(machine.Image, out var made) ? await made.PrepareAsync(_progress, cancellationToken) : SavedImages.NameOf(machine.Image);

        await _boots.WaitAsync(cancellationToken);
        try
        {
            var network = await _wiring.ConnectAsync(machine.PrivateAddress, cancellationToken);
            await _podman.Command([.. RunArguments(machine, image, network, seed)]).OutputAsync(cancellationToken);
        }
        catch (Exception e) when (e is MachineException or IOException or OperationCanceledException)
        {
            await RemoveAsync(machine.InstanceId, CancellationToken.None);
            throw;
        }
        finally
        {
            _boots.Release();
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(string instanceId, CancellationToken cancellationToken) =>
        WithPatienceAsync(_podman.Command("stop", "--ignore", "--time", Containers.StopSeconds, NameOf(instanceId)), cancellationToken);

    /// <inheritdoc/>
    public async Task StartAsync(string instanceId, CancellationToken cancellationToken)
    {
        await _boots.WaitAsync(cancellationToken);
        try
        {
            await WithPatienceAsync(_podman.Command("start", NameOf(instanceId)), cancellationToken);
        }
        finally
        {
            _boots.Release();
        }
    }

    // On a busy computer a machine may take longer to die, or to let go of what it had, than podman waits for it. A machine that has run
    // before is not given up for that; asked once more for what it has done already, podman does nothing.
    private static async Task WithPatienceAsync(Command command, CancellationToken cancellationToken)
    {
        const int Attempts = 4;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await command.OutputAsync(cancellationToken);
                return;
            }
            catch (MachineException) when (attempt < Attempts)
            {
                await Task.Delay(TimeSpan.FromSeconds(Containers.StopPatience), cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public async Task RebootAsync(string instanceId, CancellationToken cancellationToken)
    {
        await StopAsync(instanceId, cancellationToken);
        await StartAsync(instanceId, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string instanceId, CancellationToken cancellationToken)
    {
        await _podman.Command("rm", "--force", "--ignore", "--time", "0", "--volumes", NameOf(instanceId)).OutputAsync(cancellationToken);
        if (_addresses.TryRemove(instanceId, out var address))
        {
            await _wiring.DisconnectAsync(address, cancellationToken);
        }

        await _saved.RemoveUnwantedAsync();
        _files.Remove(instanceId);
    }

    /// <inheritdoc/>
    public async Task SetDiskFullAsync(string instanceId, bool full, CancellationToken cancellationToken) =>
        await _podman.Command("exec", NameOf(instanceId), "/usr/lib/lab/disk-full", full ? "on" : "off").OutputAsync(cancellationToken);

    /// <inheritdoc/>
    public bool IsUp(string instanceId) => _files.FindProcess(instanceId) is not null;

    /// <inheritdoc/>
    public bool TakesLogins(string instanceId) => _files.FindProcess(instanceId) is { } pid && MachineWiring.IsListening(pid, 22);

    /// <inheritdoc/>
    public async Task ResizeAsync(string instanceId, int cpus, int memoryMiB, CancellationToken cancellationToken)
    {
        var limits = MachineLimits.Options(cpus, memoryMiB);
        if (limits.Count > 0)
        {
            await _podman.Command(["update", .. limits, NameOf(instanceId)]).OutputAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public Task SaveImageAsync(string instanceId, string image, CancellationToken cancellationToken) => _saved.SaveAsync(NameOf(instanceId), image, cancellationToken);

    /// <inheritdoc/>
    public Task RemoveImageAsync(string image, CancellationToken cancellationToken) => _saved.RemoveAsync(image);

    /// <inheritdoc/>
    public Task CreateDiskAsync(string disk, int sizeGiB, string? from, CancellationToken cancellationToken) => _disks.CreateAsync(disk, sizeGiB, from, cancellationToken);

    /// <inheritdoc/>
    public Task RemoveDiskAsync(string disk, CancellationToken cancellationToken)
    {
        _disks.Remove(disk);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task AttachDiskAsync(string instanceId, string disk, string device, CancellationToken cancellationToken) =>
        _disks.AttachAsync(disk, _files.FindProcess(instanceId) ?? throw new MachineException($"The machine of {instanceId} does not run."), device, cancellationToken);

    /// <inheritdoc/>
    public Task DetachDiskAsync(string instanceId, string disk, string device, CancellationToken cancellationToken) =>
        _disks.DetachAsync(disk, _files.FindProcess(instanceId), device, cancellationToken);

    /// <inheritdoc/>
    public bool IsMounted(string instanceId, string device) => _files.FindProcess(instanceId) is { } pid && BlockDevices.IsMounted(pid, device);

    /// <inheritdoc/>
    public Task<string> ReadConsoleAsync(string instanceId, CancellationToken cancellationToken) =>
        ConsoleLog.ReadAsync(_files.Console(instanceId), cancellationToken);

    /// <inheritdoc/>
    public async Task ApplyAsync(NetworkPolicy policy, CancellationToken cancellationToken)
    {
        await _filter.ApplyAsync(policy, cancellationToken);
        // Not before: what is shown outside as open is open.
        (_policy, _own) = (policy, UserNamespace.IsInside ? PacketFilter.OwnAddresses() : []);
    }

    /// <inheritdoc/>
    public bool HasBlockDevices => !UserNamespace.IsInside;

    /// <summary>Where on its machines' public addresses something answers this machine now.</summary>
    public IReadOnlyList<IPEndPoint> OpenPorts()
    {
        var processes = _addresses.ToDictionary(a => a.Value, a => _files.FindProcess(a.Key), StringComparer.Ordinal);
        return Machines.OpenPorts.Of(_policy, _own, address => processes.GetValueOrDefault(address) is { } pid ? MachineWiring.ListeningPorts(pid) : new HashSet<int>());
    }

    /// <inheritdoc/>
    public async Task<bool> ResumeAsync(string instanceId, string privateAddress, CancellationToken cancellationToken)
    {
        if ((await _podman.Command("container", "exists", NameOf(instanceId)).RunAsync(cancellationToken)).ExitCode != 0)
        {
            return false;
        }

        _addresses[instanceId] = privateAddress;
        await _wiring.ConnectAsync(privateAddress, cancellationToken);
        return true;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlySet<string>> StoredAsync(CancellationToken cancellationToken) =>
        _disks.Names.Concat(await _saved.NamesAsync(cancellationToken)).Concat(_bases.Keys).ToHashSet(StringComparer.Ordinal);

    /// <summary>What to keep where nobody can say any more what is needed: all machines, disks and images of this lab.</summary>
    public async Task<IReadOnlySet<string>> EverythingAsync(CancellationToken cancellationToken) => _podman.IsUsed
        ? (await StoredAsync(cancellationToken)).Concat(await new Containers(_podman, Label, _files).InstancesAsync(cancellationToken)).ToHashSet(StringComparer.Ordinal)
        : _disks.Names.ToHashSet(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> CleanAsync(IReadOnlySet<string> keep, CancellationToken cancellationToken)
    {
        List<string> found = [.. await CleanStoredAsync(keep, cancellationToken)];
        found.AddRange(await _filter.CleanAsync(cancellationToken));
        found.AddRange(await _wiring.CleanAsync(cancellationToken));
        _addresses.Clear();
        return found;
    }

    /// <summary>The part of <see cref="CleanAsync"/> that no slot is needed for: what a restart of this computer leaves.</summary>
    public async Task<IReadOnlyList<string>> CleanStoredAsync(IReadOnlySet<string> keep, CancellationToken cancellationToken)
    {
        foreach (var image in _bases.Values)
        {
            await image.RemoveHalfMadeAsync();
        }

        await Orphans.EndAsync(_state, Orphans.Patience, cancellationToken);
        var found = new List<string>();
        if (_podman.IsUsed)
        {
            await _podman.PrepareAsync(cancellationToken);
            found.AddRange(await new Containers(_podman, Label, _files).CleanAsync(keep, cancellationToken));
            found.AddRange(await _saved.CleanAsync(keep, cancellationToken));
        }

        found.AddRange(await _disks.CleanAsync(keep, cancellationToken));
        _files.Clean(keep);
        return found;
    }

    /// <summary>After the last lab that uses the cache folder: no mount, no run folder and no half-made image stays; with <paramref name="remove"/> no image either.</summary>
    public async Task LeaveCacheAsync(bool remove, CancellationToken cancellationToken)
    {
        foreach (var image in _bases.Values)
        {
            await image.RemoveHalfMadeAsync();
        }

        if (!remove)
        {
            await _podman.RestAsync(cancellationToken);
            return;
        }

        await _podman.RemoveAsync(cancellationToken);
        if (Directory.Exists(_cache))
        {
            await new Command("rm", "-rf", "--one-file-system", "--", _cache).OutputAsync(cancellationToken);
        }
    }

    private List<string> RunArguments(MachineSpec machine, string image, string network, string seed)
    {
        List<string> arguments =
        [
            "run", "--detach", "--tty", "--pull", "never", "--name", NameOf(machine.InstanceId), "--label", Label,
            "--network", $"ns:{network}", "--no-hosts", "--hostname", machine.HostName,
            // Mounting is what systemd does for the sandboxes of its services.
            "--systemd", "always", "--cap-add", "SYS_ADMIN",
            "--log-driver", "k8s-file", "--log-opt", $"path={_files.Console(machine.InstanceId)}", "--env", "SYSTEMD_COLORS=0",
            "--volume", $"{seed}:/var/lib/cloud/seed/lab:ro", "--pidfile", _files.PidFile(machine.InstanceId), .. HasBlockDevices ? BlockDevices.RunArguments : [],
        ];
        arguments.AddRange(MachineLimits.Options(machine.Cpus, machine.MemoryMiB));
        arguments.Add(image);
        return arguments;
    }

    /// <summary>On everything in podman that is this lab's.</summary>
    private string Label => $"lolab={_state}";

    private string NameOf(string instanceId) => $"{_slot.Name}-{instanceId}";

    /// <inheritdoc/>
    public void Dispose() => _boots.Dispose();

}
