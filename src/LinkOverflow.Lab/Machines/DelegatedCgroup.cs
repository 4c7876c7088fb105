using System.Runtime.InteropServices;

namespace LinkOverflow.Lab.Machines;

/// <summary>
/// A cgroup (v2) that a user who is not root may divide: without one, systemd as a machine's first process gives up. Of v1, whose
/// hierarchies no system gives to users, there is none.
/// </summary>
/// <param name="Folder">Where cgroups can be made; null when systemd's user manager makes one at request.</param>
/// <param name="Controllers">What can be limited there.</param>
internal sealed partial record DelegatedCgroup(string? Folder, IReadOnlyList<string> Controllers)
{
    private const int CanWrite = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Before the lab's program, so that it runs in a cgroup of its own.</summary>
    /// <param name="name">Of the cgroup; used where it is not systemd that makes it.</param>
    public IReadOnlyList<string> Prefix(string name) => Folder is null
        ? Scope
        // The shell moves itself, and what it becomes stays there.
        : ["sh", "-c", "echo $$ >\"$0/cgroup.procs\" && exec \"$@\"", Path.Combine(Folder, name)];

    /// <summary>Where the cgroup hierarchy of v2 is mounted; null when it is not.</summary>
    public static string? Hierarchy => File.ReadLines("/proc/self/mounts").Select(l => l.Split(' ')).Where(f => f[2] == "cgroup2").Select(f => f[1]).FirstOrDefault();

    /// <summary>This process's own cgroup below that.</summary>
    public static string Own => PathIn(File.ReadLines("/proc/self/cgroup"));

    // --collect: a scope that failed leaves nothing either.
    private static string[] Scope { get; } = ["systemd-run", "--user", "--scope", "--quiet", "--collect", "--property=Delegate=yes"];

    /// <summary>The one that this user has; null when there is none.</summary>
    public static async Task<DelegatedCgroup?> FindAsync(CancellationToken cancellationToken)
    {
        if (Hierarchy is not { } root)
        {
            return null;
        }

        if (await TrySystemdAsync(root, cancellationToken) is { } scope)
        {
            return scope;
        }

        var own = Path.GetFullPath(root + Own);
        // Beside this process's own is better than below it: what has processes gives no controllers on.
        return ((string[])[Path.GetDirectoryName(own)!, own]).Where(f => f.Length >= root.Length && IsMine(f)).Select(f => new DelegatedCgroup(f, ControllersOf(f))).FirstOrDefault();
    }

    /// <summary>Makes the cgroup of that name where it is not systemd that makes it.</summary>
    public void Make(string name)
    {
        if (Folder is null)
        {
            return;
        }

        Directory.CreateDirectory(Path.Combine(Folder, name));
        foreach (var controller in Controllers)
        {
            try
            {
                File.WriteAllText(Path.Combine(Folder, "cgroup.subtree_control"), "+" + controller);
            }
            catch (IOException)
            {
                // It has processes: machines do without that limit.
            }
        }
    }

    /// <summary>Removes the cgroup of that name with all below it. Nothing happens where one keeps its processes.</summary>
    public async Task RemoveAsync(string name)
    {
        if (Folder is null)
        {
            return;
        }

        var own = Path.Combine(Folder, name);
        // The kernel takes leave of the last process a moment after its parent is told of its end.
        for (var deadline = DateTime.UtcNow + Patience; Directory.Exists(own) && DateTime.UtcNow < deadline; await Task.Delay(20))
        {
            foreach (var folder in Directory.EnumerateDirectories(own, "*", SearchOption.AllDirectories).OrderByDescending(f => f.Length).Append(own))
            {
                // The files of a cgroup go with it and cannot be removed by themselves.
                _ = RemoveDirectory(folder);
            }
        }
    }

    private static async Task<DelegatedCgroup?> TrySystemdAsync(string root, CancellationToken cancellationToken)
    {
        try
        {
            var probe = await new Command(Scope[0], [.. Scope.Skip(1), "cat", "/proc/self/cgroup"]).RunAsync(cancellationToken);
            return probe.ExitCode == 0 ? new DelegatedCgroup(null, ControllersOf(Path.GetDirectoryName(Path.GetFullPath(root + PathIn(probe.Output.Split('\n'))))!)) : null;
        }
        catch (MachineException)
        {
            // No systemd here.
            return null;
        }
    }

    private static string PathIn(IEnumerable<string> lines) => lines.Where(l => l.StartsWith("0::", StringComparison.Ordinal)).Select(l => l[3..]).FirstOrDefault("/");

    private static bool IsMine(string folder) => Access(folder, CanWrite) == 0 && Access(Path.Combine(folder, "cgroup.procs"), CanWrite) == 0;

    private static string[] ControllersOf(string folder)
    {
        var file = Path.Combine(folder, "cgroup.controllers");
        return File.Exists(file) ? File.ReadAllText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : [];
    }

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "rmdir", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RemoveDirectory(string path);
}
