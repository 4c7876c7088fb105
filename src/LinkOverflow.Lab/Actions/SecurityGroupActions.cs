using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Security groups and their rules.</summary>
internal sealed class SecurityGroupActions : ActionSet
{
    private static readonly FilterTable<(SecurityGroup Group, SecurityGroupRule Rule)> RuleFilters = new()
    {
        { "group-id", r => r.Group.Id },
        { "security-group-rule-id", r => r.Rule.Id },
    };

    private readonly Account _account;
    private readonly Fleet _fleet;
    private readonly FilterTable<SecurityGroup> _groupFilters;

    public SecurityGroupActions(Account account, Fleet fleet)
    {
        _account = account;
        _fleet = fleet;
        _groupFilters = new()
        {
            { "group-id", g => g.Id },
            { "group-name", g => g.Name },
            { "description", g => g.Description },
            { "owner-id", _ => account.OwnerId },
            { "vpc-id", _ => Zones.VpcId },
        };
        AddRuleFilters("ip-permission", g => g.Ingress);
        AddRuleFilters("egress.ip-permission", g => g.Egress);
        Add("CreateSecurityGroup", Create);
        Add("DeleteSecurityGroup", Delete);
        Add("DescribeSecurityGroups", Describe);
        Add("DescribeSecurityGroupRules", DescribeRules);
        Add("AuthorizeSecurityGroupIngress", (p, c) => AuthorizeAsync(p, isEgress: false, c));
        Add("AuthorizeSecurityGroupEgress", (p, c) => AuthorizeAsync(p, isEgress: true, c));
        Add("RevokeSecurityGroupIngress", (p, c) => RevokeAsync(p, isEgress: false, c));
        Add("RevokeSecurityGroupEgress", (p, c) => RevokeAsync(p, isEgress: true, c));
    }

    /// <exception cref="ApiException">InvalidGroupId.Malformed or InvalidGroup.NotFound.</exception>
    public static SecurityGroup Find(Account account, string id) => ResourceId.Find("security group", account.Groups, id, "sg", "InvalidGroupId.Malformed", "InvalidGroup.NotFound");

    /// <exception cref="ApiException">InvalidGroup.NotFound.</exception>
    public static SecurityGroup FindByName(Account account, string name) =>
        account.Groups.Values.FirstOrDefault(g => g.Name == name)
        ?? throw new ApiException("InvalidGroup.NotFound", $"The security group '{name}' does not exist in default VPC '{Zones.VpcId}'");

    private void AddRuleFilters(string prefix, Func<SecurityGroup, List<SecurityGroupRule>> rules)
    {
        void Add(string name, Func<SecurityGroupRule, string?> value) => _groupFilters.Add($"{prefix}.{name}", g => rules(g).Select(value));
        Add("cidr", r => r.Policy.Cidr);
        Add("ipv6-cidr", r => r.CidrIpv6);
        Add("group-id", r => r.Policy.PeerGroup);
        Add("protocol", r => r.Policy.Protocol);
        Add("from-port", r => r.Policy.FromPort.ToString(CultureInfo.InvariantCulture));
        Add("to-port", r => r.Policy.ToPort.ToString(CultureInfo.InvariantCulture));
    }

    private IEnumerable<Element?> Create(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var name = parameters.Require("GroupName");
            var description = parameters.Require("GroupDescription");
            if (name.Length > 255 || description.Length > 255 || name.StartsWith("sg-", StringComparison.Ordinal))
            {
                throw new ApiException("InvalidParameterValue", "Group names and descriptions have at most 255 characters; names must not be in the format sg-*.");
            }

            if (parameters.Find("VpcId") is { } vpc && vpc != Zones.VpcId)
            {
                throw new ApiException("InvalidVpcID.NotFound", $"The vpc ID '{vpc}' does not exist");
            }

            if (name == "default")
            {
                throw new ApiException("InvalidParameterValue", "Cannot use reserved security group name: default");
            }

            if (_account.Groups.Values.Any(g => g.Name == name))
            {
                throw new ApiException("InvalidGroup.Duplicate", $"The security group '{name}' already exists for VPC '{Zones.VpcId}'");
            }

            var tags = new TagSpecifications(parameters, "security-group");
            EndDryRun(parameters);
            var group = new SecurityGroup(ResourceId.New("sg"), name, description);
            _account.Groups.Add(group.Id, group);
            tags.Apply(_account, "security-group", group.Id);
            return [Xml.Return(), new("groupId", group.Id), new("securityGroupArn", Arn("security-group", group.Id)), Xml.Tags(_account.TagsOf(group.Id))];
        }
    }

    private IEnumerable<Element?> Delete(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var group = Target(parameters);
            if (group.IsDefault)
            {
                throw new ApiException("CannotDelete", $"the specified group: \"{group.Id}\" name: \"default\" cannot be deleted by a user");
            }

            var used = _account.Instances.Values.Any(i => i.State != InstanceState.Terminated && i.Groups.Contains(group))
                || _account.Groups.Values.Any(g => g != group && g.Rules.Any(r => r.Policy.PeerGroup == group.Id));
            if (used)
            {
                throw new ApiException("DependencyViolation", $"resource {group.Id} has a dependent object");
            }

            EndDryRun(parameters);
            _account.Groups.Remove(group.Id);
            _account.RemoveTags(group.Id);
            return [Xml.Return(), new("groupId", group.Id)];
        }
    }

    private IEnumerable<Element?> Describe(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var groups = parameters.List("GroupId").Select(id => Find(_account, id))
                .Concat(parameters.List("GroupName").Select(name => FindByName(_account, name))).Distinct().ToList();
            return Listing.Answer(
                parameters, "securityGroupInfo", groups.Count > 0 ? groups : _account.Groups.Values.AsEnumerable(), g => _account.TagsOf(g.Id), _groupFilters, Describe);
        }
    }

    private IEnumerable<Element?> DescribeRules(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var all = _account.Groups.Values.SelectMany(g => g.Rules, (g, r) => (Group: g, Rule: r));
            var rules = Listing.Named(parameters, "SecurityGroupRuleId", all, id => all.FirstOrDefault(r => r.Rule.Id == id) is { Rule: not null } found ? found : throw NoSuchRule(id));
            return Listing.Answer(parameters, "securityGroupRuleSet", rules, r => _account.TagsOf(r.Rule.Id), RuleFilters, r => DescribeRule(r.Group, r.Rule));
        }
    }

    private async Task<IEnumerable<Element?>> AuthorizeAsync(QueryParameters parameters, bool isEgress, CancellationToken cancellationToken)
    {
        IEnumerable<Element?> answer;
        lock (_account.Gate)
        {
            var group = Target(parameters);
            var present = isEgress ? group.Egress : group.Ingress;
            var rules = Rules(parameters);
            foreach (var rule in rules)
            {
                if (present.Exists(rule.SameAs) || rules.Any(r => r != rule && r.SameAs(rule)))
                {
                    throw new ApiException("InvalidPermission.Duplicate", $"the specified rule \"{Words(rule)}\" already exists");
                }
            }

            var tags = new TagSpecifications(parameters, "security-group-rule");
            EndDryRun(parameters);
            present.AddRange(rules);
            foreach (var rule in rules)
            {
                tags.Apply(_account, "security-group-rule", rule.Id);
            }

            answer = [Xml.Return(), Xml.List("securityGroupRuleSet", rules, r => DescribeRule(group, r))];
        }

        await _fleet.ApplyPolicyAsync(cancellationToken);
        return answer;
    }

    private async Task<IEnumerable<Element?>> RevokeAsync(QueryParameters parameters, bool isEgress, CancellationToken cancellationToken)
    {
        lock (_account.Gate)
        {
            var group = Target(parameters);
            var present = isEgress ? group.Egress : group.Ingress;
            var ids = parameters.List("SecurityGroupRuleId");
            var going = ids.Count > 0
                ? [.. ids.Select(id => present.Find(r => r.Id == id)
                    ?? throw NoSuchRule(id))]
                : Rules(parameters).Select(given => present.Find(r => r.SameAs(given))
                    ?? throw new ApiException("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")).ToList();
            EndDryRun(parameters);
            foreach (var rule in going)
            {
                present.Remove(rule);
                _account.RemoveTags(rule.Id);
            }
        }

        await _fleet.ApplyPolicyAsync(cancellationToken);
        return [Xml.Return()];
    }

    private static ApiException NoSuchRule(string id) => new("InvalidSecurityGroupRuleId.NotFound", $"The security group rule ID '{id}' does not exist");

    private SecurityGroup Target(QueryParameters parameters) =>
        parameters.Find("GroupId") is { } id ? Find(_account, id)
        : parameters.Find("GroupName") is { } name ? FindByName(_account, name)
        : throw new ApiException("MissingParameter", "The request must contain the parameter groupName or groupId");

    /// <summary>The rules of IpPermissions, or of the older form with one rule in parameters of its own.</summary>
    private List<SecurityGroupRule> Rules(QueryParameters parameters)
    {
        var permissions = parameters.Structures("IpPermissions");
        var rules = permissions.Count > 0
            ? [.. permissions.SelectMany(RulesOf)]
            : parameters.Find("IpProtocol") is not null ? [Rule(parameters, parameters.Require("CidrIp"), null, null, null)] : new List<SecurityGroupRule>();
        return rules.Count > 0 ? rules : throw new ApiException("MissingParameter", "The request must contain the parameter ipPermissions");
    }

    private IEnumerable<SecurityGroupRule> RulesOf(QueryParameters permission)
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
                (g.Find("GroupId") is { } id ? Find(_account, id) : FindByName(_account, g.Require("GroupName"))).Id,
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

    private static string Words(SecurityGroupRule rule) => string.Create(
        CultureInfo.InvariantCulture,
        $"peer: {rule.Policy.Cidr ?? rule.CidrIpv6 ?? rule.Policy.PeerGroup}, {rule.Policy.Protocol}, from port: {rule.Policy.FromPort}, to port: {rule.Policy.ToPort}, ALLOW");

    private string Arn(string type, string id) => $"arn:aws:ec2:{Zones.Region}:{_account.OwnerId}:{type}/{id}";

    private IEnumerable<Element?> DescribeRule(SecurityGroup group, SecurityGroupRule rule) =>
    [
        new("securityGroupRuleId", rule.Id),
        new("groupId", group.Id),
        new("groupOwnerId", _account.OwnerId),
        new("isEgress", group.Egress.Contains(rule)),
        new("ipProtocol", rule.Policy.Protocol),
        new("fromPort", rule.Policy.FromPort),
        new("toPort", rule.Policy.ToPort),
        rule.Policy.Cidr is { } cidr ? new("cidrIpv4", cidr) : null,
        rule.CidrIpv6 is { } cidr6 ? new("cidrIpv6", cidr6) : null,
        rule.Policy.PeerGroup is { } source ? new("referencedGroupInfo", new Element("groupId", source), new Element("userId", _account.OwnerId)) : null,
        rule.Description is { } description ? new("description", description) : null,
        new("securityGroupRuleArn", Arn("security-group-rule", rule.Id)),
        Xml.Tags(_account.TagsOf(rule.Id)),
    ];

    private IEnumerable<Element?> Describe(SecurityGroup group) =>
    [
        new("ownerId", _account.OwnerId),
        new("groupId", group.Id),
        new("groupName", group.Name),
        new("groupDescription", group.Description),
        new("vpcId", Zones.VpcId),
        new("securityGroupArn", Arn("security-group", group.Id)),
        Xml.List("ipPermissions", group.Ingress.GroupBy(r => (r.Policy.Protocol, r.Policy.FromPort, r.Policy.ToPort)), Permission),
        Xml.List("ipPermissionsEgress", group.Egress.GroupBy(r => (r.Policy.Protocol, r.Policy.FromPort, r.Policy.ToPort)), Permission),
        Xml.Tags(_account.TagsOf(group.Id)),
    ];

    private IEnumerable<Element?> Permission(IGrouping<(string Protocol, int From, int To), SecurityGroupRule> rules)
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
                new("userId", _account.OwnerId), new("groupId", r.Policy.PeerGroup), Description(r),
            }),
            Xml.List("ipRanges", rules.Where(r => r.Policy.Cidr is not null), r => new[] { new("cidrIp", r.Policy.Cidr), Description(r) }),
            Xml.List("ipv6Ranges", rules.Where(r => r.CidrIpv6 is not null), r => new[] { new("cidrIpv6", r.CidrIpv6), Description(r) }),
            new("prefixListIds"),
        ];
    }
}
