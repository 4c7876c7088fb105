using System.Globalization;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>The filters of DescribeInstances and DescribeInstanceStatus.</summary>
internal static class InstanceFilters
{
    /// <summary>Of that account's instances.</summary>
    /// <param name="account">The account.</param>
    /// <param name="status">What the status checks say of an instance.</param>
    public static FilterTable<Instance> Of(Account account, Func<Instance, string> status) => new()
    {
        { "instance-id", i => i.Id },
        { "instance-state-name", i => i.StateName },
        { "instance-state-code", i => ((int)i.State).ToString(CultureInfo.InvariantCulture) },
        { "image-id", i => i.Image.Id },
        { "client-token", i => i.ClientToken },
        { "instance-type", i => i.Type.Name },
        { "availability-zone", i => i.Zone.Name },
        { "key-name", i => i.KeyPair?.Name },
        { "reservation-id", i => i.ReservationId },
        { "owner-id", _ => account.OwnerId },
        { "architecture", _ => MachineImage.Architecture },
        { "launch-index", i => i.LaunchIndex.ToString(CultureInfo.InvariantCulture) },
        { "launch-time", i => Xml.Time(i.LaunchTime) },
        { "private-ip-address", i => i.PrivateAddress },
        { "private-dns-name", i => InstanceXml.PrivateName(i) },
        { "ip-address", i => i.PublicAddress },
        { "dns-name", i => i.PublicAddress },
        { "subnet-id", i => i.Zone.SubnetId },
        { "vpc-id", _ => Zones.VpcId },
        { "network-interface.network-interface-id", i => i.InterfaceId },
        { "network-interface.vpc-id", _ => Zones.VpcId },
        { "network-interface.subnet-id", i => i.Zone.SubnetId },
        { "network-interface.addresses.private-ip-address", i => i.PrivateAddress },
        { "instance.group-id", i => i.Groups.Select(g => g.Id) },
        { "instance.group-name", i => i.Groups.Select(g => g.Name) },
        { "group-id", i => i.Groups.Select(g => g.Id) },
        { "group-name", i => i.Groups.Select(g => g.Name) },
        { "block-device-mapping.volume-id", i => account.VolumesOf(i.Id).Select(v => v.Id) },
        { "block-device-mapping.device-name", i => account.VolumesOf(i.Id).Select(v => v.Attachment!.Device) },
        { "block-device-mapping.delete-on-termination", i => account.VolumesOf(i.Id).Select(v => v.Attachment!.DeleteOnTermination ? "true" : "false") },
        { "root-device-type", _ => "ebs" },
        { "root-device-name", _ => MachineImage.RootDevice },
        { "virtualization-type", _ => "hvm" },
        { "hypervisor", _ => "xen" },
        { "tenancy", _ => "default" },
        { "instance-lifecycle", _ => (string?)null },
        { "platform", _ => (string?)null },
        { "monitoring-state", i => i.MonitoringEnabled ? "enabled" : "disabled" },
        { "state-reason-code", i => i.Reason?.Code },
        { "metadata-options.http-tokens", i => i.MetadataTokens },
        { "instance-status.status", status },
        { "system-status.status", status },
    };
}
