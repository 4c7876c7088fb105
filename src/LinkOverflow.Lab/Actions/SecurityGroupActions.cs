using System.Globalization;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Security groups.</summary>
internal sealed class SecurityGroupActions : ActionSet
{
    private readonly Account _account;
    private readonly FilterTable<SecurityGroup> _groupFilters;

    public SecurityGroupActions(Account account)
    {
        _account = account;
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
    }

    /// <exception cref="ApiException">InvalidGroupId.Malformed or InvalidGroup.NotFound.</exception>
    public static SecurityGroup Find(Account account, string id) => ResourceId.Find("security group", account.Groups, id, "sg", "InvalidGroupId.Malformed", "InvalidGroup.NotFound");

    /// <exception cref="ApiException">InvalidGroup.NotFound.</exception>
    public static SecurityGroup FindByName(Account account, string name) =>
        account.Groups.Values.FirstOrDefault(g => g.Name == name)
        ?? throw new ApiException("InvalidGroup.NotFound", $"The security group '{name}' does not exist in default VPC '{Zones.VpcId}'");

    /// <summary>The group that a request is about.</summary>
    /// <exception cref="ApiException">It names none, or one that is not there.</exception>
    public static SecurityGroup Target(Account account, QueryParameters parameters) =>
        parameters.Find("GroupId") is { } id ? Find(account, id)
        : parameters.Find("GroupName") is { } name ? FindByName(account, name)
        : throw new ApiException("MissingParameter", "The request must contain the parameter groupName or groupId");

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
            return [Xml.Return(), new("groupId", group.Id), new("securityGroupArn", SecurityGroupXml.Arn(_account, "security-group", group.Id)), Xml.Tags(_account.TagsOf(group.Id))];
        }
    }

    private IEnumerable<Element?> Delete(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var group = Target(_account, parameters);
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
                parameters, "securityGroupInfo", groups.Count > 0 ? groups : _account.Groups.Values.AsEnumerable(), g => _account.TagsOf(g.Id), _groupFilters, g => SecurityGroupXml.Group(_account, g));
        }
    }
}
