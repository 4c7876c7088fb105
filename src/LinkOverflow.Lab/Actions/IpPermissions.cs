using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>The rules that a request to authorize or revoke names.</summary>
internal static class IpPermissions
{
    /// <summary>The rules of IpPermissions, or of the older form with one rule in parameters of its own.</summary>
    /// <exception cref="ApiException">What EC2 would refuse.</exception>
    public static List<SecurityGroupRule> Read(Account account, QueryParameters parameters)
    {
        var permissions = parameters.Structures("IpPermissions");
        var rules = permissions.Count > 0
            ? [.. permissions.SelectMany(p => RulesOf(account, p))]
            : parameters.Find("IpProtocol") is not null ? [Rule(parameters, parameters.Require("CidrIp"), null, null, null)] : new List<SecurityGroupRule>();
        return rules.Count > 0 ? rules : throw new ApiException("MissingParameter", "The request must contain the parameter ipPermissions");
    }

    private static IEnumerable<SecurityGroupRule> RulesOf(Account account, QueryParameters permission)
    {
        var ranges = permission.Structures("IpRanges");
        var ranges6 = permission.Structures("Ipv6Ranges");
        var groups = permission.Structures("Groups").Concat(permission.Structures("UserIdGroupPairs")).ToList();
        if (ranges.Count + ranges6.Count + groups.Count == 0)
        {
            throw new ApiException("MissingParameter", "Either 'cidrIp', 'cidrIpv6' or 'securityGroupId' should be provided.");
        }

        return
        [
            .. ranges.Select(r => Rule(permission, r.Require("CidrIp"), null, null, r.Find("Description"))),
            .. ranges6.Select(r => Rule(permission, null, r.Require("CidrIpv6"), null, r.Find("Description"))),
            .. groups.Select(g => Rule(
                permission,
                null,
                null,
                (g.Find("GroupId") is { } id ? SecurityGroupActions.Find(account, id) : SecurityGroupActions.FindByName(account, g.Require("GroupName"))).Id,
                g.Find("Description"))),
        ];
    }

    private static SecurityGroupRule Rule(QueryParameters permission, string? cidr, string? cidr6, string? group, string? description)
    {
        var protocol = permission.Require("IpProtocol").ToLowerInvariant() switch { "6" => "tcp", "17" => "udp", "1" => "icmp", var other => other };
        var (from, to) = (permission.FindInteger("FromPort") ?? -1, permission.FindInteger("ToPort") ?? -1);
        if (protocol is "tcp" or "udp")
        {
            if (from is < 0 or > 65535 || to is < 0 or > 65535 || from > to)
            {
                throw new ApiException("InvalidParameterValue", string.Create(CultureInfo.InvariantCulture, $"Invalid value for portRange. Must specify both from and to ports with TCP/UDP, 0 to 65535: {from}-{to}"));
            }
        }
        else if (protocol != "-1" && protocol is not ("icmp" or "icmpv6") && !byte.TryParse(protocol, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw new ApiException("InvalidParameterValue", $"Invalid value '{protocol}' for IP protocol. Unknown protocol.");
        }
        else
        {
            (from, to) = protocol is "icmp" or "icmpv6" ? (from, to) : (-1, -1);
        }

        if (cidr is not null)
        {
            cidr = ParseRange(cidr, AddressFamily.InterNetwork);
        }

        if (cidr6 is not null)
        {
            cidr6 = ParseRange(cidr6, AddressFamily.InterNetworkV6);
        }

        if (description?.Length > 255)
        {
            throw new ApiException("InvalidParameterValue", "Rule descriptions have at most 255 characters.");
        }

        // nft knows this name under another spelling, and machines have no IPv6 anyway.
        var policyProtocol = protocol == "icmpv6" ? "58" : protocol;
        return new SecurityGroupRule(ResourceId.New("sgr"), new AllowedTraffic(policyProtocol, from, to, cidr, group), description, cidr6);
    }

    /// <summary>A range in the form that EC2 keeps it in: without the bits of the host.</summary>
    private static string ParseRange(string text, AddressFamily family)
    {
        var parts = text.Split('/');
        if (parts.Length == 2 && IPAddress.TryParse(parts[0], out var address) && address.AddressFamily == family
            && (family == AddressFamily.InterNetworkV6 || parts[0].Count(c => c == '.') == 3)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            var bytes = address.GetAddressBytes();
            if (length <= bytes.Length * 8)
            {
                for (var bit = length; bit < bytes.Length * 8; bit++)
                {
                    bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
                }

                return string.Create(CultureInfo.InvariantCulture, $"{new IPAddress(bytes)}/{length}");
            }
        }

        throw new ApiException("InvalidParameterValue", $"CIDR block {text} is malformed");
    }
}
