using System.ComponentModel;
using System.Diagnostics;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Remote;

/// <summary>Starts and ends the OpenSSH client.</summary>
internal static class SshProcess
{
    public static Process Start(IEnumerable<string> arguments) => Start(arguments, redirect: true);

    /// <summary>Starts it on the terminal of this process.</summary>
    public static Process StartOnTerminal(IEnumerable<string> arguments) => Start(arguments, redirect: false);

    public static void End(Process process)
    {
        try
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
        catch (InvalidOperationException)
        {
            // It ended by itself in between.
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
