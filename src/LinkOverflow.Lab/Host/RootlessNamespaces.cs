using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Host;

/// <summary>
/// Runs this program once more, in namespaces in which its user is root: what root's lab does with addresses, packet filter, mounts and
/// podman then holds for a user without a change. systemd's own way to run containers for users, rootless podman, would not do: it leads
/// each machine's packets through a process of its own, where machines do not meet and no security group keeps them apart.
/// </summary>
internal sealed class RootlessNamespaces : IDisposable
{
    private readonly DelegatedCgroup? _cgroup;
    private readonly string _name;
    private readonly Process _process;

    private RootlessNamespaces(DelegatedCgroup? cgroup, string name, Process process)
    {
        _cgroup = cgroup;
        _name = name;
        _process = process;
    }

    /// <summary>Starts it.</summary>
    /// <param name="folders">The lab's.</param>
    /// <param name="slot">The slot that is the lab's.</param>
    /// <param name="program">This program's command line.</param>
    /// <param name="cancellationToken">Ends the looking for a cgroup.</param>
    public static async Task<RootlessNamespaces> EnterAsync(LabFolders folders, LabSlot slot, IReadOnlyList<string> program, CancellationToken cancellationToken)
    {
        // Without a cgroup no machine starts, but what there is of machines can be removed.
        var cgroup = await DelegatedCgroup.FindAsync(cancellationToken);
        var name = "lolab-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folders.State)))[..8];
        if (cgroup is not null)
        {
            // A killed lab's gives its controllers on, and so takes no process.
            await cgroup.RemoveAsync(name);
            cgroup.Make(name);
        }

        // In a session of its own: Ctrl+C is for the process outside, which asks the lab to end.
        var start = new ProcessStartInfo("setsid") { UseShellExecute = false, RedirectStandardInput = true };
        foreach (var argument in (string[])
            [
                .. cgroup?.Prefix(name) ?? [], "unshare", "--user", "--map-auto", "--map-root-user", "--mount", "--cgroup",
                "sh", "-c", Script("enter"), "sh", folders.State, Script("inside"), .. program,
            ])
        {
            start.ArgumentList.Add(argument);
        }

        var mark = UserNamespace.Mark(slot, PacketFilter.OwnAddresses());
        start.Environment[mark.Key] = mark.Value;
        return new RootlessNamespaces(cgroup, name, Process.Start(start)!);
    }

    /// <summary>Asks what runs there to end in order.</summary>
    public async Task AskToEndAsync()
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(RootlessGate.End);
            await _process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            // It ends already.
        }
    }

    /// <summary>Waits until it has ended and leaves nothing.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        await (_cgroup?.RemoveAsync(_name) ?? Task.CompletedTask);
        return _process.ExitCode;
    }

    public void Dispose() => _process.Dispose();

    private static string Script(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream($"Namespace/{name}.sh")!);
        return reader.ReadToEnd();
    }
}
