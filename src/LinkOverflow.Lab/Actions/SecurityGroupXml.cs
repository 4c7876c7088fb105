using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Security groups and their rules as EC2 describes them.</summary>
internal static class SecurityGroupXml
{
    public static string Arn(Account account, string type, string id) => $"arn:aws:ec2:{Zones.Region}:{account.OwnerId}:{type}/{id}";

    public static IEnumerable<Element?> Rule(Account account, SecurityGroup group, SecurityGroupRule rule) =>
    [
        new("securityGroupRuleId", rule.Id),
        new("groupId", group.Id),
        new("groupOwnerId", account.OwnerId),
        new("isEgress", group.Egress.Contains(rule)),
        new("ipProtocol", rule.Policy.Protocol),
        new("fromPort", rule.Policy.FromPort),
        new("toPort", rule.Policy.ToPort),
        rule.Policy.Cidr is { } cidr ? new("cidrIpv4", cidr) : null,
        rule.CidrIpv6 is { } cidr6 ? new("cidrIpv6", cidr6) : null,
        rule.Policy.PeerGroup is { } source ? new("referencedGroupInfo", new Element("groupId", source), new Element("userId", account.OwnerId)) : null,
        rule.Description is { } description ? new("description", description) : null,
        new("securityGroupRuleArn", Arn(account, "security-group-rule", rule.Id)),
        Xml.Tags(account.TagsOf(rule.Id)),
    ];

    public static IEnumerable<Element?> Group(Account account, SecurityGroup group) =>
    [
        new("ownerId", account.OwnerId),
        new("groupId", group.Id),
        new("groupName", group.Name),
        new("groupDescription", group.Description),
        new("vpcId", Zones.VpcId),
        new("securityGroupArn", Arn(account, "security-group", group.Id)),
        Xml.List("ipPermissions", group.Ingress.GroupBy(r => (r.Policy.Protocol, r.Policy.FromPort, r.Policy.ToPort)), r => Permission(account, r)),
        Xml.List("ipPermissionsEgress", group.Egress.GroupBy(r => (r.Policy.Protocol, r.Policy.FromPort, r.Policy.ToPort)), r => Permission(account, r)),
        Xml.Tags(account.TagsOf(group.Id)),
    ];

    private static IEnumerable<Element?> Permission(Account account, IGrouping<(string Protocol, int From, int To), SecurityGroupRule> rules)
    {
        var hasPorts = rules.Key.Protocol is "tcp" or "udp" or "icmp" or "58";
        Element? Description(SecurityGroupRule r) => r.Description is null ? null : new("description", r.Description);
        return
        [
            new("ipProtocol", rules.Key.Protocol == "58" ? "icmpv6" : rules.Key.Protocol),
            hasPorts ? new("fromPort", rules.Key.From) : null,
            hasPorts ? new("toPort", rules.Key.To) : null,
            Xml.List("groups", rules.Where(r => r.Policy.PeerGroup is not null), r => new[]
            {
                new("userId", account.OwnerId), new("groupId", r.Policy.PeerGroup), Description(r),
            }),
            Xml.List("ipRanges", rules.Where(r => r.Policy.Cidr is not null), r => new[] { new("cidrIp", r.Policy.Cidr), Description(r) }),
            Xml.List("ipv6Ranges", rules.Where(r => r.CidrIpv6 is not null), r => new[] { new("cidrIpv6", r.CidrIpv6), Description(r) }),
            new("prefixListIds"),
        ];
    }
}
