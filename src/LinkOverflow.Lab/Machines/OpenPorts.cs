using System.Net;

namespace LinkOverflow.Lab.Machines;

/// <summary>
/// The ports at which machines answer whoever works on this machine: something listens there, and a security group lets this
/// machine in. The packet filter decides about each connection; this says which ports are worth being shown outside of its network.
/// </summary>
internal static class OpenPorts
{
    /// <summary>Those of all machines.</summary>
    /// <param name="policy">Who may be reached by whom.</param>
    /// <param name="own">This machine's addresses.</param>
    /// <param name="listening">What a machine, known by its private address, listens on.</param>
    public static IReadOnlyList<IPEndPoint> Of(NetworkPolicy policy, IReadOnlyCollection<IPAddress> own, Func<string, IReadOnlySet<int>> listening)
    {
        var groups = policy.Groups.ToDictionary(g => g.GroupId, StringComparer.Ordinal);
        return
        [
            .. policy.Machines.Where(m => m is { PublicAddress: not null, IsCutOff: false }).SelectMany(m =>
            {
                var rules = m.Groups.Where(groups.ContainsKey).SelectMany(g => groups[g].Ingress).Where(r => IsForThisMachine(r, own)).ToList();
                return rules.Count == 0 ? [] : listening(m.PrivateAddress).Where(p => rules.Exists(r => HasPort(r, p))).Select(p => new IPEndPoint(IPAddress.Parse(m.PublicAddress!), p));
            }),
        ];
    }

    private static bool IsForThisMachine(AllowedTraffic traffic, IReadOnlyCollection<IPAddress> own) =>
        traffic.Cidr is not null && IPNetwork.TryParse(traffic.Cidr, out var range) && (range.PrefixLength == 0 || own.Any(range.Contains));

    private static bool HasPort(AllowedTraffic traffic, int port) =>
        traffic.Protocol == "-1" || (traffic.Protocol is "tcp" or "6" && (traffic.FromPort < 0 || (port >= traffic.FromPort && port <= traffic.ToPort)));
}
