using System.Globalization;

namespace LinkOverflow.Lab.Machines;

/// <summary>
/// Disks as sparse files of this machine, which machines see as block devices: each is led through a loop device, whose node
/// is made in the machine's own /dev.
/// </summary>
/// <param name="folder">Where the files lie.</param>
internal sealed class BlockDevices(string folder)
{
    /// <summary>
    /// What a machine has to be started with so that devices can be attached later: all loop devices, for in cgroup v2 what a running
    /// machine may use is a program that only the container runtime writes. Of v1 it is asked in the same way.
    /// </summary>
    public static IReadOnlyList<string> RunArguments { get; } = ["--device-cgroup-rule", "b 7:* rwm"];

    /// <summary>The disks that there are.</summary>
    public IEnumerable<string> Names => Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)) : [];

    /// <summary>Makes a disk, empty or with what another holds.</summary>
    public async Task CreateAsync(string disk, int sizeGiB, string? from, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        try
        {
            if (from is not null)
            {
                await new Command("cp", "--sparse=always", "--reflink=auto", "--", FileOf(from), FileOf(disk)).OutputAsync(cancellationToken);
            }

            await new Command("truncate", "--size", string.Create(CultureInfo.InvariantCulture, $"{sizeGiB}G"), "--", FileOf(disk)).OutputAsync(cancellationToken);
        }
        catch
        {
            File.Delete(FileOf(disk));
            throw;
        }
    }

    /// <summary>Removes a disk that is attached nowhere.</summary>
    public void Remove(string disk) => File.Delete(FileOf(disk));

    /// <summary>Makes a disk appear in a running machine.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="pid">The machine's first process.</param>
    /// <param name="device">Its path there, such as /dev/sdf.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task AttachAsync(string disk, int pid, string device, CancellationToken cancellationToken)
    {
        var loop = await LoopsOfAsync(FileOf(disk), cancellationToken) is [var attached, ..]
            ? attached
            : (await new Command("losetup", "--find", "--show", FileOf(disk)).OutputAsync(cancellationToken)).Trim();
        var minor = loop["/dev/loop".Length..];
        try
        {
            await InMachineAsync(pid, ["mknod", device, "b", "7", minor], cancellationToken);
        }
        catch (MachineException)
        {
            await DetachAsync(disk, null, device, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Takes a disk away from the machine that has it; nothing happens where none has.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="pid">The machine's first process, or null when it does not run.</param>
    /// <param name="device">Its path there.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task DetachAsync(string disk, int? pid, string device, CancellationToken cancellationToken)
    {
        if (pid is { } running)
        {
            await InMachineAsync(running, ["rm", "-f", device], cancellationToken);
        }

        // One that is still mounted somewhere goes when it no longer is.
        foreach (var loop in await LoopsOfAsync(FileOf(disk), cancellationToken))
        {
            await new Command("losetup", "--detach", loop).RunAsync(cancellationToken);
        }
    }

    /// <summary>Whether a running machine has the device mounted.</summary>
    public static bool IsMounted(int pid, string device)
    {
        try
        {
            return File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/mounts")).Any(l => l.StartsWith(device + " ", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            // The machine has just ended, and its mounts with it.
            return false;
        }
    }

    /// <summary>Detaches all disks and removes those that are not to be kept.</summary>
    /// <returns>What was removed, one line each.</returns>
    public async Task<IReadOnlyList<string>> CleanAsync(IReadOnlySet<string> keep, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        if (Directory.Exists(folder))
        {
            foreach (var file in Directory.EnumerateFiles(folder))
            {
                foreach (var loop in await LoopsOfAsync(file, cancellationToken))
                {
                    await new Command("losetup", "--detach", loop).RunAsync(cancellationToken);
                }

                if (!keep.Contains(Path.GetFileName(file)))
                {
                    File.Delete(file);
                    found.Add($"disk {Path.GetFileName(file)}");
                }
            }

            if (keep.Count == 0)
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        return found;
    }

    private string FileOf(string disk) => Path.Combine(folder, disk);

    private static async Task<IReadOnlyList<string>> LoopsOfAsync(string file, CancellationToken cancellationToken)
    {
        var list = await new Command("losetup", "--associated", file, "--noheadings", "--output", "NAME").RunAsync(cancellationToken);
        return list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static async Task InMachineAsync(int pid, IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        await new Command("nsenter", ["--target", pid.ToString(CultureInfo.InvariantCulture), "--mount", .. command]).OutputAsync(cancellationToken);
}
