using System.Net.Sockets;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>The boot of one instance: until it runs, has proved its host key and lets the key pair's holder in.</summary>
internal sealed class Boot(ICloud cloud, Action<DeploymentEvent> events, TimeProvider time)
{
    private const int ConsoleLines = 12;
    private const int SshPort = 22;

    private static readonly TimeSpan LongestLoginPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestConsolePause = TimeSpan.FromSeconds(30);

    // Behind a jump host nobody here sees the port answer; the console is read after this time in any case.
    private static readonly TimeSpan PortTime = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LastWordsTime = TimeSpan.FromSeconds(15);

    private readonly CloudWaits _waits = CloudWaits.Of(cloud, time);
    private LOInstance _instance = null!;
    private string _waitingFor = "EC2 to run it";
    private Task<CloudInstance>? _ending;

    /// <param name="launched">The instance.</param>
    /// <param name="timeout">How long it may take, from the launch.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="DeployException">InstanceUnreachable, with what was waited for and the last lines of its console; or HostKeyMismatch.</exception>
    public async Task<LOInstance> WaitAsync(LOInstance launched, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _instance = launched;
        var left = _instance.Launched + timeout - time.GetUtcNow().UtcDateTime;
        using var clock = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        var naming = NameAsync(launched, deadline.Token);
        try
        {
            await RunningAsync(deadline.Token);
            if (_instance.HostKeyPolicy == HostKeyPolicy.Console)
            {
                _waitingFor = "its host key on the console";
                await HostKeys.RememberAsync(_instance.Ssh().KnownHosts, _instance.InstanceId, await KeysAsync(deadline.Token), deadline.Token);
            }

            await LoginAsync(deadline.Token);
            await naming;
            events(new DeploymentEvent(EventKind.StepCompleted, "can be logged in to", _instance));
            return _instance;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw await UnreachableAsync(
                $"was not reachable within {timeout.TotalSeconds:0} s; it was waited for {_waitingFor}.",
                "See whether its security group lets this machine in; BootTimeout in instance.config sets the limit.",
                cancellationToken);
        }
        finally
        {
            // Ends the watch for the instance's end, which would go on asking EC2.
            await deadline.CancelAsync();
            await naming;
        }
    }

    private async Task RunningAsync(CancellationToken cancellationToken)
    {
        // Watched from the beginning to the end: an instance that is new to the watch makes it ask more often.
        _ending = _waits.Instances.WaitAsync(_instance.InstanceId, i => i.IsEnding, cancellationToken);
        var running = await _waits.Instances.WaitAsync(
            _instance.InstanceId,
            i => i.IsEnding || (i.State == "running" && (_instance.PublicAddress ? i.PublicIp : i.PrivateIp) is not null),
            cancellationToken);
        if (running.IsEnding)
        {
            throw await EndedAsync(running, cancellationToken);
        }

        _instance = (_instance with
        {
            State = running.State, PublicIp = running.PublicIp, PrivateIp = running.PrivateIp, Zone = running.Zone, ImageId = running.ImageId,
        }).At(Stage.Booting);
        events(new DeploymentEvent(EventKind.StepCompleted, $"runs at {_instance.Address}", _instance));
    }

    /// <summary>The keys are on the console about when sshd answers, so the console is not read before: asking it in vain costs calls.</summary>
    private async Task<IReadOnlyList<string>> KeysAsync(CancellationToken cancellationToken)
    {
        var since = time.GetUtcNow();
        while (time.GetUtcNow() - since < PortTime && !await PortAnswersAsync(cancellationToken))
        {
            await PauseAsync(TimeSpan.FromMilliseconds(200), cancellationToken);
        }

        for (var pause = TimeSpan.FromMilliseconds(300); ; pause = pause * 1.5 < LongestConsolePause ? pause * 1.5 : LongestConsolePause)
        {
            await _waits.Consoles.TakeAsync(cancellationToken);
            if (HostKeys.FromConsole(await ConsoleAsync(cancellationToken)) is { Count: > 0 } keys)
            {
                _waits.Consoles.GiveBack();
                return keys;
            }

            await PauseAsync(pause, cancellationToken);
        }
    }

    private async Task<bool> PortAnswersAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(_instance.Address, SshPort, patience.Token);
            return true;
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    private async Task<string> ConsoleAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await cloud.GetConsoleOutputAsync(_instance.InstanceId, cancellationToken);
        }
        catch (CloudException e) when (e.IsTransient || IsNotShownYet(e))
        {
            return "";
        }
    }

    private async Task LoginAsync(CancellationToken cancellationToken)
    {
        var target = _instance.Ssh();
        var login = $"a login as {_instance.SshUser} at {_instance.Address}";
        _waitingFor = login;
        Directory.CreateDirectory(Path.GetDirectoryName(target.KnownHosts)!);
        SshConnection connection;
        for (var pause = TimeSpan.FromMilliseconds(200); ; pause = pause * 1.5 < LongestLoginPause ? pause * 1.5 : LongestLoginPause)
        {
            try
            {
                connection = await SshConnections.GetAsync(target, cancellationToken);
                break;
            }
            catch (DeployException e) when (e.Id == ErrorId.ConnectionFailed)
            {
                _waitingFor = $"{login} ({e.Problems[0].Message})";
            }

            await PauseAsync(pause, cancellationToken);
        }

        if (connection.HostKey is { } shown)
        {
            await HostKeys.RememberAsync(target.KnownHosts, target.HostKeyAlias, [shown], cancellationToken);
        }

        var keys = await HostKeys.ReadAsync(target.KnownHosts, target.HostKeyAlias, cancellationToken);
        _instance = (_instance with { HostKey = keys.Count > 0 ? keys[0] : null }).At(Stage.Reachable);
    }

    /// <summary>RunInstances gives all its instances the same tags; which is which is said once they are there.</summary>
    private async Task NameAsync(LOInstance launched, CancellationToken cancellationToken)
    {
        if (launched.IsNamed)
        {
            return;
        }

        try
        {
            for (var pause = TimeSpan.FromSeconds(1); ; pause *= 2)
            {
                try
                {
                    await cloud.TagInstanceAsync(launched.InstanceId, DeploymentTags.Name, launched.Name, cancellationToken);
                    return;
                }
                catch (CloudException e) when (IsNotShownYet(e))
                {
                    await Task.Delay(pause, time, cancellationToken);
                }
            }
        }
        catch (DeployException e)
        {
            events(new DeploymentEvent(EventKind.Warning, $"its Name tag could not be set: {e.Problems[0].Message}", launched));
        }
        catch (OperationCanceledException)
        {
            // The name follows from its other tags as well.
        }
    }

    private bool IsNotShownYet(CloudException e) =>
        e.Code == "InvalidInstanceID.NotFound" && time.GetUtcNow().UtcDateTime - _instance.Launched < InstanceWatch.Unseen;

    private async Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        await Task.Delay(pause, time, cancellationToken);
        if (_ending is { IsCompleted: true })
        {
            throw await EndedAsync(await _ending, cancellationToken);
        }
    }

    private Task<DeployException> EndedAsync(CloudInstance seen, CancellationToken cancellationToken) => UnreachableAsync(
        $"ended while it was booting: it is {seen.State}{(seen.StateReason is null ? "" : $", {seen.StateReason}")}.", null, cancellationToken);

    private async Task<DeployException> UnreachableAsync(string what, string? fix, CancellationToken cancellationToken)
    {
        var message = $"{_instance.Name} ({_instance.InstanceId}) {what}";
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(LastWordsTime);
        string said;
        try
        {
            said = await cloud.GetConsoleOutputAsync(_instance.InstanceId, patience.Token);
        }
        catch (Exception e) when (e is DeployException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // What is known is told without it.
            said = "";
        }

        var lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(ConsoleLines)
            .Select(l => new string([.. l.Where(c => !char.IsControl(c))])).ToArray();
        return new DeployException(
            ErrorId.InstanceUnreachable,
            message + (lines.Length == 0
                ? " EC2 has no console output of it."
                : $" The last lines of its console:{Environment.NewLine}{string.Join(Environment.NewLine, lines)}{Environment.NewLine}"),
            fix);
    }
}
