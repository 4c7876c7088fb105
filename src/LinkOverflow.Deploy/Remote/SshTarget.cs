namespace LinkOverflow.Deploy.Remote;

/// <summary>How to log in to a host.</summary>
/// <param name="Address">Its address or name.</param>
/// <param name="User">The user to log in as.</param>
/// <param name="KeyFile">The private key.</param>
/// <param name="KnownHosts">The known_hosts file that holds its host key.</param>
/// <param name="HostKeyAlias">Its name in that file: the instance id, as addresses are handed out again.</param>
public sealed record SshTarget(string Address, string User, string KeyFile, string KnownHosts, string HostKeyAlias)
{
    /// <summary>How it proves to be the right one.</summary>
    public HostKeyPolicy HostKeyPolicy { get; init; }

    /// <summary>
    /// The options of ssh(1) and ssh_config(5) for this host. The user's own ssh_config applies beneath them (jump hosts, agents);
    /// nothing ever prompts.
    /// </summary>
    public IReadOnlyList<string> Options() =>
    [
        // ssh looks for the file of -i by its name as it stands, and opens it by the name that its tokens expand to.
        .. KeyFile.Contains('%', StringComparison.Ordinal) ? (IEnumerable<string>)["-o", $"IdentityFile=\"{Literal(KeyFile)}\""] : ["-i", KeyFile],
        "-o", "IdentitiesOnly=yes",
        "-o", "BatchMode=yes",
        "-o", $"StrictHostKeyChecking={(HostKeyPolicy == HostKeyPolicy.TrustOnFirstUse ? "accept-new" : "yes")}",
        .. HostKeyPolicy == HostKeyPolicy.KnownHosts
            ? (IEnumerable<string>)[]
            : ["-o", $"UserKnownHostsFile=\"{Literal(KnownHosts)}\"", "-o", "GlobalKnownHostsFile=none", "-o", "HashKnownHosts=no", "-o", $"HostKeyAlias={HostKeyAlias}"],
        "-o", "UpdateHostKeys=no",
        "-o", "ConnectTimeout=10",
        "-o", "ServerAliveInterval=15",
        "-o", "ServerAliveCountMax=4",
        "-o", "LogLevel=ERROR",
        "-l", User,
    ];

    /// <summary>A path as ssh's options take it: a % begins one of their tokens (ssh_config(5), TOKENS).</summary>
    internal static string Literal(string path) => path.Replace("%", "%%", StringComparison.Ordinal);

    /// <summary>A command line for people to log in by hand.</summary>
    public string LoginCommand()
    {
        // ssh takes what stands outside of double quotes for the next file, or for nothing.
        static string Option(string name, string path) =>
            $"-o {name}={Show(path.Contains(' ', StringComparison.Ordinal) ? $"\"{Literal(path)}\"" : Literal(path))}";
        var key = KeyFile.Contains('%', StringComparison.Ordinal) ? Option("IdentityFile", KeyFile) : $"-i {Show(KeyFile)}";
        return HostKeyPolicy == HostKeyPolicy.KnownHosts
            ? $"ssh {key} {User}@{Address}"
            : $"ssh {key} {Option("UserKnownHostsFile", KnownHosts)} -o HostKeyAlias={HostKeyAlias} {User}@{Address}";
    }

    private static string Show(string path) =>
        path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_') ? path : ShellText.Quote(path);
}
