using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Where the lab says it is: one region, its zones, the default VPC and its subnets.</summary>
internal sealed class PlaceActions : ActionSet
{
    private static readonly FilterTable<string> RegionFilters = new()
    {
        { "region-name", r => r },
        { "endpoint", r => EndpointOf(r) },
        { "opt-in-status", _ => "opt-in-not-required" },
    };

    private static readonly FilterTable<Zone> ZoneFilters = new()
    {
        { "zone-name", z => z.Name },
        { "zone-id", z => z.Id },
        { "region-name", _ => Zones.Region },
        { "group-name", _ => Zones.Region },
        { "state", _ => "available" },
        { "opt-in-status", _ => "opt-in-not-required" },
        { "zone-type", _ => "availability-zone" },
    };

    private readonly Account _account;
    private readonly FilterTable<string> _vpcFilters;
    private readonly FilterTable<Zone> _subnetFilters;

    public PlaceActions(Account account)
    {
        _account = account;
        // Some filters have an older name beside the documented one.
        _vpcFilters = new()
        {
            { "vpc-id", v => v },
            { "is-default", _ => "true" },
            { "isDefault", _ => "true" },
            { "cidr", _ => account.VpcRange },
            { "cidr-block", _ => account.VpcRange },
            { "cidr-block-association.cidr-block", _ => account.VpcRange },
            { "state", _ => "available" },
            { "owner-id", _ => account.OwnerId },
            { "dhcp-options-id", _ => "default" },
        };
        _subnetFilters = new()
        {
            { "subnet-id", z => z.SubnetId },
            { "vpc-id", _ => Zones.VpcId },
            { "availability-zone", z => z.Name },
            { "availabilityZone", z => z.Name },
            { "availability-zone-id", z => z.Id },
            { "cidr", account.SubnetRange },
            { "cidr-block", account.SubnetRange },
            { "cidrBlock", account.SubnetRange },
            { "default-for-az", _ => "true" },
            { "defaultForAz", _ => "true" },
            { "map-public-ip-on-launch", _ => "true" },
            { "state", _ => "available" },
            { "owner-id", _ => account.OwnerId },
        };
        Add("DescribeRegions", DescribeRegions);
        Add("DescribeAvailabilityZones", DescribeZones);
        Add("DescribeVpcs", DescribeVpcs);
        Add("DescribeVpcAttribute", DescribeVpcAttribute);
        Add("DescribeSubnets", DescribeSubnets);
        Add("DescribeAccountAttributes", _ =>
        [
            Xml.List("accountAttributeSet", [("supported-platforms", "VPC"), ("default-vpc", Zones.VpcId)], a => new[]
            {
                new Element("attributeName", a.Item1),
                Xml.List("attributeValueSet", [a.Item2], v => new Element("attributeValue", v)),
            }),
        ]);
    }

    private static string EndpointOf(string region) => $"ec2.{region}.amazonaws.com";

    private static IEnumerable<Element?> DescribeRegions(QueryParameters parameters)
    {
        var names = parameters.List("RegionName");
        if (names.FirstOrDefault(n => n != Zones.Region) is { } unknown)
        {
            throw new ApiException("InvalidParameterValue", $"Invalid region: [{unknown}]");
        }

        return
        [
            Xml.List("regionInfo", new Filters(parameters).Apply([Zones.Region], null, RegionFilters), r => new[]
            {
                new Element("regionName", r),
                new Element("regionEndpoint", EndpointOf(r)),
                new Element("optInStatus", "opt-in-not-required"),
            }),
        ];
    }

    private static IEnumerable<Element?> DescribeZones(QueryParameters parameters)
    {
        var names = parameters.List("ZoneName");
        var ids = parameters.List("ZoneId");
        if (names.FirstOrDefault(n => Zones.All.All(z => z.Name != n)) is { } name)
        {
            throw new ApiException("InvalidParameterValue", $"Invalid availability zone: [{name}]");
        }

        if (ids.FirstOrDefault(i => Zones.All.All(z => z.Id != i)) is { } id)
        {
            throw new ApiException("InvalidParameterValue", $"Invalid availability zone-id: [{id}]");
        }

        var zones = new Filters(parameters).Apply(
            Zones.All.Where(z => (names.Count == 0 || names.Contains(z.Name, StringComparer.Ordinal)) && (ids.Count == 0 || ids.Contains(z.Id, StringComparer.Ordinal))),
            null,
            ZoneFilters);
        return
        [
            Xml.List("availabilityZoneInfo", zones, z => new[]
            {
                new Element("optInStatus", "opt-in-not-required"),
                new Element("messageSet"),
                new Element("regionName", Zones.Region),
                new Element("zoneName", z.Name),
                new Element("zoneId", z.Id),
                new Element("groupName", Zones.Region),
                new Element("networkBorderGroup", Zones.Region),
                new Element("zoneType", "availability-zone"),
                new Element("zoneState", "available"),
            }),
        ];
    }

    private IEnumerable<Element?> DescribeVpcs(QueryParameters parameters)
    {
        if (parameters.List("VpcId").FirstOrDefault(v => v != Zones.VpcId) is { } unknown)
        {
            throw new ApiException("InvalidVpcID.NotFound", $"The vpc ID '{unknown}' does not exist");
        }

        lock (_account.Gate)
        {
            return Listing.Answer(parameters, "vpcSet", [Zones.VpcId], _account.TagsOf, _vpcFilters, DescribeVpc);
        }
    }

    private IEnumerable<Element?> DescribeVpc(string id) =>
    [
        new("vpcId", id),
        new("ownerId", _account.OwnerId),
        new("state", "available"),
        new("cidrBlock", _account.VpcRange),
        Xml.List("cidrBlockAssociationSet", [_account.VpcRange], c => new[]
        {
            new Element("cidrBlock", c),
            new Element("associationId", "vpc-cidr-assoc-01ab0000000000001"),
            new Element("cidrBlockState", new Element("state", "associated")),
        }),
        new("dhcpOptionsId", "default"),
        new("instanceTenancy", "default"),
        new("isDefault", true),
        Xml.Tags(_account.TagsOf(id)),
    ];

    private static IEnumerable<Element?> DescribeVpcAttribute(QueryParameters parameters)
    {
        var id = parameters.Require("VpcId");
        if (id != Zones.VpcId)
        {
            throw new ApiException("InvalidVpcID.NotFound", $"The vpc ID '{id}' does not exist");
        }

        var attribute = parameters.Require("Attribute");
        return attribute is "enableDnsSupport" or "enableDnsHostnames" or "enableNetworkAddressUsageMetrics"
            ? [new("vpcId", id), new(attribute, new Element("value", attribute == "enableDnsSupport"))]
            : throw ApiException.Invalid(attribute, "attribute");
    }

    private IEnumerable<Element?> DescribeSubnets(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var subnets = Listing.Named(
                parameters,
                "SubnetId",
                Zones.All,
                id => Zones.All.FirstOrDefault(z => z.SubnetId == id) ?? throw new ApiException("InvalidSubnetID.NotFound", $"The subnet ID '{id}' does not exist"));
            return Listing.Answer(parameters, "subnetSet", subnets, z => _account.TagsOf(z.SubnetId), _subnetFilters, DescribeSubnet);
        }
    }

    private IEnumerable<Element?> DescribeSubnet(Zone zone) =>
    [
        new("subnetId", zone.SubnetId),
        new("subnetArn", $"arn:aws:ec2:{Zones.Region}:{_account.OwnerId}:subnet/{zone.SubnetId}"),
        new("state", "available"),
        new("ownerId", _account.OwnerId),
        new("vpcId", Zones.VpcId),
        new("cidrBlock", _account.SubnetRange(zone)),
        new("ipv6CidrBlockAssociationSet"),
        new("assignIpv6AddressOnCreation", false),
        new("availableIpAddressCount", _account.FreeAddresses(zone)),
        new("availabilityZone", zone.Name),
        new("availabilityZoneId", zone.Id),
        new("defaultForAz", true),
        new("mapPublicIpOnLaunch", true),
        new("mapCustomerOwnedIpOnLaunch", false),
        new("enableDns64", false),
        new("ipv6Native", false),
        new("privateDnsNameOptionsOnLaunch", new Element("hostnameType", "ip-name"), new Element("enableResourceNameDnsARecord", false), new Element("enableResourceNameDnsAAAARecord", false)),
        Xml.Tags(_account.TagsOf(zone.SubnetId)),
    ];
}
