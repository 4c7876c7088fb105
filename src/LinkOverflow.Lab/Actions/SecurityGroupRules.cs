using System.Globalization;
using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>What security groups let in and out.</summary>
internal sealed class SecurityGroupRules : ActionSet
{
    private static readonly FilterTable<(SecurityGroup Group, SecurityGroupRule Rule)> RuleFilters = new()
    {
        { "group-id", r => r.Group.Id },
        { "security-group-rule-id", r => r.Rule.Id },
    };

    private readonly Account _account;
    private readonly Fleet _fleet;

    public SecurityGroupRules(Account account, Fleet fleet)
    {
        _account = account;
        _fleet = fleet;
        Add("DescribeSecurityGroupRules", Describe);
        Add("AuthorizeSecurityGroupIngress", (p, c) => AuthorizeAsync(p, isEgress: false, c));
        Add("AuthorizeSecurityGroupEgress", (p, c) => AuthorizeAsync(p, isEgress: true, c));
        Add("RevokeSecurityGroupIngress", (p, c) => RevokeAsync(p, isEgress: false, c));
        Add("RevokeSecurityGroupEgress", (p, c) => RevokeAsync(p, isEgress: true, c));
    }

    private IEnumerable<Element?> Describe(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var all = _account.Groups.Values.SelectMany(g => g.Rules, (g, r) => (Group: g, Rule: r));
            var rules = Listing.Named(parameters, "SecurityGroupRuleId", all, id => all.FirstOrDefault(r => r.Rule.Id == id) is { Rule: not null } found ? found : throw NoSuchRule(id));
            return Listing.Answer(parameters, "securityGroupRuleSet", rules, r => _account.TagsOf(r.Rule.Id), RuleFilters, r => SecurityGroupXml.Rule(_account, r.Group, r.Rule));
        }
    }

    private async Task<IEnumerable<Element?>> AuthorizeAsync(QueryParameters parameters, bool isEgress, CancellationToken cancellationToken)
    {
        IEnumerable<Element?> answer;
        lock (_account.Gate)
        {
            var group = SecurityGroupActions.Target(_account, parameters);
            var present = isEgress ? group.Egress : group.Ingress;
            var rules = IpPermissions.Read(_account, parameters);
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

            answer = [Xml.Return(), Xml.List("securityGroupRuleSet", rules, r => SecurityGroupXml.Rule(_account, group, r))];
        }

        await _fleet.ApplyPolicyAsync(cancellationToken);
        return answer;
    }

    private async Task<IEnumerable<Element?>> RevokeAsync(QueryParameters parameters, bool isEgress, CancellationToken cancellationToken)
    {
        lock (_account.Gate)
        {
            var group = SecurityGroupActions.Target(_account, parameters);
            var present = isEgress ? group.Egress : group.Ingress;
            var ids = parameters.List("SecurityGroupRuleId");
            var going = ids.Count > 0
                ? [.. ids.Select(id => present.Find(r => r.Id == id)
                    ?? throw NoSuchRule(id))]
                : IpPermissions.Read(_account, parameters).Select(given => present.Find(r => r.SameAs(given))
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

    private static string Words(SecurityGroupRule rule) => string.Create(
        CultureInfo.InvariantCulture,
        $"peer: {rule.Policy.Cidr ?? rule.CidrIpv6 ?? rule.Policy.PeerGroup}, {rule.Policy.Protocol}, from port: {rule.Policy.FromPort}, to port: {rule.Policy.ToPort}, ALLOW");
}
