namespace LinkOverflow.Lab.Model;

/// <summary>One disk that an instance gets at its launch.</summary>
/// <param name="Name">Such as /dev/sdf.</param>
/// <param name="SnapshotId">What it holds; null for an empty one.</param>
/// <param name="SizeGiB">Its size.</param>
/// <param name="Kind">Type and speed.</param>
/// <param name="Encrypted">Kept and shown.</param>
/// <param name="DeleteOnTermination">Whether it goes with its instance.</param>
internal sealed record BlockDevice(string Name, string? SnapshotId, int SizeGiB, VolumeKind Kind, bool Encrypted, bool DeleteOnTermination);
