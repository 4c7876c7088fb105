using System.ComponentModel;
using System.Diagnostics;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Remote;

/// <summary>Starts and ends the OpenSSH client.</summary>
internal static class SshProcess
{
    private static readonly TimeSpan KillTime = TimeSpan.FromSeconds(1);

    public static Process Start(IEnumerable<string> arguments) => Start(arguments, redirect: true);

    /// <summary>Starts it on the terminal of this process.</summary>
    public static Process StartOnTerminal(IEnumerable<string> arguments) => Start(arguments, redirect: false);

    /// <summary>Ends it, and waits until it is gone: until then it holds its connection and its control socket.</summary>
    public static async Task EndAsync(Process process)
    {
        using var patience = new CancellationTokenSource(KillTime);
        try
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            await process.WaitForExitAsync(patience.Token);
        }
        catch (Exception e) when (e is InvalidOperationException or OperationCanceledException)
        {
            // It ended by itself in between, or the system is still at work for it (a dead network file system); then it ends after that.
        }
    }

    private static Process Start(IEnumerable<string> arguments, bool redirect)
    {
        var start = new ProcessStartInfo("ssh")
        {
            RedirectStandardInput = redirect,
            RedirectStandardOutput = redirect,
            RedirectStandardError = redirect,
            UseShellExecute = false,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new DeployException(
                ErrorId.SshClientMissing, "The OpenSSH client (ssh) cannot be started.", "Install it; on Debian: apt install openssh-client.", e);
        }
    }
}
