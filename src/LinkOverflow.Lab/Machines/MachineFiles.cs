using System.Globalization;

namespace LinkOverflow.Lab.Machines;

/// <summary>What the lab keeps of each machine outside of it: what it boots with, its console, its first process.</summary>
/// <param name="folder">One folder for each machine is in it.</param>
internal sealed class MachineFiles(string folder)
{
    /// <summary>What its console printed, as podman writes it.</summary>
    public string Console(string instanceId) => Path.Combine(Folder(instanceId), "console.log");

    /// <summary>The file with the process id of its first process.</summary>
    public string PidFile(string instanceId) => Path.Combine(Folder(instanceId), "pid");

    /// <summary>Writes what a machine reads at its first boot.</summary>
    /// <returns>The folder with it.</returns>
    public async Task<string> WriteSeedAsync(MachineSpec machine, CancellationToken cancellationToken)
    {
        var seed = Path.Combine(Folder(machine.InstanceId), "seed");
        Directory.CreateDirectory(seed);
        await File.WriteAllTextAsync(Path.Combine(seed, "instance-id"), machine.InstanceId + "\n", cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(seed, "authorized_keys"), machine.AuthorizedKey, cancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(seed, "user-data"), machine.UserData, cancellationToken);
        foreach (var (file, text) in SeedOf(machine.Faults))
        {
            await File.WriteAllTextAsync(Path.Combine(seed, file), text + "\n", cancellationToken);
        }

        return seed;
    }

    /// <summary>The machine's first process; null when it has ended.</summary>
    public int? FindProcess(string instanceId)
    {
        try
        {
            return int.TryParse(File.ReadAllText(PidFile(instanceId)), CultureInfo.InvariantCulture, out var pid) && RunningProcess.Exists(pid) ? pid : null;
        }
        catch (IOException)
        {
            // It was never started, or is being removed.
            return null;
        }
    }

    /// <summary>Forgets the first process: after a restart of this computer its id could be another's.</summary>
    public void ForgetProcess(string instanceId)
    {
        if (File.Exists(PidFile(instanceId)))
        {
            File.Delete(PidFile(instanceId));
        }
    }

    /// <summary>Removes what there is of a machine.</summary>
    public void Remove(string instanceId)
    {
        if (Directory.Exists(Folder(instanceId)))
        {
            Directory.Delete(Folder(instanceId), recursive: true);
        }
    }

    /// <summary>Removes what there is of machines that are not to be kept.</summary>
    public void Clean(IReadOnlySet<string> keep)
    {
        if (Directory.Exists(folder))
        {
            foreach (var machine in Directory.EnumerateDirectories(folder).Where(f => !keep.Contains(Path.GetFileName(f))))
            {
                Directory.Delete(machine, recursive: true);
            }

            if (keep.Count == 0)
            {
                Directory.Delete(folder);
            }
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

    private string Folder(string instanceId) => Path.Combine(folder, instanceId);
}
