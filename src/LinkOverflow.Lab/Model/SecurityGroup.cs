using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Model;

/// <summary>A security group.</summary>
internal sealed class SecurityGroup(string id, string name, string description)
{
    public string Id { get; } = id;

    public string Name { get; } = name;

    public string Description { get; } = description;

    public List<IngressRule> Ingress { get; } = [];

    public bool IsDefault => Name == "default";

    public GroupPolicy ToPolicy() => new(Id, [.. Ingress.Select(r => r.Policy)]);
}

/// <summary>One rule of a security group: one protocol, one range of ports, one source.</summary>
/// <param name="Id">sgr-...</param>
/// <param name="Policy">What it lets in.</param>
/// <param name="Description">What for.</param>
/// <param name="CidrIpv6">An IPv6 source, kept and shown; machines have no IPv6 address that it could open.</param>
internal sealed record IngressRule(string Id, IngressPolicy Policy, string? Description, string? CidrIpv6 = null)
{
    public bool SameAs(IngressRule other) => Policy == other.Policy && CidrIpv6 == other.CidrIpv6;
}
