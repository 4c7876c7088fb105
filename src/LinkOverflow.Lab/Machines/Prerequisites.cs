using System.Runtime.InteropServices;

namespace LinkOverflow.Lab.Machines;

/// <summary>Something that real machines need and that is not there.</summary>
/// <param name="Name">The command or right.</param>
/// <param name="Reason">What it is for.</param>
/// <param name="Package">The Debian package that brings it; null when no package does.</param>
internal sealed record MissingPrerequisite(string Name, string Reason, string? Package)
{
    public override string ToString() => Package is null ? $"{Name}: {Reason}" : $"{Name}: {Reason} (Debian package {Package})";
}

/// <summary>Looks for what real machines need on this one.</summary>
internal static partial class Prerequisites
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
    public static IReadOnlyList<MissingPrerequisite> FindMissing()
    {
        var missing = new List<MissingPrerequisite>();
        if (!OperatingSystem.IsLinux())
        {
            missing.Add(new MissingPrerequisite("Linux", "the machines share this machine's kernel", null));
            return missing;
        }

        if (GetEffectiveUserId() != 0)
        {
            missing.Add(new MissingPrerequisite("root", "a machine's network namespace, port 22 on an address of its own, the packet filter for security groups, the cgroup of its systemd and the base image's mounts are root's to make, and rootless podman has none of them; use sudo", null));
        }

        missing.AddRange(Commands.Where(c => !IsOnPath(c.Command)).Select(c => new MissingPrerequisite(c.Command, c.Reason, c.Package)));
        if (!File.Exists("/usr/share/keyrings/debian-archive-keyring.gpg"))
        {
            missing.Add(new MissingPrerequisite("debian-archive-keyring.gpg", "proves that the base image's packages are Debian's", "debian-archive-keyring"));
        }

        return missing;
    }

    /// <summary>The text both for `check` and for a start that is refused.</summary>
    public static string Explain(IReadOnlyList<MissingPrerequisite> missing)
    {
        var packages = missing.Where(m => m.Package is not null).Select(m => m.Package).Distinct(StringComparer.Ordinal).ToList();
        var lines = missing.Select(m => $"  {m}").Prepend("The lab needs what this machine does not have:");
        return string.Join(
            Environment.NewLine,
            packages.Count == 0 ? lines : lines.Append($"On Debian: apt-get install {string.Join(' ', packages)}"));
    }

    private static bool IsOnPath(string command) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, command)));

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();
}
