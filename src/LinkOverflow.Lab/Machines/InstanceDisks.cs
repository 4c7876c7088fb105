using LinkOverflow.Lab.Model;

namespace LinkOverflow.Lab.Machines;

/// <summary>The volumes of instances, as their machines come and go.</summary>
internal sealed class InstanceDisks(Account account, IMachineDriver driver)
{
    /// <summary>Makes the disks of a new instance's volumes.</summary>
    public async Task CreateAsync(Instance instance, CancellationToken cancellationToken)
    {
        foreach (var volume in Of(instance))
        {
            await driver.CreateDiskAsync(volume.Id, volume.SizeGiB, volume.SnapshotId, cancellationToken);
        }
    }

    /// <summary>Shows its volumes to a machine that has just started, which does not keep them.</summary>
    public async Task AttachAsync(Instance instance, CancellationToken cancellationToken)
    {
        foreach (var volume in Of(instance))
        {
            await driver.AttachDiskAsync(instance.Id, volume.Id, volume.Attachment!.Device, cancellationToken);
        }
    }

    /// <summary>Saves the disk of an instance whose root volume is to outlive it.</summary>
    public async Task KeepRootAsync(Instance instance, CancellationToken cancellationToken)
    {
        lock (account.Gate)
        {
            if (!account.Volumes.TryGetValue(instance.RootVolumeId, out var root) || root.Attachment is not { DeleteOnTermination: false })
            {
                return;
            }

            account.Volumes[root.Id] = root with { Image = root.Id };
        }

        await driver.SaveImageAsync(instance.Id, instance.RootVolumeId, cancellationToken);
    }

    /// <summary>The instance ends: its volumes go with it or are free.</summary>
    public async Task ReleaseAsync(Instance instance, CancellationToken cancellationToken)
    {
        foreach (var volume in Of(instance))
        {
            await driver.DetachDiskAsync(instance.Id, volume.Id, volume.Attachment!.Device, cancellationToken);
            if (volume.Attachment.DeleteOnTermination)
            {
                await driver.RemoveDiskAsync(volume.Id, cancellationToken);
            }
        }

        lock (account.Gate)
        {
            foreach (var volume in account.VolumesOf(instance.Id))
            {
                if (volume.Attachment!.DeleteOnTermination)
                {
                    account.Volumes.Remove(volume.Id);
                    account.RemoveTags(volume.Id);
                }
                else
                {
                    account.Volumes[volume.Id] = volume with { Attachment = null };
                }
            }
        }
    }

    /// <summary>Those that are block devices.</summary>
    private IReadOnlyList<Volume> Of(Instance instance)
    {
        lock (account.Gate)
        {
            return [.. account.VolumesOf(instance.Id).Where(v => !v.IsRoot)];
        }
    }
}
