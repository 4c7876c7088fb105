using System.Collections.Concurrent;
using System.Globalization;

namespace LinkOverflow.Lab.Machines;

/// <summary>Machines as podman containers with systemd as their first process, each in a network namespace of its own.</summary>
internal sealed class PodmanMachines : IMachineDriver, IDisposable
{
    private const int StopSeconds = 10;

    private readonly LabSlot _slot;
    private readonly string _state;
    private readonly string _cache;
    private readonly string _shared;
    private readonly Podman _podman;
    private readonly Dictionary<string, BaseImage> _bases;
    private readonly SavedImages _saved;
    private readonly BlockDevices _disks;
    private readonly MachineWiring _wiring;
    private readonly PacketFilter _filter;
    private readonly ConcurrentDictionary<string, string> _addresses = new(StringComparer.Ordinal);

    // A boot is work for the CPU: more at once make the first ones later and the last ones no earlier.
    private readonly SemaphoreSlim _boots = new(Math.Max(4, Environment.ProcessorCount * 2));
    private readonly bool _limitsMemory = HasController("memory");
    private readonly bool _limitsCpu = HasController("cpu");
    private Action<string> _progress = _ => { };

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
        _bases = new[] { Distribution.Debian, Distribution.RedHat }.ToDictionary(d => d.Name, d => new BaseImage(d, cache, _podman), StringComparer.Ordinal);
        _saved = new SavedImages(_podman, $"lolab={state}");
        _disks = new BlockDevices(Path.Combine(state, "disks"));
        _wiring = new MachineWiring(slot);
        _filter = new PacketFilter(slot);
    }

    private string MachinesFolder => Path.Combine(_state, "machines");

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
        var seed = Path.Combine(FolderOf(machine.InstanceId), "seed");
        Directory.CreateDirectory(seed);
        await File.WriteAllTextAsync(Path.Combine(seed, "instance-id"), machine.InstanceId + "\n", cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(seed, "authorized_keys"), machine.AuthorizedKey, cancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(seed, "user-data"), machine.UserData, cancellationToken);
        foreach (var (file, text) in SeedOf(machine.Faults))
        {
            await File.WriteAllTextAsync(Path.Combine(seed, file), text + "\n", cancellationToken);
        }

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
    public async Task StopAsync(string instanceId, CancellationToken cancellationToken)
    {
        var stop = _podman.Command("stop", "--ignore", "--time", Seconds(StopSeconds), NameOf(instanceId));
        try
        {
            await stop.OutputAsync(cancellationToken);
        }
        catch (MachineException)
        {
            // On a busy computer a machine may take longer to die than podman waits for it; by the second time it is dead.
            await Task.Delay(TimeSpan.FromSeconds(StopSeconds), cancellationToken);
            await stop.OutputAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task StartAsync(string instanceId, CancellationToken cancellationToken)
    {
        await _boots.WaitAsync(cancellationToken);
        try
        {
            await _podman.Command("start", NameOf(instanceId)).OutputAsync(cancellationToken);
        }
        finally
        {
            _boots.Release();
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

        if (Directory.Exists(FolderOf(instanceId)))
        {
            Directory.Delete(FolderOf(instanceId), recursive: true);
        }
    }

    /// <inheritdoc/>
    public async Task SetDiskFullAsync(string instanceId, bool full, CancellationToken cancellationToken) =>
        await _podman.Command("exec", NameOf(instanceId), "/usr/lib/lab/disk-full", full ? "on" : "off").OutputAsync(cancellationToken);

    /// <inheritdoc/>
    public bool IsUp(string instanceId) => FindProcess(instanceId) is not null;

    /// <inheritdoc/>
    public bool TakesLogins(string instanceId) => FindProcess(instanceId) is { } pid && MachineWiring.IsListening(pid, 22);

    /// <inheritdoc/>
    public async Task ResizeAsync(string instanceId, int cpus, int memoryMiB, CancellationToken cancellationToken)
    {
        string[] limits = [.. Limits(cpus, memoryMiB)];
        if (limits.Length > 0)
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
        _disks.AttachAsync(disk, FindProcess(instanceId) ?? throw new MachineException($"The machine of {instanceId} does not run."), device, cancellationToken);

    /// <inheritdoc/>
    public Task DetachDiskAsync(string instanceId, string disk, string device, CancellationToken cancellationToken) =>
        _disks.DetachAsync(disk, FindProcess(instanceId), device, cancellationToken);

    /// <inheritdoc/>
    public bool IsMounted(string instanceId, string device) => FindProcess(instanceId) is { } pid && BlockDevices.IsMounted(pid, device);

    /// <inheritdoc/>
    public Task<string> ReadConsoleAsync(string instanceId, CancellationToken cancellationToken) =>
        ConsoleLog.ReadAsync(ConsoleFile(instanceId), cancellationToken);

    /// <inheritdoc/>
    public Task ApplyAsync(NetworkPolicy policy, CancellationToken cancellationToken) => _filter.ApplyAsync(policy, cancellationToken);

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
    public async Task<IReadOnlyList<string>> CleanAsync(IReadOnlySet<string> keep, CancellationToken cancellationToken)
    {
        List<string> found = [.. await CleanContainersAsync(keep, cancellationToken)];
        found.AddRange(await _disks.CleanAsync(keep, cancellationToken));
        found.AddRange(await _filter.CleanAsync(cancellationToken));
        found.AddRange(await _wiring.CleanAsync(cancellationToken));
        if (Directory.Exists(MachinesFolder))
        {
            foreach (var folder in Directory.EnumerateDirectories(MachinesFolder).Where(f => !keep.Contains(Path.GetFileName(f))))
            {
                Directory.Delete(folder, recursive: true);
            }

            if (keep.Count == 0)
            {
                Directory.Delete(MachinesFolder);
            }
        }

        _addresses.Clear();
        return found;
    }

    /// <summary>The part of <see cref="CleanAsync"/> that no slot is needed for.</summary>
    public async Task<IReadOnlyList<string>> CleanContainersAsync(IReadOnlySet<string> keep, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        if (_podman.IsUsed)
        {
            await _podman.PrepareAsync(cancellationToken);
            var list = await _podman.Command("ps", "--all", "--no-trunc", "--format", "{{.Names}} {{.ID}}", "--filter", $"label=lolab={_state}").RunAsync(cancellationToken);
            var containers = list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')).Select(l => (Name: l[0], Id: l[1])).ToList();
            var kept = containers.Where(c => keep.Contains(InstanceOf(c.Name))).ToList();
            if (kept.Count > 0)
            {
                await _podman.Command(["stop", "--ignore", "--time", Seconds(StopSeconds), .. kept.Select(c => c.Id)]).OutputAsync(cancellationToken);
                // After a restart of this machine that id could be another process's.
                kept.ForEach(c => File.Delete(PidFile(InstanceOf(c.Name))));
            }

            var gone = containers.Except(kept).ToList();
            if (gone.Count > 0)
            {
                await _podman.Command(["rm", "--force", "--ignore", "--time", "0", "--volumes", .. gone.Select(c => c.Id)]).OutputAsync(cancellationToken);
                found.AddRange(gone.Select(c => $"container {c.Id[..12]}"));
            }

            found.AddRange(await _saved.CleanAsync(keep, cancellationToken));
        }

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

    /// <summary>The files in which the machine's first boot finds what it is to do wrong.</summary>
    private static IEnumerable<(string File, string Text)> SeedOf(MachineFaults faults)
    {
        if (faults.FailsToBoot)
        {
            yield return ("boot-failure", "");
        }

        if (faults.BootDelay > TimeSpan.Zero)
        {
            yield return ("boot-delay", faults.BootDelay.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        }

        if (faults.WrongHostKey)
        {
            yield return ("wrong-host-key", "");
        }

        if (faults.DiskFull)
        {
            yield return ("disk-full", "");
        }
    }

    private List<string> RunArguments(MachineSpec machine, string image, string network, string seed)
    {
        List<string> arguments =
        [
            "run", "--detach", "--tty", "--pull", "never", "--name", NameOf(machine.InstanceId), "--label", $"lolab={_state}",
            "--network", $"ns:{network}", "--no-hosts", "--hostname", machine.HostName,
            // Mounting is what systemd does for the sandboxes of its services.
            "--systemd", "always", "--cap-add", "SYS_ADMIN",
            "--log-driver", "k8s-file", "--log-opt", $"path={ConsoleFile(machine.InstanceId)}", "--env", "SYSTEMD_COLORS=0",
            "--volume", $"{seed}:/var/lib/cloud/seed/lab:ro", "--pidfile", PidFile(machine.InstanceId), .. BlockDevices.RunArguments,
        ];
        arguments.AddRange(Limits(machine.Cpus, machine.MemoryMiB));
        arguments.Add(image);
        return arguments;
    }

    private IEnumerable<string> Limits(int cpus, int memoryMiB) =>
    [
        .. _limitsMemory ? ["--memory", string.Create(CultureInfo.InvariantCulture, $"{memoryMiB}m")] : Array.Empty<string>(),
        .. _limitsCpu ? ["--cpus", Math.Min(cpus, Environment.ProcessorCount).ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(),
    ];

    /// <summary>The instance of a container, whatever slot its lab had.</summary>
    private static string InstanceOf(string container) => container[(container.IndexOf('-', StringComparison.Ordinal) + 1)..];

    private string NameOf(string instanceId) => $"{_slot.Name}-{instanceId}";

    private string FolderOf(string instanceId) => Path.Combine(MachinesFolder, instanceId);

    private string ConsoleFile(string instanceId) => Path.Combine(FolderOf(instanceId), "console.log");

    /// <summary>The machine's first process; null when it has ended.</summary>
    private int? FindProcess(string instanceId)
    {
        try
        {
            var pid = File.ReadAllText(PidFile(instanceId)).Trim();
            // A process that has ended but is not yet waited for still has a folder, with no command line in it.
            return pid.Length > 0 && File.ReadAllText($"/proc/{pid}/cmdline").Length > 0 ? int.Parse(pid, CultureInfo.InvariantCulture) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private string PidFile(string instanceId) => Path.Combine(FolderOf(instanceId), "pid");

    /// <inheritdoc/>
    public void Dispose() => _boots.Dispose();

    private static string Seconds(int seconds) => seconds.ToString(CultureInfo.InvariantCulture);

    private static bool HasController(string name) =>
        Directory.Exists($"/sys/fs/cgroup/{name}")
        || (File.Exists("/sys/fs/cgroup/cgroup.controllers")
            && File.ReadAllText("/sys/fs/cgroup/cgroup.controllers").Split(' ', '\n').Contains(name, StringComparer.Ordinal));
}
