namespace LinkOverflow.Build;

/// <summary>Measures work on hosts against plain ssh, Fabric and Ansible, in a lab of its own. A script does it, as it calls cmdlets.</summary>
internal static class HostBench
{
    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        if (await PowerShellHost.FindAsync(cancellationToken) is not { } powerShell)
        {
            Console.WriteLine("work on hosts: not measured, there is no PowerShell");
            return;
        }

        await Prerequisites.InstallPeersAsync(cancellationToken);
        var code = await powerShell.RunFileAsync("build/bench-hosts.ps1", [], cancellationToken);
        if (code != 0)
        {
            throw new TaskFailedException("Work on hosts cannot be measured; what was said of it is above.", 1);
        }
    }
}
