namespace LinkOverflow.Build;

/// <summary>What the lab and the bench need from the operating system, and why.</summary>
internal static class Prerequisites
{
    private static readonly (string Program, string Package, string Why)[] Needed =
    [
        ("ssh", "openssh-client", "the way to every host"),
        ("podman", "podman", "runs the local machines"),
        ("runc", "runc", "the container runtime under podman that can run systemd here"),
        ("mmdebstrap", "mmdebstrap", "makes the machines' base image from Debian's packages"),
        ("nft", "nftables", "gives each machine an address of its own on this machine"),
    ];

    private static readonly (string Program, string Package, string Why)[] Peers =
    [
        ("fab", "fabric", "does what is measured, for comparison"),
        ("ansible-playbook", "ansible-core", "does what is measured, for comparison"),
        ("wrk", "wrk", "asks a site while it is published"),
    ];

    /// <summary>Installs from Debian what the lab lacks, after saying what and why.</summary>
    public static Task InstallAsync(CancellationToken cancellationToken) => OperatingSystem.IsLinux()
        ? InstallAsync("The lab", Needed, cancellationToken)
        : throw new TaskFailedException("The lab's machines need Linux; elsewhere deploy to AWS (README.md tells how).", 2);

    /// <summary>Installs from Debian what the bench compares with. It goes on without what cannot be had, and says what that is.</summary>
    public static async Task InstallPeersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await InstallAsync("The bench", Peers, cancellationToken);
        }
        catch (TaskFailedException e)
        {
            Console.Error.WriteLine($"{e.Message} It is left out.");
        }
    }

    private static async Task InstallAsync(
        string who, IReadOnlyList<(string Program, string Package, string Why)> needed, CancellationToken cancellationToken)
    {
        var missing = needed.Where(n => !Tool.Exists(n.Program)).Select(n => (n.Package, n.Why)).ToArray();
        if (missing.Length == 0)
        {
            return;
        }

        var canInstall = Tool.Exists("apt-get");
        Console.Error.WriteLine($"{who} needs these Debian packages{(canInstall ? ", which will be installed now" : "")}:");
        foreach (var (package, why) in missing)
        {
            Console.Error.WriteLine($"  {package,-16} {why}");
        }

        if (!canInstall)
        {
            throw new TaskFailedException("There is no apt-get here to install them with; install them by hand. Nothing was started.", 2);
        }

        string[] apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"];
        var install = async (string[] words) => await Tool.RunAsync(apt[0], [.. apt[1..], .. words], cancellationToken);
        if (await install(["update"]) != 0
            || await install(["install", "-y", "--no-install-recommends", .. missing.Select(m => m.Package)]) != 0)
        {
            throw new TaskFailedException("apt-get could not install them; its words are above. Nothing was started.", 2);
        }
    }
}
