using System.Globalization;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Machines;

/// <summary>A user of this machine who is not root and is made for a test, with subordinate ids and, once given, a cgroup.</summary>
internal sealed class OtherUser : IAsyncDisposable
{
    private const string Ports = "/proc/sys/net/ipv4/ip_unprivileged_port_start";

    private readonly string _name;
    private readonly string[] _controllersBefore = ReadControllers();
    private string? _portsBefore;

    private OtherUser(string name, string id)
    {
        _name = name;
        Id = id;
    }

    public string Id { get; }

    /// <summary>The cgroup that was given to the user.</summary>
    public string Cgroup => $"{DelegatedCgroup.Hierarchy}/lolab-{Id}";

    private static string Controllers => $"{DelegatedCgroup.Hierarchy}/cgroup.subtree_control";

    private static string[] ReadControllers() => File.ReadAllText(Controllers).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Why there can be none, or why such a one could not run a lab on this machine; null when it could.</summary>
    public static async Task<string?> ObstacleAsync()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return "only root can make a user";
        }

        if (DelegatedCgroup.Hierarchy is null)
        {
            return "no cgroup v2 is mounted";
        }

        // Containers, and some distributions, keep user namespaces from everybody; so does a kernel without them.
        var namespaces = await new Command("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "unshare", "--user", "true").RunAsync(CancellationToken.None);
        return namespaces.ExitCode == 0 ? null : $"users may not make namespaces here: {namespaces.Error.Trim()}";
    }

    public static async Task<OtherUser> MakeAsync()
    {
        var name = "lolab-" + Guid.NewGuid().ToString("N")[..8];
        await new Command("useradd", "--no-create-home", "--home-dir", "/nonexistent", "--no-log-init", name).OutputAsync(CancellationToken.None);
        var user = new OtherUser(name, (await new Command("id", "--user", name).OutputAsync(CancellationToken.None)).Trim());
        // useradd gives subordinate ids where login.defs says so.
        if (SubordinateIds.FindMissing(name, uint.Parse(user.Id, CultureInfo.InvariantCulture)) is { } ids)
        {
            await new Command("sh", "-c", ids.Command!.Replace("sudo ", "", StringComparison.Ordinal)).OutputAsync(CancellationToken.None);
        }

        return user;
    }

    /// <summary>Gives what root gives to a user for a lab.</summary>
    public async Task EquipAsync()
    {
        Directory.CreateDirectory(Path.Combine(Cgroup, "shell"));
        await new Command("chown", [Id, Cgroup, .. ((string[])["cgroup.procs", "cgroup.subtree_control", "shell", "shell/cgroup.procs"]).Select(f => Path.Combine(Cgroup, f))]).OutputAsync(CancellationToken.None);
        await OpenPortsAsync();
    }

    /// <summary>Lets users listen at port 22, until this one is no more.</summary>
    public async Task OpenPortsAsync()
    {
        var before = (await File.ReadAllTextAsync(Ports)).Trim();
        if (int.Parse(before, CultureInfo.InvariantCulture) > 22)
        {
            _portsBefore ??= before;
            await File.WriteAllTextAsync(Ports, "22");
        }
    }

    /// <summary>A command as that user, in the user's cgroup where there is one.</summary>
    public Command Command(params IEnumerable<string> command) => After("if [ -d \"$0\" ]; then echo $$ >\"$0/shell/cgroup.procs\"; fi", command);

    /// <summary>A command as that user, after root has done something in the shell that becomes it.</summary>
    public Command After(string script, params IEnumerable<string> command) => new(
        "sh",
        ["-c", $"{script}; exec \"$@\"", Cgroup, "setpriv", "--reuid", Id, "--regid", Id, "--clear-groups", "env", "HOME=/nonexistent", "XDG_RUNTIME_DIR=", .. command]);

    /// <summary>The processes that are the user's, or one of the user's subordinate ids', and still run.</summary>
    public async Task<IReadOnlyList<string>> ProcessesAsync()
    {
        var all = await new Command("ps", "-eo", "uid=,stat=,pid=,args=").OutputAsync(CancellationToken.None);
        var range = (await File.ReadAllLinesAsync("/etc/subuid")).Select(l => l.Split(':')).Where(f => f[0] == _name).Select(f => (First: long.Parse(f[1], CultureInfo.InvariantCulture), Count: long.Parse(f[2], CultureInfo.InvariantCulture))).ToList();
        return
        [
            .. all.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l =>
            {
                var fields = l.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
                var uid = long.Parse(fields[0], CultureInfo.InvariantCulture);
                return !fields[1].StartsWith('Z') && (fields[0] == Id || range.Exists(r => uid >= r.First && uid < r.First + r.Count));
            }),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(20); DateTime.UtcNow < deadline && await ProcessesAsync() is { Count: > 0 } left; await Task.Delay(50))
        {
            await new Command("kill", ["-KILL", .. left.Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2])]).RunAsync(CancellationToken.None);
        }

        if (Directory.Exists(Cgroup))
        {
            await new Command("find", Cgroup, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";").RunAsync(CancellationToken.None);
        }

        // What a user is given controllers by is the whole hierarchy's.
        foreach (var controller in ReadControllers().Except(_controllersBefore, StringComparer.Ordinal))
        {
            try
            {
                await File.WriteAllTextAsync(Controllers, "-" + controller);
            }
            catch (IOException)
            {
                // Another's cgroup uses it meanwhile.
            }
        }

        if (_portsBefore is not null)
        {
            await File.WriteAllTextAsync(Ports, _portsBefore);
        }

        await new Command("userdel", "--force", _name).RunAsync(CancellationToken.None);
    }
}
