using System.Globalization;
using System.Text.RegularExpressions;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>The BlockDeviceMapping parameters of RunInstances, CreateImage and RegisterImage.</summary>
internal static partial class BlockDeviceMappings
{
    /// <summary>The disks that an image, or an instance, has, changed by what a request says about them.</summary>
    /// <exception cref="ApiException">What EC2 would refuse.</exception>
    public static IReadOnlyList<BlockDevice> Read(Account account, QueryParameters parameters, IEnumerable<BlockDevice> from)
    {
        var devices = from.ToList();
        foreach (var mapping in parameters.Structures("BlockDeviceMapping"))
        {
            var name = mapping.Require("DeviceName");
            CheckName(name);
            var at = devices.FindIndex(d => d.Name == name);
            if (mapping.All.ContainsKey("NoDevice"))
            {
                if (at == 0)
                {
                    throw new ApiException("InvalidBlockDeviceMapping", $"The root device {name} cannot be left out.");
                }

                devices.RemoveAll(d => d.Name == name);
            }
            else if (at < 0)
            {
                devices.Add(Device(account, mapping.Structure("Ebs"), name, null));
            }
            else
            {
                devices[at] = Device(account, mapping.Structure("Ebs"), name, devices[at]);
            }
        }

        return devices;
    }

    /// <exception cref="ApiException">InvalidParameterValue.</exception>
    public static void CheckName(string name)
    {
        if (!DeviceName().IsMatch(name))
        {
            throw new ApiException("InvalidParameterValue", $"Value ({name}) for parameter device is invalid. {name} is not a valid EBS device name.");
        }
    }

    /// <summary>As DescribeImages shows them.</summary>
    public static Element Describe(IEnumerable<BlockDevice> devices) => Xml.List("blockDeviceMapping", devices, d => new[]
    {
        new Element("deviceName", d.Name),
        new Element(
            "ebs",
            d.SnapshotId is null ? null : new Element("snapshotId", d.SnapshotId),
            new Element("volumeSize", d.SizeGiB),
            new Element("deleteOnTermination", d.DeleteOnTermination),
            new Element("volumeType", d.Kind.Type),
            d.Kind.Iops is null ? null : new Element("iops", d.Kind.Iops),
            d.Kind.Throughput is null ? null : new Element("throughput", d.Kind.Throughput),
            new Element("encrypted", d.Encrypted)),
    });

    private static BlockDevice Device(Account account, QueryParameters ebs, string name, BlockDevice? before)
    {
        var snapshotId = ebs.Find("SnapshotId") ?? before?.SnapshotId;
        // A public image's snapshot is its owner's, and known here by the image alone.
        var snapshot = snapshotId is null || snapshotId == before?.SnapshotId ? null : SnapshotActions.Find(account, snapshotId);
        var smallest = snapshot?.SizeGiB ?? (before?.SnapshotId is null ? null : before.SizeGiB);
        var size = ebs.FindInteger("VolumeSize") ?? smallest ?? before?.SizeGiB ?? throw new ApiException("MissingParameter", $"The request must contain the parameter size or snapshotId for {name}");
        if (size < smallest)
        {
            throw new ApiException("InvalidBlockDeviceMapping", string.Create(CultureInfo.InvariantCulture, $"Volume of size {size}GB is smaller than snapshot '{snapshotId}', expect size>= {smallest}GB"));
        }

        var type = ebs.Find("VolumeType");
        var keeps = type is null || type == before?.Kind.Type;
        var kind = VolumeKind.From(
            type ?? before?.Kind.Type ?? VolumeKind.Default,
            size,
            ebs.FindInteger("Iops") ?? (keeps ? before?.Kind.Iops : null),
            ebs.FindInteger("Throughput") ?? (keeps ? before?.Kind.Throughput : null));
        return new BlockDevice(
            name, snapshotId, size, kind, ebs.FindBoolean("Encrypted") ?? snapshot?.Encrypted ?? before?.Encrypted ?? false, ebs.FindBoolean("DeleteOnTermination") ?? before?.DeleteOnTermination ?? true);
    }

    [GeneratedRegex("^/dev/(sd|xvd)[a-z]{1,2}[0-9]{0,2}$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DeviceName();
}
