using System.Xml.Linq;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Instances as EC2 describes them.</summary>
internal static class InstanceXml
{
    public static XElement State(string name, InstanceState state) =>
        new(name, new XElement("code", (int)state), new XElement("name", Instance.NameOf(state)));

    /// <summary>The elements of one reservation.</summary>
    public static IEnumerable<XElement?> Reservation(Account account, IReadOnlyList<Instance> instances, Func<string, IReadOnlyList<Volume>> volumes) =>
    [
        new("reservationId", instances[0].ReservationId),
        new("ownerId", account.OwnerId),
        new("groupSet"),
        Xml.List("instancesSet", instances, i => Describe(account, i, volumes)),
    ];

    private static IEnumerable<XElement?> Describe(Account account, Instance i, Func<string, IReadOnlyList<Volume>> volumes)
    {
        // A terminated instance has given its network and its disk back.
        var hasNetwork = i.State != InstanceState.Terminated;
        var publicAddress = hasNetwork ? i.PublicAddress : null;
        return
        [
            new("instanceId", i.Id),
            new("imageId", i.Image.Id),
            State("instanceState", i.State),
            new("privateDnsName", hasNetwork ? PrivateName(i) : ""),
            // A name under amazonaws.com would not lead here; the address does.
            new("dnsName", publicAddress ?? ""),
            i.Reason is { } why ? new("reason", $"{(why.Code.StartsWith("Client", StringComparison.Ordinal) ? "User initiated" : why.Message)}") : new("reason"),
            i.KeyPair is { } key ? new("keyName", key.Name) : null,
            new("amiLaunchIndex", i.LaunchIndex),
            new("productCodes"),
            new("instanceType", i.Type.Name),
            new("launchTime", Xml.Time(i.LaunchTime)),
            new("placement", new XElement("availabilityZone", i.Zone.Name), new XElement("availabilityZoneId", i.Zone.Id), new XElement("groupName"), new XElement("tenancy", "default")),
            new("monitoring", new XElement("state", i.MonitoringEnabled ? "enabled" : "disabled")),
            hasNetwork ? new("subnetId", i.Zone.SubnetId) : null,
            hasNetwork ? new("vpcId", Zones.VpcId) : null,
            hasNetwork ? new("privateIpAddress", i.PrivateAddress) : null,
            publicAddress is null ? null : new("ipAddress", publicAddress),
            hasNetwork ? new("sourceDestCheck", true) : null,
            hasNetwork ? Groups(i) : null,
            i.Reason is { } reason ? new("stateReason", new XElement("code", reason.Code), new XElement("message", reason.Message)) : null,
            new("architecture", MachineImage.Architecture),
            new("rootDeviceType", "ebs"),
            new("rootDeviceName", MachineImage.RootDevice),
            hasNetwork ? BlockDevices(volumes(i.Id)) : new("blockDeviceMapping"),
            new("virtualizationType", "hvm"),
            new("clientToken", i.ClientToken ?? ""),
            Xml.Tags(account.TagsOf(i.Id)),
            new("hypervisor", "xen"),
            hasNetwork ? Xml.List("networkInterfaceSet", [i], n => Interface(account, n)) : new("networkInterfaceSet"),
            new("ebsOptimized", false),
            new("enaSupport", true),
            new("cpuOptions", new XElement("coreCount", Math.Max(1, i.Type.Cpus / 2)), new XElement("threadsPerCore", i.Type.Cpus > 1 ? 2 : 1)),
            new("capacityReservationSpecification", new XElement("capacityReservationPreference", "open")),
            new("hibernationOptions", new XElement("configured", false)),
            new("metadataOptions", new XElement("state", "applied"), new XElement("httpTokens", i.MetadataTokens), new XElement("httpPutResponseHopLimit", 1), new XElement("httpEndpoint", "enabled"), new XElement("httpProtocolIpv6", "disabled"), new XElement("instanceMetadataTags", "disabled")),
            new("enclaveOptions", new XElement("enabled", false)),
            new("platformDetails", "Linux/UNIX"),
            new("usageOperation", "RunInstances"),
            new("usageOperationUpdateTime", Xml.Time(i.LaunchTime)),
            new("privateDnsNameOptions", new XElement("hostnameType", "ip-name"), new XElement("enableResourceNameDnsARecord", false), new XElement("enableResourceNameDnsAAAARecord", false)),
            new("maintenanceOptions", new XElement("autoRecovery", "default")),
            new("currentInstanceBootMode", "legacy-bios"),
        ];
    }

    public static string PrivateName(Instance instance) => $"{instance.HostName}.{Zones.Region}.compute.internal";

    public static XElement Groups(Instance instance) =>
        Xml.List("groupSet", instance.Groups, g => new[] { new XElement("groupId", g.Id), new XElement("groupName", g.Name) });

    public static XElement BlockDevices(IReadOnlyList<Volume> volumes) => Xml.List("blockDeviceMapping", volumes, v => new[]
    {
        new XElement("deviceName", v.Attachment!.Device),
        new XElement(
            "ebs",
            new XElement("volumeId", v.Id),
            new XElement("status", "attached"),
            new XElement("attachTime", Xml.Time(v.Attachment.Time)),
            new XElement("deleteOnTermination", v.Attachment.DeleteOnTermination)),
    });

    public static IEnumerable<XElement?> Interface(Account account, Instance i)
    {
        var association = i.PublicAddress is { } address
            ? new XElement("association", new XElement("publicIp", address), new XElement("publicDnsName", address), new XElement("ipOwnerId", "amazon"))
            : null;
        return
        [
            new("networkInterfaceId", i.InterfaceId),
            new("subnetId", i.Zone.SubnetId),
            new("vpcId", Zones.VpcId),
            new("description"),
            new("ownerId", account.OwnerId),
            new("status", "in-use"),
            new("privateIpAddress", i.PrivateAddress),
            new("privateDnsName", PrivateName(i)),
            new("sourceDestCheck", true),
            Groups(i),
            new(
                "attachment",
                new XElement("attachmentId", i.AttachmentId),
                new XElement("deviceIndex", 0),
                new XElement("status", "attached"),
                new XElement("attachTime", Xml.Time(i.Created)),
                new XElement("deleteOnTermination", true),
                new XElement("networkCardIndex", 0)),
            association,
            Xml.List("privateIpAddressesSet", [i], p => new[]
            {
                new XElement("privateIpAddress", p.PrivateAddress),
                new XElement("privateDnsName", PrivateName(p)),
                new XElement("primary", true),
                association is null ? null : new XElement(association),
            }),
            new("ipv6AddressesSet"),
            new("interfaceType", "interface"),
        ];
    }
}
