using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace LinkOverflow.Lab.Machines;

/// <summary>
/// The lab's own nft table: public loopback addresses lead to machines, security groups are chains that the machines in
/// them jump to. The whole table is replaced in one transaction at each change; established connections live on.
/// </summary>
internal sealed class PacketFilter(LabSlot slot)
{
    private string Cables => $"\"{slot.Name}-*\"";

    /// <summary>Replaces the table.</summary>
    public Task ApplyAsync(NetworkPolicy policy, CancellationToken cancellationToken) =>
        new Command("nft", "-f", "-") { Input = Script(policy, OwnAddresses()) }.OutputAsync(cancellationToken);

    /// <summary>
    /// Lets the machines' packets pass where another filter drops what is forwarded, as docker's does: an accept in the
    /// lab's own table cannot overrule a drop in another one.
    /// </summary>
    public async Task OpenForwardingAsync(CancellationToken cancellationToken)
    {
        var chain = await new Command("nft", "-j", "list", "chain", "ip", "filter", "FORWARD").RunAsync(cancellationToken);
        if (chain.ExitCode != 0 || !chain.Output.Contains("\"policy\": \"drop\"", StringComparison.Ordinal) || chain.Output.Contains($"\"{slot.Table}\"", StringComparison.Ordinal))
        {
            return;
        }

        foreach (var direction in (string[])["iifname", "oifname"])
        {
            await new Command("nft", "insert", "rule", "ip", "filter", "FORWARD", direction, $"{slot.Name}-*", "accept", "comment", $"\"{slot.Table}\"").OutputAsync(cancellationToken);
        }
    }

    /// <summary>Removes the table and what <see cref="OpenForwardingAsync"/> added.</summary>
    /// <returns>What was there.</returns>
    public async Task<IReadOnlyList<string>> CleanAsync(CancellationToken cancellationToken)
    {
        var found = new List<string>();
        if ((await new Command("nft", "delete", "table", "ip", slot.Table).RunAsync(cancellationToken)).ExitCode == 0)
        {
            found.Add($"nft table {slot.Table}");
        }

        var chain = await new Command("nft", "-j", "list", "chain", "ip", "filter", "FORWARD").RunAsync(cancellationToken);
        if (chain.ExitCode == 0 && chain.Output.Contains($"\"{slot.Table}\"", StringComparison.Ordinal))
        {
            using var json = JsonDocument.Parse(chain.Output);
            foreach (var entry in json.RootElement.GetProperty("nftables").EnumerateArray())
            {
                if (entry.TryGetProperty("rule", out var rule) && rule.TryGetProperty("comment", out var comment) && comment.GetString() == slot.Table)
                {
                    var handle = rule.GetProperty("handle").GetInt32().ToString(CultureInfo.InvariantCulture);
                    await new Command("nft", "delete", "rule", "ip", "filter", "FORWARD", "handle", handle).RunAsync(cancellationToken);
                    found.Add("forwarding rule");
                }
            }
        }

        return found;
    }

    /// <summary>The table as nft reads it.</summary>
    /// <param name="policy">Who may be reached by whom.</param>
    /// <param name="own">This machine's addresses: a rule that opens a port for one of them opens it for this machine.</param>
    internal string Script(NetworkPolicy policy, IReadOnlyCollection<IPAddress> own)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"table ip {slot.Table} {{ }}");
        text.AppendLine(CultureInfo.InvariantCulture, $"delete table ip {slot.Table}");
        text.AppendLine(CultureInfo.InvariantCulture, $"table ip {slot.Table} {{");
        AppendMap(text, "map public { type ipv4_addr : ipv4_addr;", policy.Machines.Where(m => m.PublicAddress is not null).Select(m => $"{m.PublicAddress} : {m.PrivateAddress}"));
        AppendMap(text, "set cut_off { type ipv4_addr;", policy.Machines.Where(m => m.IsCutOff).Select(m => m.PrivateAddress));
        foreach (var group in policy.Groups)
        {
            AppendMap(
                text,
                $"set {Members(group.GroupId)} {{ type ipv4_addr;",
                policy.Machines.Where(m => m.Groups.Contains(group.GroupId, StringComparer.Ordinal)).Select(m => m.PrivateAddress));
        }

        var known = policy.Groups.Select(g => g.GroupId).ToHashSet(StringComparer.Ordinal);
        foreach (var group in policy.Groups)
        {
            AppendChain(text, Chain(group.GroupId), group.Ingress.SelectMany(i => Rules(i, "saddr", own, known)));
            AppendChain(text, OutChain(group.GroupId), group.Egress.SelectMany(e => Rules(e, "daddr", own, known)));
        }

        foreach (var machine in policy.Machines)
        {
            AppendChain(text, Door(machine), machine.Groups.Where(known.Contains).Select(g => $"jump {Chain(g)}").Append("drop"));
            AppendChain(text, Exit(machine), machine.Groups.Where(known.Contains).Select(g => $"jump {OutChain(g)}").Append("drop"));
        }

        AppendMap(text, "map doors { type ipv4_addr : verdict;", policy.Machines.Select(m => $"{m.PrivateAddress} : goto {Door(m)}"));
        AppendMap(text, "map exits { type ipv4_addr : verdict;", policy.Machines.Select(m => $"{m.PrivateAddress} : goto {Exit(m)}"));
        // As in EC2, security groups leave name resolution alone.
        AppendChain(text, "leaving", ["ip saddr @cut_off drop", "ct state established,related accept", "meta l4proto { tcp, udp } th dport 53 accept", "ip saddr vmap @exits"]);
        // Chains of their own, before the others: what may leave one machine must still be let into the other.
        AppendChain(text, "leave_far", ["type filter hook forward priority -1; policy accept;", $"iifname {Cables} jump leaving"]);
        AppendChain(text, "leave_near", ["type filter hook input priority -1; policy accept;", $"iifname {Cables} jump leaving"]);
        AppendChain(text, "entry", ["ip daddr @cut_off drop", "ct state established,related accept", "ip daddr vmap @doors", "drop"]);
        AppendChain(
            text,
            "output",
            [
                "type filter hook output priority 0; policy accept;",
                // No machine there: without this rule this machine's own services would answer in its place.
                $"ip daddr {slot.PublicRange} reject with icmp type host-unreachable",
                // By address: what was diverted from a public address has still this machine's loopback for its way out here.
                $"ip daddr {slot.PrivateRange} ip daddr != {slot.Gateway} jump entry",
            ]);
        AppendChain(
            text,
            "forward",
            [
                "type filter hook forward priority 0; policy accept;",
                // Were this machine itself in EC2, its machines could else fetch its credentials from there.
                $"iifname {Cables} ip daddr 169.254.0.0/16 reject",
                // Machines are for this machine alone; its neighbours could else route to them.
                $"iifname != {Cables} oifname {Cables} ct state new drop",
                $"oifname {Cables} jump entry",
            ]);
        AppendChain(text, "divert", ["type nat hook output priority -101; policy accept;", "dnat to ip daddr map @public"]);
        AppendChain(
            text,
            "disguise",
            [
                "type nat hook postrouting priority 99; policy accept;",
                $"ip saddr 127.0.0.0/8 oifname {Cables} snat to {slot.Gateway}",
                $"ip saddr {slot.PrivateRange} oifname != {Cables} oifname != \"lo\" masquerade",
            ]);
        return text.AppendLine("}").ToString();
    }

    private List<string> Rules(AllowedTraffic traffic, string end, IReadOnlyCollection<IPAddress> own, HashSet<string> known)
    {
        var what = traffic.Protocol switch
        {
            "-1" => "",
            "icmp" or "1" => "meta l4proto icmp ",
            "tcp" or "6" => $"tcp dport {Ports(traffic)} ",
            "udp" or "17" => $"udp dport {Ports(traffic)} ",
            var other => $"meta l4proto {other} ",
        };
        if (traffic.PeerGroup is { } peer)
        {
            return known.Contains(peer) ? [$"ip {end} @{Members(peer)} {what}accept"] : [];
        }

        if (!IPNetwork.TryParse(traffic.Cidr, out var range) || range.BaseAddress.AddressFamily != AddressFamily.InterNetwork)
        {
            return [];
        }

        var rules = range.PrefixLength == 0 ? (List<string>)[$"{what}accept"] : [$"ip {end} {range} {what}accept"];
        if (range.PrefixLength > 0 && own.Any(range.Contains))
        {
            rules.Add($"ip {end} {{ 127.0.0.0/8, {slot.Gateway} }} {what}accept");
        }

        return rules;
    }

    private static string Ports(AllowedTraffic traffic) =>
        traffic.FromPort < 0 ? "0-65535" : string.Create(CultureInfo.InvariantCulture, $"{traffic.FromPort}-{traffic.ToPort}");

    private static string Members(string groupId) => $"in_{groupId.Replace('-', '_')}";

    private static string Chain(string groupId) => groupId.Replace('-', '_');

    private static string OutChain(string groupId) => $"out_{groupId.Replace('-', '_')}";

    private static string Exit(MachineAddress machine) => $"exit_{machine.PrivateAddress.Replace('.', '_')}";

    private static string Door(MachineAddress machine) => $"door_{machine.PrivateAddress.Replace('.', '_')}";

    private static void AppendMap(StringBuilder text, string head, IEnumerable<string> elements)
    {
        var list = string.Join(", ", elements);
        text.AppendLine(CultureInfo.InvariantCulture, $"  {head}{(list.Length > 0 ? $" elements = {{ {list} }};" : "")} }}");
    }

    private static void AppendChain(StringBuilder text, string name, IEnumerable<string> lines)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"  chain {name} {{");
        foreach (var line in lines)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"    {line}");
        }

        text.AppendLine("  }");
    }

    /// <summary>This machine's addresses.</summary>
    public static List<IPAddress> OwnAddresses() =>
    [
        .. UserNamespace.Addresses,
        .. NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .Where(a => a.AddressFamily == AddressFamily.InterNetwork),
    ];
}
