using System.Collections.Concurrent;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Api;

/// <summary>A driver without machines, for tests of the API alone: it remembers what it was asked for and nothing else happens.</summary>
internal sealed class RecordedMachines : IMachineDriver
{
    private readonly ConcurrentDictionary<string, MachineSpec> _up = new(StringComparer.Ordinal);

    public ConcurrentQueue<string> Calls { get; } = new();

    public NetworkPolicy Policy { get; private set; } = new([], []);

    /// <summary>Launches wait for it.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    public bool FailsToLaunch { get; set; }

    /// <summary>The devices that machines have mounted.</summary>
    public ConcurrentQueue<string> Mounted { get; } = new();

    public MachineSpec Spec(string instanceId) => _up[instanceId];

    public void SwitchOff(string instanceId) => _up.TryRemove(instanceId, out _);

    public Task PrepareAsync(Action<string> progress, CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task LaunchAsync(MachineSpec machine, CancellationToken cancellationToken)
    {
        await Hold.WaitAsync(cancellationToken);
        Calls.Enqueue($"launch {machine.InstanceId}");
        if (FailsToLaunch)
        {
            throw new MachineException("asked to fail");
        }

        if (!machine.Faults.FailsToBoot)
        {
            _up[machine.InstanceId] = machine;
        }
    }

    public Task StopAsync(string instanceId, CancellationToken cancellationToken) => RecordAsync("stop", instanceId);

    public Task StartAsync(string instanceId, CancellationToken cancellationToken) => RecordAsync("start", instanceId);

    public Task RebootAsync(string instanceId, CancellationToken cancellationToken) => RecordAsync("reboot", instanceId);

    public Task RemoveAsync(string instanceId, CancellationToken cancellationToken)
    {
        _up.TryRemove(instanceId, out _);
        return RecordAsync("remove", instanceId);
    }

    public Task SetDiskFullAsync(string instanceId, bool full, CancellationToken cancellationToken) => RecordAsync(full ? "fill" : "empty", instanceId);

    /// <summary>Whether machines have their sshd by now.</summary>
    public bool HaveSshd { get; set; } = true;

    public bool TakesLogins(string instanceId) => HaveSshd && IsUp(instanceId);

    public bool IsUp(string instanceId) => _up.ContainsKey(instanceId);

    public Task<string> ReadConsoleAsync(string instanceId, CancellationToken cancellationToken) => Task.FromResult("console of " + instanceId + "\n");

    public Task ApplyAsync(NetworkPolicy policy, CancellationToken cancellationToken)
    {
        Policy = policy;
        return Task.CompletedTask;
    }

    /// <summary>Machines that the next lab does not find.</summary>
    public HashSet<string> Lost { get; } = new(StringComparer.Ordinal);

    public Task<bool> ResumeAsync(string instanceId, string privateAddress, CancellationToken cancellationToken)
    {
        Calls.Enqueue($"resume {instanceId}");
        return Task.FromResult(!Lost.Contains(instanceId));
    }

    /// <summary>The disks and images that it was asked for, and has.</summary>
    public ConcurrentDictionary<string, bool> Stored { get; } = new(StringComparer.Ordinal) { ["debian"] = true, ["redhat"] = true, ["centos"] = true };

    public Task<IReadOnlySet<string>> StoredAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlySet<string>>(Stored.Keys.ToHashSet(StringComparer.Ordinal));

    public Task<IReadOnlyList<string>> CleanAsync(IReadOnlySet<string> keep, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    public Task ResizeAsync(string instanceId, int cpus, int memoryMiB, CancellationToken cancellationToken) =>
        RecordAsync("resize", $"{instanceId} to {cpus} processors and {memoryMiB} MiB");

    public Task SaveImageAsync(string instanceId, string image, CancellationToken cancellationToken)
    {
        Stored[image] = true;
        return RecordAsync("save", $"{instanceId} as {image}");
    }

    public Task RemoveImageAsync(string image, CancellationToken cancellationToken)
    {
        Stored.TryRemove(image, out _);
        return RecordAsync("remove image", image);
    }

    public Task CreateDiskAsync(string disk, int sizeGiB, string? from, CancellationToken cancellationToken)
    {
        Stored[disk] = true;
        return RecordAsync("create disk", $"{disk} of {sizeGiB} from {from ?? "nothing"}");
    }

    public Task RemoveDiskAsync(string disk, CancellationToken cancellationToken)
    {
        Stored.TryRemove(disk, out _);
        return RecordAsync("remove disk", disk);
    }

    public Task AttachDiskAsync(string instanceId, string disk, string device, CancellationToken cancellationToken) => RecordAsync("attach", $"{disk} to {instanceId} as {device}");

    public Task DetachDiskAsync(string instanceId, string disk, string device, CancellationToken cancellationToken) => RecordAsync("detach", $"{disk} from {instanceId}");

    public bool IsMounted(string instanceId, string device) => Mounted.Contains(device, StringComparer.Ordinal);

    private Task RecordAsync(string what, string instanceId)
    {
        Calls.Enqueue($"{what} {instanceId}");
        return Task.CompletedTask;
    }
}
