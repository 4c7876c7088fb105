using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Model;

/// <summary>A security group.</summary>
internal sealed class SecurityGroup(string id, string name, string description)
{
    public string Id { get; init; } = id;

    public string Name { get; init; } = name;

    public string Description { get; init; } = description;

    public List<SecurityGroupRule> Ingress { get; init; } = [];

    /// <summary>A new group lets everything out.</summary>
    public List<SecurityGroupRule> Egress { get; init; } = [new(ResourceId.New("sgr"), new AllowedTraffic("-1", -1, -1, "0.0.0.0/0", null), null)];

    public IEnumerable<SecurityGroupRule> Rules => Ingress.Concat(Egress);

    public bool IsDefault => Name == "default";

    public GroupPolicy ToPolicy() => new(Id, [.. Ingress.Select(r => r.Policy)], [.. Egress.Select(r => r.Policy)]);
}

/// <summary>One rule of a security group: one protocol, one range of ports, one other end.</summary>
/// <param name="Id">sgr-...</param>
/// <param name="Policy">What it lets in.</param>
/// <param name="Description">What for.</param>
/// <param name="CidrIpv6">An IPv6 range, kept and shown; machines have no IPv6 address that it could open.</param>
internal sealed record SecurityGroupRule(string Id, AllowedTraffic Policy, string? Description, string? CidrIpv6 = null)
{
    public bool SameAs(SecurityGroupRule other) => Policy == other.Policy && CidrIpv6 == other.CidrIpv6;
}
