namespace LinkOverflow.Lab.Machines;

/// <summary>Podman with storage and settings of the lab's own, apart from the user's.</summary>
/// <param name="cache">The lab's cache folder.</param>
internal sealed class Podman(string cache)
{
    /// <summary>What does not outlive a restart of this computer. podman's sockets lie below it and must stay under 108 characters.</summary>
    public string RunFolder { get; } = $"/run/lolab-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(cache)))[..8]}";

    // A user's storage has other owners and other marks than root's, who would be led astray by it.
    private string Storage => Path.Combine(cache, UserNamespace.IsInside ? "storage-of-user" : "storage");

    private string Settings => Path.Combine(cache, "containers.conf");

    private string StorageSettings => Path.Combine(cache, "storage.conf");

    /// <summary>Whether there can be anything of the lab's in podman.</summary>
    public bool IsUsed => Directory.Exists(Storage);

    /// <summary>Writes the settings. Without them podman asks for limits that only a fully privileged root may set.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(cache);
        await WriteAsync(
            Settings,
            """
            [containers]
            default_ulimits = ["nofile=20000:20000", "nproc=30000:30000"]
            [engine]
            runtime = "runc"
            cgroup_manager = "cgroupfs"
            events_logger = "none"

            """,
            cancellationToken);
        await WriteAsync(
            StorageSettings,
            $"""
            [storage]
            driver = "overlay"
            graphroot = "{Storage}"
            runroot = "{RunFolder}"

            """,
            cancellationToken);
    }

    /// <summary>A podman command.</summary>
    public Command Command(params IReadOnlyList<string> arguments) =>
        new("podman", ["--root", Storage, "--runroot", RunFolder, "--tmpdir", $"{RunFolder}/tmp", .. arguments])
        {
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["CONTAINERS_CONF"] = Settings,
                ["CONTAINERS_STORAGE_CONF"] = StorageSettings,
                // Podman writes into a path taken from it even as root.
                ["XDG_RUNTIME_DIR"] = "",
            },
        };

    /// <summary>Removes storage, settings and run folder.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        await UnmountAsync(cancellationToken);
        foreach (var folder in (string[])[Storage, RunFolder])
        {
            if (Directory.Exists(folder))
            {
                // rm knows how to leave mount points alone; a recursive delete from here would not.
                await new Command("rm", "-rf", "--one-file-system", "--", folder).OutputAsync(cancellationToken);
            }
        }

        File.Delete(Settings);
        File.Delete(StorageSettings);
    }

    /// <summary>Removes the mounts and the run folder that podman leaves when no machine is left; the storage stays.</summary>
    public async Task RestAsync(CancellationToken cancellationToken)
    {
        await UnmountAsync(cancellationToken);
        if (Directory.Exists(RunFolder))
        {
            await new Command("rm", "-rf", "--one-file-system", "--", RunFolder).OutputAsync(cancellationToken);
        }
    }

    /// <summary>Writes a file that another lab's podman may read at any moment, and finds whole.</summary>
    private static async Task WriteAsync(string file, string text, CancellationToken cancellationToken)
    {
        if (File.Exists(file) && await File.ReadAllTextAsync(file, cancellationToken) == text)
        {
            return;
        }

        var temporary = $"{file}.{Guid.NewGuid():N}";
        await File.WriteAllTextAsync(temporary, text, cancellationToken);
        File.Move(temporary, file, overwrite: true);
    }

    private bool IsAtWork() => Directory.EnumerateDirectories("/proc").Any(process =>
    {
        try
        {
            return char.IsAsciiDigit(process["/proc/".Length]) && File.ReadAllText(Path.Combine(process, "cmdline")).Contains($"{RunFolder}\0", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended while it was looked at.
            return false;
        }
    });

    private async Task UnmountAsync(CancellationToken cancellationToken)
    {
        // Each machine's monitor runs a podman of its own once the machine has ended, which would make the run folder again.
        var deadline = DateTime.UtcNow.AddSeconds(5);
        while (DateTime.UtcNow < deadline && IsAtWork())
        {
            await Task.Delay(20, cancellationToken);
        }

        var mine = File.ReadLines("/proc/self/mounts").Select(l => l.Split(' ')[1])
            .Where(m => m.StartsWith(Storage + "/", StringComparison.Ordinal) || m.StartsWith(RunFolder + "/", StringComparison.Ordinal)).Reverse().ToList();
        foreach (var mount in mine)
        {
            await new Command("umount", "--lazy", mount).RunAsync(cancellationToken);
        }
    }
}
