using System.Xml.Linq;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Where the lab says it is: one region, its zones, the default VPC and its subnets.</summary>
internal sealed class PlaceActions : ActionSet
{
    private readonly Account _account;

    public PlaceActions(Account account)
    {
        _account = account;
        Add("DescribeRegions", DescribeRegions);
        Add("DescribeAvailabilityZones", DescribeZones);
        Add("DescribeVpcs", DescribeVpcs);
        Add("DescribeVpcAttribute", DescribeVpcAttribute);
        Add("DescribeSubnets", DescribeSubnets);
        Add("DescribeAccountAttributes", _ =>
        [
            Xml.List("accountAttributeSet", [("supported-platforms", "VPC"), ("default-vpc", Zones.VpcId)], a => new[]
            {
                new XElement("attributeName", a.Item1),
                Xml.List("attributeValueSet", [a.Item2], v => new XElement("attributeValue", v)),
            }),
        ]);
    }

    private static IEnumerable<XElement?> DescribeRegions(QueryParameters parameters)
    {
        var names = parameters.List("RegionName");
        if (names.FirstOrDefault(n => n != Zones.Region) is { } unknown)
        {
            throw new ApiException("InvalidParameterValue", $"Invalid region: [{unknown}]");
        }

        var filters = new Filters(parameters);
        string Endpoint(string region) => $"ec2.{region}.amazonaws.com";
        IEnumerable<string?>? Values(string region, string name) => name switch
        {
            "region-name" => [region],
            "endpoint" => [Endpoint(region)],
            "opt-in-status" => ["opt-in-not-required"],
            _ => null,
        };
        return
        [
            Xml.List("regionInfo", filters.Apply([Zones.Region], _ => NoTags, Values), r => new[]
            {
                new XElement("regionName", r),
                new XElement("regionEndpoint", Endpoint(r)),
                new XElement("optInStatus", "opt-in-not-required"),
            }),
        ];
    }

    private static IEnumerable<XElement?> DescribeZones(QueryParameters parameters)
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
            _ => NoTags,
            (z, filter) => filter switch
            {
                "zone-name" => [z.Name],
                "zone-id" => [z.Id],
                "region-name" or "group-name" => [Zones.Region],
                "state" => ["available"],
                "opt-in-status" => ["opt-in-not-required"],
                "zone-type" => ["availability-zone"],
                _ => null,
            });
        return
        [
            Xml.List("availabilityZoneInfo", zones, z => new[]
            {
                new XElement("optInStatus", "opt-in-not-required"),
                new XElement("messageSet"),
                new XElement("regionName", Zones.Region),
                new XElement("zoneName", z.Name),
                new XElement("zoneId", z.Id),
                new XElement("groupName", Zones.Region),
                new XElement("networkBorderGroup", Zones.Region),
                new XElement("zoneType", "availability-zone"),
                new XElement("zoneState", "available"),
            }),
        ];
    }

    private IEnumerable<XElement?> DescribeVpcs(QueryParameters parameters)
    {
        if (parameters.List("VpcId").FirstOrDefault(v => v != Zones.VpcId) is { } unknown)
        {
            throw new ApiException("InvalidVpcID.NotFound", $"The vpc ID '{unknown}' does not exist");
        }

        lock (_account.Gate)
        {
            var vpcs = new Filters(parameters).Apply([Zones.VpcId], _account.TagsOf, (v, filter) => filter switch
            {
                "vpc-id" => [v],
                "isDefault" or "is-default" => ["true"],
                "cidr" or "cidr-block" or "cidr-block-association.cidr-block" => [_account.VpcRange],
                "state" => ["available"],
                "owner-id" => [_account.OwnerId],
                "dhcp-options-id" => ["default"],
                _ => null,
            });
            var (page, next) = new Paging(parameters).Cut(vpcs);
            return
            [
                Xml.List("vpcSet", page, v => new[]
                {
                    new XElement("vpcId", v),
                    new XElement("ownerId", _account.OwnerId),
                    new XElement("state", "available"),
                    new XElement("cidrBlock", _account.VpcRange),
                    Xml.List("cidrBlockAssociationSet", [_account.VpcRange], c => new[]
                    {
                        new XElement("cidrBlock", c),
                        new XElement("associationId", "vpc-cidr-assoc-01ab0000000000001"),
                        new XElement("cidrBlockState", new XElement("state", "associated")),
                    }),
                    new XElement("dhcpOptionsId", "default"),
                    new XElement("instanceTenancy", "default"),
                    new XElement("isDefault", true),
                    Xml.Tags(_account.TagsOf(v)),
                }),
                next,
            ];
        }
    }

    private static IEnumerable<XElement?> DescribeVpcAttribute(QueryParameters parameters)
    {
        var id = parameters.Require("VpcId");
        if (id != Zones.VpcId)
        {
            throw new ApiException("InvalidVpcID.NotFound", $"The vpc ID '{id}' does not exist");
        }

        var attribute = parameters.Require("Attribute");
        return attribute is "enableDnsSupport" or "enableDnsHostnames" or "enableNetworkAddressUsageMetrics"
            ? [new("vpcId", id), new(attribute, new XElement("value", attribute == "enableDnsSupport"))]
            : throw ApiException.Invalid(attribute, "attribute");
    }

    private IEnumerable<XElement?> DescribeSubnets(QueryParameters parameters)
    {
        var ids = parameters.List("SubnetId");
        if (ids.FirstOrDefault(i => Zones.All.All(z => z.SubnetId != i)) is { } unknown)
        {
            throw new ApiException("InvalidSubnetID.NotFound", $"The subnet ID '{unknown}' does not exist");
        }

        lock (_account.Gate)
        {
            var subnets = new Filters(parameters).Apply(
                Zones.All.Where(z => ids.Count == 0 || ids.Contains(z.SubnetId, StringComparer.Ordinal)),
                z => _account.TagsOf(z.SubnetId),
                (z, filter) => filter switch
                {
                    "subnet-id" => [z.SubnetId],
                    "vpc-id" => [Zones.VpcId],
                    "availability-zone" or "availabilityZone" => [z.Name],
                    "availability-zone-id" => [z.Id],
                    "cidr" or "cidr-block" or "cidrBlock" => [_account.SubnetRange(z)],
                    "default-for-az" or "defaultForAz" or "map-public-ip-on-launch" => ["true"],
                    "state" => ["available"],
                    "owner-id" => [_account.OwnerId],
                    _ => null,
                });
            var (page, next) = new Paging(parameters).Cut(subnets);
            return
            [
                Xml.List("subnetSet", page, z => new[]
                {
                    new XElement("subnetId", z.SubnetId),
                    new XElement("subnetArn", $"arn:aws:ec2:{Zones.Region}:{_account.OwnerId}:subnet/{z.SubnetId}"),
                    new XElement("state", "available"),
                    new XElement("ownerId", _account.OwnerId),
                    new XElement("vpcId", Zones.VpcId),
                    new XElement("cidrBlock", _account.SubnetRange(z)),
                    new XElement("ipv6CidrBlockAssociationSet"),
                    new XElement("assignIpv6AddressOnCreation", false),
                    new XElement("availableIpAddressCount", _account.FreeAddresses(z)),
                    new XElement("availabilityZone", z.Name),
                    new XElement("availabilityZoneId", z.Id),
                    new XElement("defaultForAz", true),
                    new XElement("mapPublicIpOnLaunch", true),
                    new XElement("mapCustomerOwnedIpOnLaunch", false),
                    new XElement("enableDns64", false),
                    new XElement("ipv6Native", false),
                    new XElement("privateDnsNameOptionsOnLaunch", new XElement("hostnameType", "ip-name"), new XElement("enableResourceNameDnsARecord", false), new XElement("enableResourceNameDnsAAAARecord", false)),
                    Xml.Tags(_account.TagsOf(z.SubnetId)),
                }),
                next,
            ];
        }
    }

    private static IReadOnlyDictionary<string, string> NoTags { get; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
