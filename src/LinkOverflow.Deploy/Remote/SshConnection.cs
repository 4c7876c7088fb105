using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Remote;

/// <summary>
/// One login to a host by the OpenSSH client, shared by all commands that run there (ControlMaster, ssh_config(5)).
/// The master's remote command reads from a pipe that this process holds, so it ends with this process, however that ends.
/// On Windows, where OpenSSH has no ControlMaster, each command logs in for itself.
/// </summary>
public sealed class SshConnection : IAsyncDisposable
{
    private const string NotLetIn =
        "If this machine's address has changed since the launch, the deployment's security group does not let it in. Start-LODeployment -Resume ID, or launch PROJECT --resume ID, opens the group to it; SshFrom in instance.config names networks to let in.";

    private static readonly TimeSpan CancellationTime = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromSeconds(2);

    private readonly ConcurrentBag<Task> _endings = [];
    private readonly Process? _master;
    private readonly string? _socket;
    private bool _closed;

    private SshConnection(SshTarget target, Process? master, string? socket)
    {
        Target = target;
        _master = master;
        _socket = socket;
    }

    /// <summary>The host.</summary>
    public SshTarget Target { get; }

    /// <summary>The key that the host presented, as "type base64", where the user's own known_hosts files were asked for it; else null.</summary>
    public string? HostKey { get; private init; }

    /// <summary>False once it was logged out, or the master has ended, for instance because the network went away.</summary>
    public bool IsOpen => !_closed && (_master is null || !_master.HasExited);

    /// <summary>Logs in.</summary>
    /// <exception cref="DeployException">HostKeyMismatch, ConnectionFailed, or SshClientMissing.</exception>
    public static Task<SshConnection> OpenAsync(SshTarget target, CancellationToken cancellationToken) =>
        OpenAsync(target, shared: !OperatingSystem.IsWindows(), cancellationToken);

    /// <summary>Logs in.</summary>
    /// <param name="target">The host.</param>
    /// <param name="shared">Whether all commands share the login, which takes an OpenSSH client that knows ControlMaster.</param>
    /// <param name="cancellationToken">Ends the login.</param>
    internal static async Task<SshConnection> OpenAsync(SshTarget target, bool shared, CancellationToken cancellationToken)
    {
        if (!shared)
        {
            var direct = new SshConnection(target, null, null);
            var probe = await direct.RunAsync(new RemoteScript("true", [], AsRoot: false), cancellationToken: cancellationToken);
            return probe.ExitCode == 0 ? direct : throw Refused(target, probe.Error);
        }

        var socket = ControlSockets.NewPath();

        // With the deployment's own known_hosts it is known already which key that is.
        using var log = target.HostKeyPolicy == HostKeyPolicy.KnownHosts ? new LoginLog(socket + ".log") : null;
        var master = SshProcess.Start(
            [.. log?.Options ?? [], .. target.Options(), "-o", "ControlMaster=yes", "-o", "ControlPersist=no", "-S", SshTarget.Literal(socket), target.Address, "echo open; exec cat >/dev/null"]);
        try
        {
            var error = master.StandardError.ReadToEndAsync(cancellationToken);
            if (await master.StandardOutput.ReadLineAsync(cancellationToken) == "open")
            {
                return new SshConnection(target, master, socket) { HostKey = log is null ? null : await log.HostKeyAsync(cancellationToken) };
            }

            await master.WaitForExitAsync(cancellationToken);
            throw Refused(target, await error + (log is null ? "" : await log.ErrorAsync(cancellationToken)));
        }
        catch
        {
            await SshProcess.EndAsync(master);
            throw;
        }
    }

    /// <summary>Runs a script on the host.</summary>
    /// <param name="script">What to run.</param>
    /// <param name="input">What the script reads, or null for nothing.</param>
    /// <param name="line">Called with each line of both streams as it comes.</param>
    /// <param name="cancellationToken">Ends the wait and the connection's command.</param>
    /// <exception cref="DeployException">ConnectionFailed: ssh itself failed (its exit code 255).</exception>
    public async Task<RemoteResult> RunAsync(
        RemoteScript script, Func<Stream, CancellationToken, Task>? input = null, Action<string>? line = null, CancellationToken cancellationToken = default)
    {
        var mark = Guid.NewGuid().ToString("N");
        using var process = Start(script, mark);
        try
        {
            var result = await ResultAsync(process, script, input, line, cancellationToken);
            return result.ExitCode != 255 ? result : throw Refused(Target, result.Error);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await CancelAsync(script, mark);
            throw;
        }
        finally
        {
            await SshProcess.EndAsync(process);
        }
    }

    private Process Start(RemoteScript script, string mark)
    {
        string[] sharing = _socket is null ? [] : ["-o", "ControlMaster=no", "-S", SshTarget.Literal(_socket)];
        return SshProcess.Start([.. Target.Options(), .. sharing, Target.Address, script.CommandLine(mark)]);
    }

    /// <summary>
    /// Has the host end a script, as sshd does not by itself where the client goes away. Whoever interrupts is answered in time: a host that is
    /// slow to hear of it still does until the connection is closed.
    /// </summary>
    private async Task CancelAsync(RemoteScript script, string mark)
    {
        if (!IsOpen)
        {
            return;
        }

        var cancellation = script.Cancellation(mark);
        var ending = EndAsync(Start(cancellation, Guid.NewGuid().ToString("N")), cancellation);
        _endings.Add(ending);
        await Task.WhenAny(ending, Task.Delay(CancellationTime, CancellationToken.None));
    }

    private static async Task EndAsync(Process process, RemoteScript cancellation)
    {
        using (process)
        using (var patience = new CancellationTokenSource(GoodbyeTime))
        {
            try
            {
                await ResultAsync(process, cancellation, null, null, patience.Token);
            }
            catch (OperationCanceledException)
            {
                // A host that does not answer cannot be told.
            }

            await SshProcess.EndAsync(process);
        }
    }

    /// <summary>Waits a second at most for the end of a connection that failed a command: the command tells before the connection's own process is gone.</summary>
    internal async Task WaitForEndAsync(CancellationToken cancellationToken)
    {
        if (_master is null)
        {
            return;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(1));
        try
        {
            await _master.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It is still open: the command alone failed.
        }
    }

    /// <summary>Logs out and removes the control socket.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        if (_master is null)
        {
            return;
        }

        await Task.WhenAll(_endings);
        try
        {
            _master.StandardInput.Close();
            using var patience = new CancellationTokenSource(GoodbyeTime);
            await _master.WaitForExitAsync(patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            // A dead connection cannot say goodbye.
        }

        await SshProcess.EndAsync(_master);
        _master.Dispose();
        File.Delete(_socket!);
    }

    private static async Task<RemoteResult> ResultAsync(
        Process process,
        RemoteScript script,
        Func<Stream, CancellationToken, Task>? input,
        Action<string>? line,
        CancellationToken cancellationToken)
    {
        var output = ReadLinesAsync(process.StandardOutput, line, cancellationToken);
        var error = ReadLinesAsync(process.StandardError, line, cancellationToken);
        await ExchangeAsync(process, script.Preamble, input, cancellationToken);
        return new RemoteResult(process.ExitCode, await output, await error);
    }

    /// <summary>Writes the input until it or the process ends.</summary>
    private static async Task ExchangeAsync(
        Process process, byte[] preamble, Func<Stream, CancellationToken, Task>? input, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var writing = WriteInputAsync(process, preamble, input, ended.Token);
        var exit = process.WaitForExitAsync(cancellationToken);
        if (await Task.WhenAny(writing, exit) == exit)
        {
            await ended.CancelAsync();
        }

        try
        {
            await writing;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The command ended while there was still something to write; its exit code tells why.
        }

        await exit;
    }

    private static async Task WriteInputAsync(
        Process process, byte[] preamble, Func<Stream, CancellationToken, Task>? input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(preamble, cancellationToken);
            if (input is not null)
            {
                await input(process.StandardInput.BaseStream, cancellationToken);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The command ended before it had read everything; its exit code tells why.
        }
    }

    private static async Task<string> ReadLinesAsync(StreamReader reader, Action<string>? line, CancellationToken cancellationToken)
    {
        var all = new StringBuilder();
        while (await reader.ReadLineAsync(cancellationToken) is { } text)
        {
            all.Append(text).Append('\n');
            line?.Invoke(text);
        }

        return all.ToString();
    }

    private static DeployException Refused(SshTarget target, string error)
    {
        var said = error.Trim();
        return said.Contains("Host key verification failed", StringComparison.Ordinal)
            || said.Contains("REMOTE HOST IDENTIFICATION HAS CHANGED", StringComparison.Ordinal)
            || said.Contains("host key is known", StringComparison.Ordinal)
            ? new DeployException(
                ErrorId.HostKeyMismatch,
                $"The host at {target.Address} presented {Presented(target)}: {said}",
                target.HostKeyPolicy == HostKeyPolicy.KnownHosts
                    ? "Add its key to your known_hosts once you have made sure of it, or leave it to the console: -HostKeyPolicy Console."
                    : "Do not log in: something else answers at this address. Remove the instance and launch it again.")
            : new DeployException(ErrorId.ConnectionFailed, $"ssh to {target.User}@{target.Address} failed: {said}", IsSilent(said) ? NotLetIn : null);
    }

    // A security group drops what it does not let in, so nobody answers (ssh says so in its system's words).
    private static bool IsSilent(string said) => said.Contains("timed out", StringComparison.OrdinalIgnoreCase);

    private static string Presented(SshTarget target) => target.HostKeyPolicy switch
    {
        HostKeyPolicy.TrustOnFirstUse => $"another host key than {target.HostKeyAlias} did at the first login",
        HostKeyPolicy.KnownHosts => "a host key that your known_hosts files do not hold for it",
        _ => $"another host key than {target.HostKeyAlias} printed to its console",
    };
}
