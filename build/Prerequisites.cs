namespace LinkOverflow.Build;

/// <summary>What the lab needs from the operating system, and why.</summary>
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

    /// <summary>Installs from Debian what is missing, after saying what and why.</summary>
    public static async Task InstallAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new TaskFailedException("The lab's machines need Linux; elsewhere deploy to AWS (README.md tells how).", 2);
        }

        var missing = Needed.Where(n => !Tool.Exists(n.Program)).Select(n => (n.Package, n.Why)).ToArray();
        if (missing.Length == 0)
        {
            return;
        }

        var canInstall = Tool.Exists("apt-get");
        Console.Error.WriteLine($"The lab needs these Debian packages{(canInstall ? ", which will be installed now" : "")}:");
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
