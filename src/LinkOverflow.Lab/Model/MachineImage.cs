using System.Runtime.InteropServices;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Model;

/// <summary>An AMI.</summary>
/// <param name="Id">ami-...</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is.</param>
/// <param name="OwnerId">The account that owns it.</param>
/// <param name="OwnerAlias">amazon, or null.</param>
/// <param name="Reference">The driver's name for it.</param>
/// <param name="Created">When it was made.</param>
/// <param name="BlockDevices">The disks of an instance from it; the first is the one that it boots from.</param>
internal sealed record MachineImage(
    string Id, string Name, string Description, string OwnerId, string? OwnerAlias, string Reference, DateTimeOffset Created, IReadOnlyList<BlockDevice> BlockDevices)
{
    /// <summary>pending, available or failed.</summary>
    public string State { get; init; } = "available";

    /// <summary>The instance that it was made of; null for one that was not.</summary>
    public string? SourceInstanceId { get; init; }

    public BlockDevice Root => BlockDevices[0];

    public bool IsPublic => OwnerId is DebianOwner or LabOwner;

    public const string RootDevice = "/dev/xvda";

    /// <summary>The account under which Debian publishes its images.</summary>
    public const string DebianOwner = "136693071363";

    /// <summary>The account of the images that nobody but the lab publishes.</summary>
    public const string LabOwner = "777777777777";

    public static string Architecture => RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "x86_64";

    /// <summary>Debian 12 with the user admin, as Debian's own images on EC2 have it.</summary>
    public static MachineImage Debian12 { get; } = new(
        "ami-0deb1200000000001",
        $"debian-12-{(Architecture == "arm64" ? "arm64" : "amd64")}-lab",
        "Debian 12 (bookworm) on a local machine; log in as admin",
        DebianOwner,
        null,
        Distribution.Debian.Name,
        new DateTimeOffset(2023, 6, 10, 0, 0, 0, TimeSpan.Zero),
        [RootOf("snap-0deb1200000000001")]);

    /// <summary>The RedHat family, release 9, with the user ec2-user, as Red Hat's, Rocky's and CentOS's images on EC2 have it.</summary>
    public static MachineImage RedHat9 { get; } = new(
        "ami-0e190000000000001",
        $"redhat-family-9-{Architecture}-lab",
        "RedHat family 9 on a local machine: dnf and rpm over what Debian's packages hold; log in as ec2-user",
        LabOwner,
        null,
        Distribution.RedHat.Name,
        new DateTimeOffset(2023, 6, 10, 0, 0, 0, TimeSpan.Zero),
        [RootOf("snap-0e190000000000001")]);

    /// <summary>CentOS Stream 9, or what is named instead of it, with the user ec2-user; pulled from its registry when a machine first asks for it.</summary>
    public static MachineImage CentOS9 { get; } = new(
        "ami-0ce05900000000001",
        $"centos-stream-9-{Architecture}-lab",
        $"CentOS Stream 9 on a local machine, pulled from {PulledImage.DefaultReference} or what {PulledImage.Variable} names; log in as {PulledImage.User}",
        LabOwner,
        null,
        PulledImage.DistributionName,
        new DateTimeOffset(2023, 6, 10, 0, 0, 0, TimeSpan.Zero),
        [RootOf("snap-0ce05900000000001")]);

    private static BlockDevice RootOf(string snapshotId) => new(RootDevice, snapshotId, 8, VolumeKind.From(VolumeKind.Default, 8, null, null), Encrypted: false, DeleteOnTermination: true);
}
