using System.Diagnostics;

namespace LinkOverflow.Deploy.Remote;

/// <summary>A command that an ssh process of its own runs.</summary>
internal sealed class ProcessCommand(Process ssh) : IRemoteCommand
{
    // ssh(1), EXIT STATUS: an error of its own.
    private const int SshFailed = 255;

    public Stream Input => ssh.StandardInput.BaseStream;

    public Stream Output => ssh.StandardOutput.BaseStream;

    public Stream Error => ssh.StandardError.BaseStream;

    public Task EndInputAsync()
    {
        ssh.StandardInput.Close();
        return Task.CompletedTask;
    }

    public async Task<int?> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await ssh.WaitForExitAsync(cancellationToken);
        return ssh.ExitCode == SshFailed ? null : ssh.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await SshProcess.EndAsync(ssh);
        ssh.Dispose();
    }
}
