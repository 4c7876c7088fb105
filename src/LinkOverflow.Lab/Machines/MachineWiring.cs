using System.Globalization;

namespace LinkOverflow.Lab.Machines;

/// <summary>
/// The machines' network: each has a namespace of its own and one cable to this machine, which routes between them. Without
/// a bridge every packet passes this machine's packet filter, also from machine to machine, so security groups hold there too.
/// </summary>
internal sealed class MachineWiring(LabSlot slot)
{
    /// <summary>The gateway address, and a dead end under the range so that nothing for a machine that is gone leaves for elsewhere.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await new Command("ip", "address", "replace", $"{slot.Gateway}/32", "dev", "lo").OutputAsync(cancellationToken);
        await new Command("ip", "route", "replace", "unreachable", slot.PrivateRange, "metric", "4000").OutputAsync(cancellationToken);
    }

    /// <summary>Makes the namespace with its cable.</summary>
    /// <returns>The namespace's path.</returns>
    public async Task<string> ConnectAsync(string privateAddress, CancellationToken cancellationToken)
    {
        var name = slot.Interface(privateAddress);
        await new Command("ip", "-batch", "-")
        {
            Input = $"""
                netns add {name}
                link add {name} type veth peer name eth0 netns {name}
                link set {name} up
                route add {privateAddress}/32 dev {name} src {slot.Gateway}

                """,
        }.OutputAsync(cancellationToken);

        // A loopback address has to be let out here, and the machine asks here for the hardware addresses of the others.
        await File.WriteAllTextAsync($"/proc/sys/net/ipv4/conf/{name}/route_localnet", "1", cancellationToken);
        await File.WriteAllTextAsync($"/proc/sys/net/ipv4/conf/{name}/proxy_arp", "1", cancellationToken);
        // By default such answers are held back for most of a second, and with them the first connection between two machines.
        await File.WriteAllTextAsync($"/proc/sys/net/ipv4/neigh/{name}/proxy_delay", "0", cancellationToken);
        await new Command("ip", "-n", name, "-batch", "-")
        {
            Input = $"""
                link set lo up
                address add {privateAddress}/24 dev eth0
                link set eth0 up
                route add default via {slot.Gateway}

                """,
        }.OutputAsync(cancellationToken);
        return $"/run/netns/{name}";
    }

    /// <summary>Removes what <see cref="ConnectAsync"/> made, or what there is of it.</summary>
    public async Task DisconnectAsync(string privateAddress, CancellationToken cancellationToken)
    {
        var name = slot.Interface(privateAddress);
        await new Command("ip", "link", "delete", name).RunAsync(cancellationToken);
        await new Command("ip", "netns", "delete", name).RunAsync(cancellationToken);
    }

    /// <summary>Removes everything of this slot.</summary>
    /// <returns>What was there.</returns>
    public async Task<IReadOnlyList<string>> CleanAsync(CancellationToken cancellationToken)
    {
        var found = new List<string>();
        var mine = $"{slot.Name}-";
        foreach (var name in Names("/sys/class/net").Where(n => n.StartsWith(mine, StringComparison.Ordinal)))
        {
            await new Command("ip", "link", "delete", name).RunAsync(cancellationToken);
            found.Add($"interface {name}");
        }

        foreach (var name in Names("/run/netns").Where(n => n.StartsWith(mine, StringComparison.Ordinal)))
        {
            await new Command("ip", "netns", "delete", name).RunAsync(cancellationToken);
            found.Add($"network namespace {name}");
        }

        if ((await new Command("ip", "route", "delete", "unreachable", slot.PrivateRange, "metric", "4000").RunAsync(cancellationToken)).ExitCode == 0)
        {
            found.Add($"route to {slot.PrivateRange}");
        }

        await new Command("ip", "address", "delete", $"{slot.Gateway}/32", "dev", "lo").RunAsync(cancellationToken);
        return found;
    }

    /// <summary>Whether this machine has routes into the slot's range that no lab made.</summary>
    public static bool IsRangeTaken(LabSlot slot)
    {
        const string Routes = "/proc/net/route";
        if (!File.Exists(Routes))
        {
            return false;
        }

        // Destination is the third byte-swapped field: 10.77.N.x reads as xxNN4D0A.
        var suffix = string.Create(CultureInfo.InvariantCulture, $"{slot.Number:X2}4D0A");
        return File.ReadLines(Routes).Skip(1).Select(l => l.Split('\t')).Any(f =>
            f.Length > 1 && f[1].EndsWith(suffix, StringComparison.Ordinal) && f[0] != "*" && f[0] != "lo"
            && !f[0].StartsWith(slot.Name + "-", StringComparison.Ordinal));
    }

    /// <summary>Whether something in a process's network listens on a TCP port; asked of the kernel, for no security group need let this machine in.</summary>
    public static bool IsListening(int pid, int port) => ListeningPorts(pid).Contains(port);

    /// <summary>The TCP ports that something in a process's network listens on, where others can reach them.</summary>
    public static IReadOnlySet<int> ListeningPorts(int pid)
    {
        // proc(5): the second field is address and port in hexadecimal, the fourth the state, of which 0A is listening.
        try
        {
            return ((string[])["tcp", "tcp6"]).SelectMany(t => File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/net/{t}")).Skip(1))
                .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(f => f[3] == "0A" && !IsLoopback(f[1]))
                .Select(f => int.Parse(f[1].AsSpan(f[1].IndexOf(':') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToHashSet();
        }
        catch (IOException)
        {
            // It has just ended, or this kernel has no IPv6.
            return new HashSet<int>();
        }
    }

    /// <summary>Whether someone listens at a public address of the slot: the lab of a user who is not root, whose slot is written down nowhere else.</summary>
    public static bool IsListenedAt(LabSlot slot)
    {
        var range = string.Create(CultureInfo.InvariantCulture, $"{slot.Number:X2}4D7F:");
        return File.ReadLines("/proc/net/tcp").Skip(1).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Any(f => f[3] == "0A" && f[1].AsSpan(2).StartsWith(range));
    }

    private static bool IsLoopback(string local) =>
        local.StartsWith("0100007F:", StringComparison.Ordinal) || local.StartsWith("00000000000000000000000001000000:", StringComparison.Ordinal);

    private static IEnumerable<string> Names(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFileSystemEntries(folder).Select(p => Path.GetFileName(p))] : [];
}
