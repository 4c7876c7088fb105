using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace LinkOverflow.Lab.Machines;

/// <summary>
/// What the lab of a user who is not root needs beside what root's does. Each thing is tried, not deduced: what a kernel, a
/// distribution or a container around all this allows is said by no one file.
/// </summary>
internal static class RootlessPrerequisites
{
    /// <summary>The first port of those that an instance is reached at.</summary>
    public const int FirstPort = 22;

    // No lab's: slots end before.
    private const string ProbedAddress = "127.77.255.254";

    // What the lab does inside, in a namespace that is gone with the probe. Each line of its answer is one thing that failed.
    private const string Probe =
        """
        try() { what=$1; shift; said=$("$@" 2>&1) || echo "$what: $said" | tr '\n' ' '; }
        try 'mount tmpfs' mount -t tmpfs tmpfs /tmp
        mkdir -p /tmp/lower /tmp/upper /tmp/work /tmp/merged
        try 'mount overlay' mount -t overlay -o lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work overlay /tmp/merged
        try 'mount sysfs' mount -t sysfs sysfs /sys
        try 'mount cgroup2' mount -t cgroup2 cgroup2 /sys/fs/cgroup
        try 'make a cable' ip link add lolab-probe type veth peer name lolab-peer
        try 'filter packets' nft add table ip lolab_probe
        """;

    public static (string Command, string Reason, string Package)[] Commands { get; } =
    [
        ("newuidmap", "gives machines users of their own", "uidmap"),
        ("slirp4netns", "leads machines out to the internet", "slirp4netns"),
        ("setpriv", "ends slirp4netns with the lab", "util-linux"),
    ];

    /// <summary>Everything of it that is missing, or an empty list.</summary>
    public static async Task<IReadOnlyList<MissingPrerequisite>> FindMissingAsync(CancellationToken cancellationToken)
    {
        var ids = SubordinateIds.FindMissing(Environment.UserName, UserNamespace.User);
        MissingPrerequisite?[] missing =
        [
            ids,
            FindPorts(),
            CanOpen("/dev/net/tun") ? null : new MissingPrerequisite("/dev/net/tun", "slirp4netns makes the machines' way out with it", null, "sudo sh -c 'modprobe tun; chmod 666 /dev/net/tun'"),
            await DelegatedCgroup.FindAsync(cancellationToken) is null ? NoCgroup() : null,
            // Without ids it fails for their want, which is said already.
            ids is null ? await FindNamespacesAsync(cancellationToken) : null,
        ];
        return [.. missing.OfType<MissingPrerequisite>()];
    }

    private static MissingPrerequisite? FindPorts()
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Parse(ProbedAddress), FirstPort);
            probe.Start();
            return null;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            return new MissingPrerequisite(
                "ports below 1024",
                $"an instance is reached at port {FirstPort.ToString(CultureInfo.InvariantCulture)}, 80 or 443 of an address of its own, and net.ipv4.ip_unprivileged_port_start is {File.ReadAllText("/proc/sys/net/ipv4/ip_unprivileged_port_start").Trim()}",
                null,
                "sudo sysctl net.ipv4.ip_unprivileged_port_start=22");
        }
        catch (SocketException e)
        {
            return new MissingPrerequisite(
                "port 22 of 127.77.0.0/16",
                $"an instance is reached there, and a service of this machine has that port on all addresses ({e.Message}): give it addresses of its own, as ListenAddress in /etc/ssh/sshd_config does",
                null,
                "ss --listening --tcp --numeric --processes 'sport = :22'");
        }
    }

    private static bool CanOpen(string device)
    {
        try
        {
            using var opened = new FileStream(device, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static MissingPrerequisite NoCgroup()
    {
        const string Reason = "systemd, a machine's first process, ends at once where it may make no cgroups";
        var user = UserNamespace.User.ToString(CultureInfo.InvariantCulture);
        if (DelegatedCgroup.Hierarchy is not { } root)
        {
            return new MissingPrerequisite(
                "cgroup v2", $"{Reason}, and no cgroup v2 is mounted (of v1 no system gives a user any)", null, "sudo sh -c 'mkdir -p /run/cgroup2 && mount -t cgroup2 cgroup2 /run/cgroup2'");
        }

        if (Directory.Exists("/run/systemd/system"))
        {
            return new MissingPrerequisite(
                "a cgroup of this user's own",
                $"{Reason}; this machine's systemd gives one to each user whom it runs a manager for, and `systemd-run --user --scope true` finds none",
                null,
                $"sudo apt-get install dbus-user-session && sudo loginctl enable-linger {Environment.UserName} && export XDG_RUNTIME_DIR=/run/user/{user}");
        }

        var folder = $"{root}/lolab-{user}";
        return new MissingPrerequisite(
            "a cgroup of this user's own",
            $"{Reason}; {root}{DelegatedCgroup.Own.TrimEnd('/')} is root's. To be done once for each shell",
            null,
            $"sudo sh -c 'mkdir -p {folder}/shell && cd {folder} && sed \"s/[a-z_]\\{{1,\\}}/+&/g\" ../cgroup.controllers >../cgroup.subtree_control; chown {user} . cgroup.procs cgroup.subtree_control cgroup.threads shell shell/cgroup.procs && echo '$$' >shell/cgroup.procs'");
    }

    private static async Task<MissingPrerequisite?> FindNamespacesAsync(CancellationToken cancellationToken)
    {
        const string Reason = "in them a user is root of networks, mounts and processes of their own";
        string[] namespaces = ["--map-root-user", "--mount", "--cgroup", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"];
        CommandResult probe;
        try
        {
            // With --map-auto one that the kernel refuses leaves a process that waits for ever: so without it first.
            probe = await new Command("unshare", ["--user", .. namespaces, "true"]).RunAsync(cancellationToken);
            if (probe.ExitCode == 0)
            {
                probe = await new Command("unshare", ["--user", "--map-auto", .. namespaces, "sh", "-c", Probe]).RunAsync(cancellationToken);
            }
        }
        catch (MachineException)
        {
            // unshare itself is missing, which is said already.
            return null;
        }

        if (probe.ExitCode != 0)
        {
            return new MissingPrerequisite("user namespaces", $"{Reason}; `unshare --user` says: {probe.Error.Trim()}", null, Remedy(probe.Error));
        }

        return probe.Output.Trim() is { Length: > 0 } failed ? new MissingPrerequisite("rights in user namespaces", $"{Reason}, but not here: {failed}", null) : null;
    }

    private static string? Remedy(string error)
    {
        foreach (var (setting, closed, open) in ((string, string, string)[])
            [
                ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"), ("kernel.unprivileged_userns_clone", "0", "1"), ("user.max_user_namespaces", "0", "10000"),
            ])
        {
            var file = $"/proc/sys/{setting.Replace('.', '/')}";
            if (File.Exists(file) && File.ReadAllText(file).Trim() == closed)
            {
                return $"sudo sysctl {setting}={open}";
            }
        }

        return error.Contains("unrecognized option", StringComparison.Ordinal) ? "unshare of util-linux 2.38 or newer is needed" : null;
    }
}
