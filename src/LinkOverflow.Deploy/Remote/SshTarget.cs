namespace LinkOverflow.Deploy.Remote;

/// <summary>How to log in to a host.</summary>
/// <param name="Address">Its address or name.</param>
/// <param name="User">The user to log in as.</param>
/// <param name="KeyFile">The private key.</param>
/// <param name="KnownHosts">The known_hosts file that holds its host key.</param>
/// <param name="HostKeyAlias">Its name in that file: the instance id, as addresses are handed out again.</param>
public sealed record SshTarget(string Address, string User, string KeyFile, string KnownHosts, string HostKeyAlias)
{
    /// <summary>
    /// The options of ssh(1) and ssh_config(5) for this host. The user's own ssh_config applies beneath them (jump hosts, agents);
    /// nothing ever prompts.
    /// </summary>
    public IReadOnlyList<string> Options() =>
    [
        "-i", KeyFile,
        "-o", "IdentitiesOnly=yes",
        "-o", "BatchMode=yes",
        "-o", "StrictHostKeyChecking=yes",
        "-o", $"UserKnownHostsFile=\"{KnownHosts}\"",
        "-o", "GlobalKnownHostsFile=none",
        "-o", $"HostKeyAlias={HostKeyAlias}",
        "-o", "UpdateHostKeys=no",
        "-o", "ConnectTimeout=10",
        "-o", "ServerAliveInterval=15",
        "-o", "ServerAliveCountMax=4",
        "-o", "LogLevel=ERROR",
        "-l", User,
    ];

    /// <summary>A command line for people to log in by hand.</summary>
    public string LoginCommand()
    {
        // ssh takes this option for a list of files, parted by blanks that stand outside of double quotes.
        var knownHosts = Show(KnownHosts.Contains(' ', StringComparison.Ordinal) ? $"\"{KnownHosts}\"" : KnownHosts);
        return $"ssh -i {Show(KeyFile)} -o UserKnownHostsFile={knownHosts} -o HostKeyAlias={HostKeyAlias} {User}@{Address}";
    }

    private static string Show(string path) =>
        path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_') ? path : ShellText.Quote(path);
}
