using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Remote;

/// <summary>A login on the terminal of this process.</summary>
public static class SshTerminal
{
    /// <summary>Logs in and waits until the user logs out.</summary>
    /// <returns>ssh's exit code: the last command's, or 255 where it could not log in.</returns>
    /// <exception cref="DeployException">SshClientMissing.</exception>
    public static int Open(SshTarget target)
    {
        // Whoever sits there can answer a question.
        using var ssh = SshProcess.StartOnTerminal(["-o", "BatchMode=no", .. target.Options(), target.Address]);
        ssh.WaitForExit();
        return ssh.ExitCode;
    }
}
