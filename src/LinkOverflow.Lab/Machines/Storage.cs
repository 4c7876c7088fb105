using LinkOverflow.Lab.Model;

namespace LinkOverflow.Lab.Machines;

/// <summary>Brings images, snapshots and volumes to where the account wants them, as <see cref="Fleet"/> does with machines.</summary>
internal sealed class Storage(Account account, Fleet fleet, IMachineDriver driver)
{
    /// <summary>
    /// Brings the account to what there is: a lab can be killed after it removed a disk and before it wrote that down. Before any
    /// call, and before machines are brought back.
    /// </summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        lock (account.Gate)
        {
            if (account.Volumes.Count + account.Snapshots.Count + account.Images.Values.Count(i => !i.IsPublic) == 0)
            {
                return;
            }
        }

        var stored = await driver.StoredAsync(cancellationToken);
        bool IsLost(string id, string? image) => !stored.Contains(image ?? id);
        lock (account.Gate)
        {
            // The disks of an instance's volumes go with its machine, which is looked for by itself.
            foreach (var volume in account.Volumes.Values.Where(v => v.Attachment is null && IsLost(v.Id, v.Image)).ToList())
            {
                account.Volumes.Remove(volume.Id);
                account.RemoveTags(volume.Id);
            }

            foreach (var snapshot in account.Snapshots.Values.Where(s => s.State == "completed" && IsLost(s.Id, s.Image)).ToList())
            {
                account.Snapshots[snapshot.Id] = snapshot with { State = "error" };
            }

            foreach (var image in account.Images.Values.Where(i => i.State == "available" && IsLost(i.Id, i.Reference)).ToList())
            {
                account.Images[image.Id] = image with { State = "failed" };
            }
        }
    }

    /// <summary>Makes an image, which the account already has as pending, of an instance and its volumes.</summary>
    /// <param name="image">Its first snapshot is of the root volume, each other one of the volume that it names.</param>
    /// <param name="instance">The instance.</param>
    /// <param name="reboots">Whether the machine is stopped meanwhile, so that nothing in its disks is half written.</param>
    public void CreateImage(MachineImage image, Instance instance, bool reboots) => fleet.Work.Do(image.Id, "create image", async cancellationToken =>
    {
        var state = "failed";
        try
        {
            await fleet.Work.InTurnAsync(instance, c => SaveAsync(image, instance, reboots && driver.IsUp(instance.Id), c), cancellationToken);
            state = "available";
        }
        finally
        {
            lock (account.Gate)
            {
                foreach (var device in image.BlockDevices)
                {
                    Complete(device.SnapshotId!, state == "available");
                }

                if (account.Images.TryGetValue(image.Id, out var now))
                {
                    account.Images[image.Id] = now with { State = state };
                }
            }

            // It may have been deregistered, and its snapshots deleted, meanwhile.
            await RemoveAsync(image.Id, image.Reference, CancellationToken.None);
        }
    });

    /// <summary>Takes a snapshot, which the account already has as pending.</summary>
    public void CreateSnapshot(Snapshot snapshot, Volume volume) => fleet.Work.Do(snapshot.Id, "create snapshot", async cancellationToken =>
    {
        var taken = false;
        try
        {
            var instance = Find(volume.Attachment?.InstanceId);
            if (snapshot.Image is null)
            {
                await driver.CreateDiskAsync(snapshot.Id, snapshot.SizeGiB, volume.Id, cancellationToken);
            }
            else if (instance is not null)
            {
                await fleet.Work.InTurnAsync(instance, c => driver.SaveImageAsync(instance.Id, snapshot.Image, c), cancellationToken);
            }

            taken = true;
        }
        finally
        {
            lock (account.Gate)
            {
                Complete(snapshot.Id, taken);
            }
        }
    });

    /// <summary>Makes the disk of a new volume.</summary>
    public Task CreateVolumeAsync(Volume volume, CancellationToken cancellationToken) =>
        driver.CreateDiskAsync(volume.Id, volume.SizeGiB, volume.SnapshotId, cancellationToken);

    /// <summary>Deletes a volume or a snapshot with its disk.</summary>
    /// <param name="all">Those that the account has.</param>
    /// <param name="find">Gives the one to delete, or refuses; under the account's lock.</param>
    /// <param name="disk">Its id, and the image that it is kept as; null for a block device.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task DeleteAsync<T>(Dictionary<string, T> all, Func<T> find, Func<T, (string Id, string? Image)> disk, CancellationToken cancellationToken)
    {
        string id;
        string? image;
        lock (account.Gate)
        {
            (id, image) = disk(find());
            all.Remove(id);
            account.RemoveTags(id);
        }

        await RemoveAsync(id, image, cancellationToken);
    }

    /// <summary>Removes the disk of a volume or snapshot that the account no longer has.</summary>
    /// <param name="disk">Its id.</param>
    /// <param name="image">The image that it was kept as; null for a block device.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RemoveAsync(string disk, string? image, CancellationToken cancellationToken)
    {
        if (image is null)
        {
            await driver.RemoveDiskAsync(disk, cancellationToken);
            return;
        }

        bool unused;
        lock (account.Gate)
        {
            unused = account.IsUnused(image);
        }

        if (unused)
        {
            await driver.RemoveImageAsync(image, cancellationToken);
        }
    }

    /// <summary>Whether machines can have volumes beside their root.</summary>
    public bool HasBlockDevices => driver.HasBlockDevices;

    /// <summary>Shows a volume, which the account already has as attached, to its machine where that runs.</summary>
    public Task AttachAsync(Volume volume, Instance instance, CancellationToken cancellationToken) => fleet.Work.InTurnAsync(
        instance,
        async c =>
        {
            if (driver.IsUp(instance.Id))
            {
                await driver.AttachDiskAsync(instance.Id, volume.Id, volume.Attachment!.Device, c);
            }
        },
        cancellationToken);

    /// <summary>Takes a volume away from its machine.</summary>
    public Task DetachAsync(Volume volume, Instance instance, CancellationToken cancellationToken) =>
        fleet.Work.InTurnAsync(instance, c => driver.DetachDiskAsync(instance.Id, volume.Id, volume.Attachment!.Device, c), cancellationToken);

    /// <summary>Whether the machine that has the volume uses it right now.</summary>
    public bool IsMounted(Volume volume) => volume.Attachment is { } at && driver.IsMounted(at.InstanceId, at.Device);

    private async Task SaveAsync(MachineImage image, Instance instance, bool reboots, CancellationToken cancellationToken)
    {
        if (reboots)
        {
            await driver.StopAsync(instance.Id, cancellationToken);
        }

        try
        {
            await driver.SaveImageAsync(instance.Id, image.Reference, cancellationToken);
            foreach (var device in image.BlockDevices.Skip(1))
            {
                await driver.CreateDiskAsync(device.SnapshotId!, device.SizeGiB, VolumeOf(device.SnapshotId!), cancellationToken);
            }
        }
        finally
        {
            if (reboots)
            {
                await driver.StartAsync(instance.Id, cancellationToken);
                await fleet.EquipAsync(instance, cancellationToken);
            }
        }
    }

    private string VolumeOf(string snapshotId)
    {
        lock (account.Gate)
        {
            return account.Snapshots[snapshotId].VolumeId;
        }
    }

    private Instance? Find(string? instanceId)
    {
        lock (account.Gate)
        {
            return instanceId is null ? null : account.Instances.GetValueOrDefault(instanceId);
        }
    }

    private void Complete(string snapshotId, bool taken)
    {
        if (account.Snapshots.TryGetValue(snapshotId, out var snapshot))
        {
            account.Snapshots[snapshotId] = snapshot with { State = taken ? "completed" : "error" };
        }
    }
}
