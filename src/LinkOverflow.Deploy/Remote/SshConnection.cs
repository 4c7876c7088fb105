using System.Collections.Concurrent;
using System.Diagnostics;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote.Multiplexing;

namespace LinkOverflow.Deploy.Remote;

/// <summary>
/// One login to a host by the OpenSSH client, shared by all commands that run there (ControlMaster, ssh_config(5)), without a process for each.
/// The master's remote command reads from a pipe that this process holds, so it ends with this process, however that ends.
/// On Windows, where OpenSSH has no ControlMaster, each command logs in for itself.
/// </summary>
public sealed class SshConnection : IAsyncDisposable
{
    private const string LoggedIn = "open";

    // The empty line is for login shells whose own files print something, and end no line.
    private const string LoginCommand = $"echo; echo {LoggedIn}; exec cat >/dev/null";

    private static readonly TimeSpan CancellationTime = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromSeconds(2);

    private readonly ConcurrentBag<Task> _endings = [];
    private readonly Master? _master;
    private bool _closed;

    private SshConnection(SshTarget target, Master? master)
    {
        Target = target;
        _master = master;
    }

    /// <summary>The host.</summary>
    public SshTarget Target { get; }

    /// <summary>The key that the host presented, as "type base64", where the user's own known_hosts files were asked for it; else null.</summary>
    public string? HostKey { get; private init; }

    /// <summary>False once it was logged out, or the master has ended, for instance because the network went away.</summary>
    public bool IsOpen => !_closed && (_master is null || (!_master.Process.HasExited && _master.Commands.IsOpen));

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
            var direct = new SshConnection(target, null);
            var probe = await direct.RunAsync(new RemoteScript("true", [], AsRoot: false), cancellationToken: cancellationToken);
            return probe.ExitCode == 0 ? direct : throw SshRefusal.Error(target, probe.Error);
        }

        var socket = ControlSockets.NewPath();

        // With the deployment's own known_hosts it is known already which key that is.
        using var log = target.HostKeyPolicy == HostKeyPolicy.KnownHosts ? new LoginLog(socket + ".log") : null;
        var master = SshProcess.Start(
            [.. log?.Options ?? [], .. target.Options(), "-o", "ControlMaster=yes", "-o", "ControlPersist=no", "-S", SshTarget.Literal(socket), target.Address, LoginCommand]);
        try
        {
            // Until its end, which it may tell the reason of.
            var error = master.StandardError.ReadToEndAsync(CancellationToken.None);
            string? line;
            do
            {
                line = await master.StandardOutput.ReadLineAsync(cancellationToken);
            }
            while (line is not (null or LoggedIn));

            if (line is null)
            {
                await master.WaitForExitAsync(cancellationToken);
                throw SshRefusal.Error(target, await error + (log is null ? "" : await log.ErrorAsync(cancellationToken)));
            }

            var commands = await MultiplexedConnection.OpenAsync(socket, cancellationToken);
            return new SshConnection(target, new Master(master, socket, commands, error)) { HostKey = log is null ? null : await log.HostKeyAsync(cancellationToken) };
        }
        catch (IOException e)
        {
            await SshProcess.EndAsync(master);
            throw SshRefusal.Error(target, e.Message);
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
        IRemoteCommand? command = null;
        try
        {
            command = await StartAsync(script, mark, cancellationToken);
            var (exitCode, output, error) = await RemoteExchange.RunAsync(command, script, input, line, cancellationToken);
            return exitCode is { } code ? new RemoteResult(code, output, error)
                : throw (command is ProcessCommand ? SshRefusal.Error(Target, error) : await BrokenAsync(cancellationToken));
        }
        catch (Exception e) when (e is not DeployException)
        {
            // An interruption, or what writes the input failed here and the host would wait for the rest of it.
            await CancelAsync(script, mark);
            throw;
        }
        finally
        {
            if (command is not null)
            {
                await command.DisposeAsync();
            }
        }
    }

    private async Task<IRemoteCommand> StartAsync(RemoteScript script, string mark, CancellationToken cancellationToken)
    {
        try
        {
            if (_master is not null)
            {
                return await _master.Commands.ExecuteAsync(script.CommandLine(mark), cancellationToken);
            }
        }
        catch (IOException)
        {
            throw await BrokenAsync(cancellationToken);
        }
        catch (ChannelRefusedException)
        {
            // It logs in for itself, as ssh itself would.
        }

        return new ProcessCommand(SshProcess.Start([.. Target.Options(), "-S", "none", Target.Address, script.CommandLine(mark)]));
    }

    /// <summary>The error of a command whose connection broke, in the client's words where it has any.</summary>
    private async Task<DeployException> BrokenAsync(CancellationToken cancellationToken)
    {
        await WaitForEndAsync(cancellationToken);
        var said = _master!.End.IsCompletedSuccessfully ? await _master.End : "";
        return SshRefusal.Error(Target, said.Length > 0 ? said : "The connection broke off, or the login shell was ended.");
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
        var ending = EndAsync(cancellation);
        _endings.Add(ending);
        await Task.WhenAny(ending, Task.Delay(CancellationTime, CancellationToken.None));
    }

    private async Task EndAsync(RemoteScript cancellation)
    {
        using var patience = new CancellationTokenSource(GoodbyeTime);
        try
        {
            await using var command = await StartAsync(cancellation, Guid.NewGuid().ToString("N"), patience.Token);
            await RemoteExchange.RunAsync(command, cancellation, null, null, patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or DeployException)
        {
            // A host that does not answer cannot be told.
        }
    }

    /// <summary>Waits a second at most for the end of a connection that failed a command: the command tells before the connection's own process is gone.</summary>
    internal async Task WaitForEndAsync(CancellationToken cancellationToken)
    {
        if (_master is null)
        {
            return;
        }

        // Where it does not come, the connection is still open: the command alone failed.
        await Task.WhenAny(_master.End, Task.Delay(EndTime, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Logs out and removes the control socket.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        await Task.WhenAny(Task.WhenAll(_endings), Task.Delay(2 * GoodbyeTime));
        if (_master is null)
        {
            return;
        }

        try
        {
            await _master.Commands.DisposeAsync();
            _master.Process.StandardInput.Close();
            using var patience = new CancellationTokenSource(GoodbyeTime);
            await _master.Process.WaitForExitAsync(patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            // A dead connection cannot say goodbye.
        }

        await SshProcess.EndAsync(_master.Process);
        _master.Process.Dispose();
        File.Delete(_master.Socket);
    }

    /// <summary>The client that holds the login, its control socket, what runs over it, and its end, with what it said.</summary>
    private sealed record Master(Process Process, string Socket, MultiplexedConnection Commands, Task<string> End);
}
