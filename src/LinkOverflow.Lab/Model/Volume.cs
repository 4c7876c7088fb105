namespace LinkOverflow.Lab.Model;

/// <summary>An EBS volume.</summary>
/// <param name="Id">vol-...</param>
/// <param name="SizeGiB">A root volume's disk is a folder of this machine and has its room; any other is a block device of this size.</param>
/// <param name="Kind">Type, IOPS and throughput, which are kept and shown.</param>
/// <param name="Encrypted">What was asked for; the lab does not encrypt.</param>
/// <param name="SnapshotId">What it was made from; null for an empty one.</param>
/// <param name="Zone">Name of its availability zone.</param>
/// <param name="Created">When it came.</param>
internal sealed record Volume(string Id, int SizeGiB, VolumeKind Kind, bool Encrypted, string? SnapshotId, string Zone, DateTimeOffset Created)
{
    /// <summary>Where it is attached; null for nowhere.</summary>
    public VolumeAttachment? Attachment { get; init; }

    /// <summary>The driver's name for the disk of a root volume that outlived its instance; null for every other volume.</summary>
    public string? Image { get; init; }

    /// <summary>Whether a machine boots from it, which the lab keeps as a folder rather than a block device.</summary>
    public bool IsRoot => Image is not null || Attachment?.Device == MachineImage.RootDevice;

    public string State => Attachment is null ? "available" : "in-use";
}

/// <summary>Where a volume is attached.</summary>
/// <param name="InstanceId">i-...</param>
/// <param name="Device">Such as /dev/sdf; the machine sees it under this name.</param>
/// <param name="Time">Since when.</param>
/// <param name="DeleteOnTermination">Whether it goes with its instance.</param>
internal sealed record VolumeAttachment(string InstanceId, string Device, DateTimeOffset Time, bool DeleteOnTermination);
