namespace LinkOverflow.Lab.Model;

/// <summary>A snapshot of a volume.</summary>
/// <param name="Id">snap-...</param>
/// <param name="VolumeId">What it was taken of.</param>
/// <param name="SizeGiB">That volume's size.</param>
/// <param name="Encrypted">As that volume.</param>
/// <param name="Description">What for.</param>
/// <param name="Started">When it was asked for.</param>
/// <param name="State">pending, completed or error.</param>
/// <param name="Image">The driver's name for the disk of a root volume; null where it is a block device's content.</param>
internal sealed record Snapshot(string Id, string VolumeId, int SizeGiB, bool Encrypted, string Description, DateTimeOffset Started, string State, string? Image);
