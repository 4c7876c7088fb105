namespace LinkOverflow.Lab.Machines;

/// <summary>Something that real machines need and that is not there.</summary>
/// <param name="Name">The command or right.</param>
/// <param name="Reason">What it is for.</param>
/// <param name="Package">The Debian package that brings it; null when no package does.</param>
/// <param name="Command">What brings it where no package does; null when nothing so short does.</param>
internal sealed record MissingPrerequisite(string Name, string Reason, string? Package, string? Command = null)
{
    public override string ToString() =>
        Package is not null ? $"{Name}: {Reason} (Debian package {Package})"
        : Command is not null ? $"{Name}: {Reason}{Environment.NewLine}    {Command}"
        : $"{Name}: {Reason}";
}

/// <summary>Looks for what real machines need on this one.</summary>
internal static class Prerequisites
{
    private static readonly (string Command, string Reason, string Package)[] Commands =
    [
        ("podman", "runs the machines", "podman"),
        ("runc", "runs the machines' processes", "runc"),
        ("conmon", "keeps the machines' consoles", "conmon"),
        ("mmdebstrap", "makes the base image", "mmdebstrap"),
        ("nft", "leads addresses to machines and enforces security groups", "nftables"),
        ("ip", "makes the machines' network", "iproute2"),
        ("ssh-keygen", "makes key pairs", "openssh-client"),
        ("losetup", "makes volumes block devices", "mount"),
        ("nsenter", "attaches volumes to machines", "util-linux"),
        ("setsid", "detaches the lab from its terminal", "util-linux"),
        ("unshare", "keeps the making of the base image apart", "util-linux"),
    ];

    /// <summary>Everything that is missing, or an empty list.</summary>
    public static async Task<IReadOnlyList<MissingPrerequisite>> FindMissingAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            return [new MissingPrerequisite("Linux", "the machines share this machine's kernel", null)];
        }

        var missing = new List<MissingPrerequisite>();
        AddCommands(missing, Commands);
        if (!File.Exists("/usr/share/keyrings/debian-archive-keyring.gpg"))
        {
            missing.Add(new MissingPrerequisite("debian-archive-keyring.gpg", "proves that the base image's packages are Debian's", "debian-archive-keyring"));
        }

        if (UserNamespace.IsNeeded)
        {
            AddCommands(missing, RootlessPrerequisites.Commands);
            missing.AddRange(await RootlessPrerequisites.FindMissingAsync(cancellationToken));
        }

        return missing;
    }

    /// <summary>The text both for `check` and for a start that is refused.</summary>
    public static string Explain(IReadOnlyList<MissingPrerequisite> missing)
    {
        var packages = missing.Where(m => m.Package is not null).Select(m => m.Package).Distinct(StringComparer.Ordinal).ToList();
        List<string> lines = ["The lab needs what this machine does not have:", .. missing.Select(m => $"  {m}")];
        if (packages.Count > 0)
        {
            lines.Add($"On Debian: {(UserNamespace.IsNeeded ? "sudo " : "")}apt-get install {string.Join(' ', packages)}");
        }

        if (UserNamespace.IsNeeded)
        {
            lines.Add("Or as root, which needs none of what is there for users alone: use sudo.");
        }

        return string.Join(Environment.NewLine, lines);
    }

    private static void AddCommands(List<MissingPrerequisite> missing, IEnumerable<(string Command, string Reason, string Package)> commands) =>
        missing.AddRange(commands.Where(c => !IsOnPath(c.Command)).Select(c => new MissingPrerequisite(c.Command, c.Reason, c.Package)));

    private static bool IsOnPath(string command) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, command)));
}
