using System.Globalization;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>The filters of DescribeInstances and DescribeInstanceStatus.</summary>
internal static class InstanceFilters
{
    private static readonly Dictionary<string, Func<Account, Instance, IEnumerable<string?>>> All = new(StringComparer.Ordinal)
    {
        ["instance-id"] = (_, i) => [i.Id],
        ["instance-state-name"] = (_, i) => [i.StateName],
        ["instance-state-code"] = (_, i) => [((int)i.State).ToString(CultureInfo.InvariantCulture)],
        ["image-id"] = (_, i) => [i.Image.Id],
        ["client-token"] = (_, i) => [i.ClientToken],
        ["instance-type"] = (_, i) => [i.Type.Name],
        ["availability-zone"] = (_, i) => [i.Zone.Name],
        ["key-name"] = (_, i) => [i.KeyPair?.Name],
        ["reservation-id"] = (_, i) => [i.ReservationId],
        ["owner-id"] = (a, _) => [a.OwnerId],
        ["architecture"] = (_, _) => [MachineImage.Architecture],
        ["launch-index"] = (_, i) => [i.LaunchIndex.ToString(CultureInfo.InvariantCulture)],
        ["launch-time"] = (_, i) => [Xml.Time(i.LaunchTime)],
        ["private-ip-address"] = (_, i) => [i.PrivateAddress],
        ["private-dns-name"] = (_, i) => [InstanceXml.PrivateName(i)],
        ["ip-address"] = (_, i) => [i.PublicAddress],
        ["dns-name"] = (_, i) => [i.PublicAddress],
        ["subnet-id"] = (_, i) => [i.Zone.SubnetId],
        ["vpc-id"] = (_, _) => [Zones.VpcId],
        ["network-interface.network-interface-id"] = (_, i) => [i.InterfaceId],
        ["network-interface.vpc-id"] = (_, _) => [Zones.VpcId],
        ["network-interface.subnet-id"] = (_, i) => [i.Zone.SubnetId],
        ["network-interface.addresses.private-ip-address"] = (_, i) => [i.PrivateAddress],
        ["instance.group-id"] = (_, i) => i.Groups.Select(g => g.Id),
        ["instance.group-name"] = (_, i) => i.Groups.Select(g => g.Name),
        ["group-id"] = (_, i) => i.Groups.Select(g => g.Id),
        ["group-name"] = (_, i) => i.Groups.Select(g => g.Name),
        ["block-device-mapping.volume-id"] = (a, i) => a.VolumesOf(i.Id).Select(v => v.Id),
        ["block-device-mapping.device-name"] = (a, i) => a.VolumesOf(i.Id).Select(v => v.Attachment!.Device),
        ["block-device-mapping.delete-on-termination"] = (a, i) => a.VolumesOf(i.Id).Select(v => v.Attachment!.DeleteOnTermination ? "true" : "false"),
        ["root-device-type"] = (_, _) => ["ebs"],
        ["root-device-name"] = (_, _) => [MachineImage.RootDevice],
        ["virtualization-type"] = (_, _) => ["hvm"],
        ["hypervisor"] = (_, _) => ["xen"],
        ["tenancy"] = (_, _) => ["default"],
        ["instance-lifecycle"] = (_, _) => [],
        ["platform"] = (_, _) => [],
        ["monitoring-state"] = (_, i) => [i.MonitoringEnabled ? "enabled" : "disabled"],
        ["state-reason-code"] = (_, i) => [i.Reason?.Code],
        ["metadata-options.http-tokens"] = (_, i) => [i.MetadataTokens],
        ["instance-status.status"] = (_, i) => [i.State == InstanceState.Running ? "ok" : "not-applicable"],
        ["system-status.status"] = (_, i) => [i.State == InstanceState.Running ? "ok" : "not-applicable"],
    };

    public static IReadOnlySet<string> Known { get; } = All.Keys.ToHashSet(StringComparer.Ordinal);

    public static IEnumerable<string?>? Values(Account account, Instance instance, string filter) =>
        All.TryGetValue(filter, out var values) ? values(account, instance) : null;
}
