using System.Globalization;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Host;

/// <summary>Who has which slot on this machine: one file for each, with the state folder of the lab that has it.</summary>
internal static class Slots
{
    private const string Resting = "resting";

    /// <summary>Keeps nothing.</summary>
    public static IReadOnlySet<string> Nothing { get; } = new HashSet<string>(StringComparer.Ordinal);

    private static string Folder => Path.Combine(LabFolders.Shared, "slots");

    /// <summary>The slot that this state folder has already, or the first free one.</summary>
    /// <param name="folders">The lab's.</param>
    /// <param name="number">The one that its machines have their addresses from; null where it has none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="MachineException">All are taken, or that one.</exception>
    public static async Task<LabSlot> TakeAsync(LabFolders folders, int? number, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(LabFolders.Shared);
        using var alone = await FileLock.TakeAsync(Path.Combine(LabFolders.Shared, "lock"), cancellationToken);
        Directory.CreateDirectory(Folder);
        if (Find(folders) is { } mine)
        {
            await WriteAsync(mine, folders, rests: false, cancellationToken);
            return mine;
        }

        foreach (var slot in Enumerable.Range(number ?? 0, number is null ? LabSlot.Count : 1).Select(n => new LabSlot(n)))
        {
            var owner = Owner(slot);
            // A lab whose state folder is gone can never clean up after itself.
            if (owner is not null && !Directory.Exists(owner.State))
            {
                await LeaveAsync(slot, owner, cancellationToken);
                owner = null;
            }

            if (owner is null && !MachineWiring.IsRangeTaken(slot) && !MachineWiring.IsListenedAt(slot))
            {
                await WriteAsync(slot, folders, rests: false, cancellationToken);
                return slot;
            }
        }

        if (number is not null)
        {
            throw new MachineException(
                $"This lab's machines have addresses that another lab uses now, see {Folder}: stop that one, or remove these machines with `stop --terminate`.");
        }

        throw new MachineException($"All {LabSlot.Count} slots for labs on this machine are taken; see {Folder}.");
    }

    /// <summary>The slot that this state folder has; null when it has none.</summary>
    public static LabSlot? Find(LabFolders folders) =>
        Enumerable.Range(0, LabSlot.Count).Select(n => new LabSlot(n)).Where(s => Owner(s)?.State == folders.State).Cast<LabSlot?>().FirstOrDefault();

    /// <summary>The names of all that the lab of this state folder has on this machine.</summary>
    public static async Task<IReadOnlySet<string>> EverythingAsync(LabFolders folders, CancellationToken cancellationToken)
    {
        var slot = Find(folders);
        var owner = slot is { } taken ? Owner(taken) ?? folders : folders;
        using var machines = new PodmanMachines(slot ?? default, owner.State, owner.Cache, LabFolders.Shared);
        return await machines.EverythingAsync(cancellationToken);
    }

    /// <summary>
    /// Stops the machines of the lab of this state folder and removes everything else that it has or had on this machine, then
    /// gives its slot back where no machine is kept. Nothing happens when there is nothing.
    /// </summary>
    /// <param name="folders">The lab's.</param>
    /// <param name="keep">Instances, disks and images that the next start needs.</param>
    /// <param name="removeCache">Also base image and storage, where no other lab uses them.</param>
    /// <param name="cancellationToken">Ends it; the next call goes on.</param>
    /// <returns>What was removed, one line each.</returns>
    public static async Task<IReadOnlyList<string>> ReleaseAsync(LabFolders folders, IReadOnlySet<string> keep, bool removeCache, CancellationToken cancellationToken)
    {
        // After a restart of this machine the slot may be forgotten while containers are still in podman's storage.
        var slot = Find(folders);
        if (slot is null && !Directory.Exists(folders.Cache))
        {
            return [];
        }

        Directory.CreateDirectory(LabFolders.Shared);
        using var alone = await FileLock.TakeAsync(Path.Combine(LabFolders.Shared, "lock"), cancellationToken);
        Directory.CreateDirectory(Folder);
        var owner = slot is { } taken ? Owner(taken) ?? folders : folders;
        var found = await CleanAsync(slot, owner, keep, cancellationToken);
        if (slot is { } mine && keep.Count == 0)
        {
            File.Delete(FileOf(mine));
        }
        else if (slot is { } kept)
        {
            await WriteAsync(kept, owner, rests: true, cancellationToken);
        }

        var all = Enumerable.Range(0, LabSlot.Count).Select(n => new LabSlot(n)).ToList();
        var others = all.Where(s => !Rests(s)).Select(Owner).OfType<LabFolders>().ToList();
        if (others.TrueForAll(o => o.Cache != owner.Cache))
        {
            using var machines = new PodmanMachines(slot ?? default, owner.State, owner.Cache, LabFolders.Shared);
            await machines.LeaveCacheAsync(removeCache && all.TrueForAll(s => Owner(s)?.Cache != owner.Cache), cancellationToken);
        }

        if (removeCache && all.Exists(s => Owner(s)?.Cache == owner.Cache))
        {
            found = [.. found, $"(the base image stays: another lab uses {owner.Cache})"];
        }

        if (others.Count == 0)
        {
            await new KernelSettings(LabFolders.Shared).RestoreAsync(cancellationToken);
            // The lock file stays: another lab may wait for it.
            if (!all.Exists(Rests))
            {
                Directory.Delete(Folder, recursive: true);
            }
        }

        return found;
    }

    private static async Task LeaveAsync(LabSlot slot, LabFolders owner, CancellationToken cancellationToken)
    {
        await CleanAsync(slot, owner, Nothing, cancellationToken);
        File.Delete(FileOf(slot));
    }

    private static async Task<IReadOnlyList<string>> CleanAsync(LabSlot? slot, LabFolders owner, IReadOnlySet<string> keep, CancellationToken cancellationToken)
    {
        using var machines = new PodmanMachines(slot ?? default, owner.State, owner.Cache, LabFolders.Shared);
        return slot is null ? await machines.CleanStoredAsync(keep, cancellationToken) : await machines.CleanAsync(keep, cancellationToken);
    }

    /// <summary>Whether root has given the slot to a lab.</summary>
    public static bool IsTaken(LabSlot slot) => File.Exists(FileOf(slot));

    private static LabFolders? Owner(LabSlot slot)
    {
        try
        {
            return File.ReadAllLines(FileOf(slot)) is [var state, var cache, ..] ? new LabFolders(state, cache) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Whether its lab is stopped and has kept its machines.</summary>
    private static bool Rests(LabSlot slot) => File.Exists(FileOf(slot)) && File.ReadLines(FileOf(slot)).Skip(2).FirstOrDefault() == Resting;

    private static Task WriteAsync(LabSlot slot, LabFolders owner, bool rests, CancellationToken cancellationToken) =>
        File.WriteAllLinesAsync(FileOf(slot), [owner.State, owner.Cache, .. rests ? (string[])[Resting] : []], cancellationToken);

    private static string FileOf(LabSlot slot) => Path.Combine(Folder, slot.Number.ToString(CultureInfo.InvariantCulture));
}
