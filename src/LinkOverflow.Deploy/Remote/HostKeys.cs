namespace LinkOverflow.Deploy.Remote;

/// <summary>
/// The host keys of a deployment. An instance prints its keys to its console at first boot, between the lines that
/// cloud-init's module cc_keys_to_console writes; EC2 hands the console over its own authenticated channel.
/// </summary>
public static class HostKeys
{
    private const string Begin = "-----BEGIN SSH HOST KEY KEYS-----";
    private const string End = "-----END SSH HOST KEY KEYS-----";

    /// <summary>The public host keys in a console's output, each as "type base64"; empty while it has not printed them whole.</summary>
    public static IReadOnlyList<string> FromConsole(string console)
    {
        // The last block counts: a console can hold several boots.
        var end = console.LastIndexOf(End, StringComparison.Ordinal);
        var begin = end < 0 ? -1 : console.LastIndexOf(Begin, end, StringComparison.Ordinal);
        if (begin < 0)
        {
            return [];
        }

        var keys = new List<string>();
        foreach (var line in console[(begin + Begin.Length)..end].Split('\n'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var type = Array.FindIndex(words, w => w.StartsWith("ssh-", StringComparison.Ordinal) || w.StartsWith("ecdsa-sha2-", StringComparison.Ordinal));
            if (type >= 0 && type + 1 < words.Length && words[type + 1].StartsWith("AAAA", StringComparison.Ordinal))
            {
                keys.Add($"{words[type]} {words[type + 1]}");
            }
        }

        return keys;
    }

    /// <summary>The known_hosts file of a deployment, in the user's own state folder.</summary>
    public static string KnownHostsFile(string deployment) =>
        Path.Combine(StateFolder.Path, "deployments", deployment, "known_hosts");

    /// <summary>The keys that a known_hosts file has for a host, each as "type base64".</summary>
    public static async Task<IReadOnlyList<string>> ReadAsync(string knownHosts, string alias, CancellationToken cancellationToken) =>
        File.Exists(knownHosts)
            ? [.. (await File.ReadAllLinesAsync(knownHosts, cancellationToken)).Where(l => IsOf(l, alias)).Select(l => l[(alias.Length + 1)..].Trim())]
            : [];

    /// <summary>Writes the keys of one host into a known_hosts file (sshd(8)), in place of what it had for that host; no keys: forgets it.</summary>
    public static async Task RememberAsync(string knownHosts, string alias, IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(knownHosts)!);

        // Hosts of a deployment come up side by side and share the file, in this process and in others.
        await using var locked = await LockAsync(knownHosts + ".lock", cancellationToken);
        var others = File.Exists(knownHosts) ? (await File.ReadAllLinesAsync(knownHosts, cancellationToken)).Where(l => !IsOf(l, alias)) : [];
        var temporary = $"{knownHosts}.new";
        await File.WriteAllLinesAsync(temporary, [.. others, .. keys.Select(k => $"{alias} {k}")], cancellationToken);
        File.Move(temporary, knownHosts, overwrite: true);
    }

    /// <summary>The key of a line of a known_hosts file (sshd(8)), as "type base64"; null where it holds none.</summary>
    internal static string? OfLine(string line)
    {
        // A marker, such as @revoked, stands before the hosts' names.
        var words = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        var names = words.Length > 0 && words[0][0] == '@' ? 1 : 0;
        return words.Length > names + 2 && words[names][0] != '#' ? $"{words[names + 1]} {words[names + 2]}" : null;
    }

    private static bool IsOf(string line, string alias) => line.StartsWith(alias + " ", StringComparison.Ordinal);

    // .NET locks a file that it opens for nobody else: by flock(2) or by Windows' share modes, which end with the process however that ends.
    private static async Task<FileStream> LockAsync(string file, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(file))
            {
                await Task.Delay(Random.Shared.Next(5, 30), cancellationToken);
            }
        }
    }
}
