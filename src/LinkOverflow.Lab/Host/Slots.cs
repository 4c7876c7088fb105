using System.Globalization;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Host;

/// <summary>Who has which slot on this machine: one file for each, with the state folder of the lab that has it.</summary>
internal static class Slots
{
    private static string Folder => Path.Combine(LabFolders.Shared, "slots");

    /// <summary>The slot that this state folder has already, or the first free one.</summary>
    /// <exception cref="MachineException">All are taken.</exception>
    public static async Task<LabSlot> TakeAsync(LabFolders folders, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(LabFolders.Shared);
        using var alone = await FileLock.TakeAsync(Path.Combine(LabFolders.Shared, "lock"), cancellationToken);
        Directory.CreateDirectory(Folder);
        if (Find(folders) is { } mine)
        {
            return mine;
        }

        for (var number = 0; number < LabSlot.Count; number++)
        {
            var slot = new LabSlot(number);
            var owner = Owner(slot);
            // A lab whose state folder is gone can never clean up after itself.
            if (owner is not null && !Directory.Exists(owner.State))
            {
                await LeaveAsync(slot, owner, cancellationToken);
                owner = null;
            }

            if (owner is null && !MachineWiring.IsRangeTaken(slot))
            {
                await File.WriteAllLinesAsync(FileOf(slot), [folders.State, folders.Cache], cancellationToken);
                return slot;
            }
        }

        throw new MachineException($"All {LabSlot.Count} slots for labs on this machine are taken; see {Folder}.");
    }

    /// <summary>The slot that this state folder has; null when it has none.</summary>
    public static LabSlot? Find(LabFolders folders) =>
        Enumerable.Range(0, LabSlot.Count).Select(n => new LabSlot(n)).Where(s => Owner(s)?.State == folders.State).Cast<LabSlot?>().FirstOrDefault();

    /// <summary>
    /// Removes everything that the lab of this state folder has or had on this machine, then gives its slot back. Nothing
    /// happens when there is nothing.
    /// </summary>
    /// <param name="folders">The lab's.</param>
    /// <param name="removeCache">Also base image and storage, where no other lab uses them.</param>
    /// <param name="cancellationToken">Ends it; the next call goes on.</param>
    /// <returns>What was removed, one line each.</returns>
    public static async Task<IReadOnlyList<string>> ReleaseAsync(LabFolders folders, bool removeCache, CancellationToken cancellationToken)
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
        var found = await CleanAsync(slot, owner, cancellationToken);
        if (slot is { } mine)
        {
            File.Delete(FileOf(mine));
        }

        var others = Enumerable.Range(0, LabSlot.Count).Select(n => Owner(new LabSlot(n))).OfType<LabFolders>().ToList();
        if (others.TrueForAll(o => o.Cache != owner.Cache))
        {
            using var machines = new PodmanMachines(slot ?? default, owner.State, owner.Cache, LabFolders.Shared);
            await machines.LeaveCacheAsync(removeCache, cancellationToken);
        }
        else if (removeCache)
        {
            found = [.. found, $"(the base image stays: another lab uses {owner.Cache})"];
        }

        if (others.Count == 0)
        {
            await new KernelSettings(LabFolders.Shared).RestoreAsync(cancellationToken);
            // The lock file stays: another lab may wait for it.
            Directory.Delete(Folder, recursive: true);
        }

        return found;
    }

    private static async Task LeaveAsync(LabSlot slot, LabFolders owner, CancellationToken cancellationToken)
    {
        await CleanAsync(slot, owner, cancellationToken);
        File.Delete(FileOf(slot));
    }

    private static async Task<IReadOnlyList<string>> CleanAsync(LabSlot? slot, LabFolders owner, CancellationToken cancellationToken)
    {
        using var machines = new PodmanMachines(slot ?? default, owner.State, owner.Cache, LabFolders.Shared);
        return slot is null ? await machines.CleanContainersAsync(cancellationToken) : await machines.CleanAsync(cancellationToken);
    }

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

    private static string FileOf(LabSlot slot) => Path.Combine(Folder, slot.Number.ToString(CultureInfo.InvariantCulture));
}
