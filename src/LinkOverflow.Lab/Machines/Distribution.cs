namespace LinkOverflow.Lab.Machines;

/// <summary>What a base image that needs no registry is made of: Debian 12's packages, and scripts of the folder Image/ that make of them what it is to be.</summary>
/// <param name="Name">The name under which machines ask for it.</param>
/// <param name="User">The user that its machines let in with the key pair.</param>
/// <param name="Packages">Debian's packages, beside the essential ones.</param>
internal sealed record Distribution(string Name, string User, params IReadOnlyList<string> Packages)
{
    private static readonly string[] Common = ["openssh-server", "sudo", "ca-certificates", "python3", "iproute2", "procps", "systemd-sysv", "dbus", "e2fsprogs"];

    /// <summary>Debian 12 as it is.</summary>
    public static Distribution Debian { get; } = new("debian", "admin", Common);

    /// <summary>A machine of the RedHat family on which dnf and rpm work, for places where no RedHat registry can be reached.</summary>
    public static Distribution RedHat { get; } = new("redhat", "ec2-user", [.. Common, "dnf", "rpm", "createrepo-c"]);

    /// <summary>The folder of Image/ that is this distribution's own, with a customize.sh; what lies in Image/ itself is everybody's.</summary>
    public string? Folder => this == Debian ? null : Name;
}
