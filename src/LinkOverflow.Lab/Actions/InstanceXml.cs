using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Instances as EC2 describes them.</summary>
internal static class InstanceXml
{
    public static Element State(string name, InstanceState state) =>
        new(name, new Element("code", (int)state), new Element("name", Instance.NameOf(state)));

    /// <summary>The elements of one reservation.</summary>
    public static IEnumerable<Element?> Reservation(Account account, IReadOnlyList<Instance> instances, Func<string, IReadOnlyList<Volume>> volumes) =>
    [
        new("reservationId", instances[0].ReservationId),
        new("ownerId", account.OwnerId),
        new("groupSet"),
        Xml.List("instancesSet", instances, i => Describe(account, i, volumes)),
    ];

    private static IEnumerable<Element?> Describe(Account account, Instance i, Func<string, IReadOnlyList<Volume>> volumes)
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
            new("placement", new Element("availabilityZone", i.Zone.Name), new Element("availabilityZoneId", i.Zone.Id), new Element("groupName"), new Element("tenancy", "default")),
            new("monitoring", new Element("state", i.MonitoringEnabled ? "enabled" : "disabled")),
            hasNetwork ? new("subnetId", i.Zone.SubnetId) : null,
            hasNetwork ? new("vpcId", Zones.VpcId) : null,
            hasNetwork ? new("privateIpAddress", i.PrivateAddress) : null,
            publicAddress is null ? null : new("ipAddress", publicAddress),
            hasNetwork ? new("sourceDestCheck", true) : null,
            hasNetwork ? Groups(i) : null,
            i.Reason is { } reason ? new("stateReason", new Element("code", reason.Code), new Element("message", reason.Message)) : null,
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
            new("cpuOptions", new Element("coreCount", Math.Max(1, i.Type.Cpus / 2)), new Element("threadsPerCore", i.Type.Cpus > 1 ? 2 : 1)),
            new("capacityReservationSpecification", new Element("capacityReservationPreference", "open")),
            new("hibernationOptions", new Element("configured", false)),
            new("metadataOptions", new Element("state", "applied"), new Element("httpTokens", i.MetadataTokens), new Element("httpPutResponseHopLimit", 1), new Element("httpEndpoint", "enabled"), new Element("httpProtocolIpv6", "disabled"), new Element("instanceMetadataTags", "disabled")),
            new("enclaveOptions", new Element("enabled", false)),
            new("platformDetails", "Linux/UNIX"),
            new("usageOperation", "RunInstances"),
            new("usageOperationUpdateTime", Xml.Time(i.LaunchTime)),
            new("privateDnsNameOptions", new Element("hostnameType", "ip-name"), new Element("enableResourceNameDnsARecord", false), new Element("enableResourceNameDnsAAAARecord", false)),
            new("maintenanceOptions", new Element("autoRecovery", "default")),
            new("currentInstanceBootMode", "legacy-bios"),
        ];
    }

    public static string PrivateName(Instance instance) => $"{instance.HostName}.{Zones.Region}.compute.internal";

    public static Element Groups(Instance instance) =>
        Xml.List("groupSet", instance.Groups, g => new[] { new Element("groupId", g.Id), new Element("groupName", g.Name) });

    public static Element BlockDevices(IReadOnlyList<Volume> volumes) => Xml.List("blockDeviceMapping", volumes, v => new[]
    {
        new Element("deviceName", v.Attachment!.Device),
        new Element(
            "ebs",
            new Element("volumeId", v.Id),
            new Element("status", "attached"),
            new Element("attachTime", Xml.Time(v.Attachment.Time)),
            new Element("deleteOnTermination", v.Attachment.DeleteOnTermination)),
    });

    public static IEnumerable<Element?> Interface(Account account, Instance i)
    {
        var association = i.PublicAddress is { } address
            ? new Element("association", new Element("publicIp", address), new Element("publicDnsName", address), new Element("ipOwnerId", "amazon"))
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
                new Element("attachmentId", i.AttachmentId),
                new Element("deviceIndex", 0),
                new Element("status", "attached"),
                new Element("attachTime", Xml.Time(i.Created)),
                new Element("deleteOnTermination", true),
                new Element("networkCardIndex", 0)),
            association,
            Xml.List("privateIpAddressesSet", [i], p => new[]
            {
                new Element("privateIpAddress", p.PrivateAddress),
                new Element("privateDnsName", PrivateName(p)),
                new Element("primary", true),
                association,
            }),
            new("ipv6AddressesSet"),
            new("interfaceType", "interface"),
        ];
    }
}
