using System.Collections.Concurrent;
using System.Diagnostics;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Remote;

/// <summary>
/// The open connections of this process. Steps that follow each other on a host, in one pipeline or in several runspaces, share one login;
/// one that has not been used for a while is closed.
/// </summary>
public static class SshConnections
{
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(60);
    private static readonly ConcurrentDictionary<SshTarget, Slot> Slots = new();
    private static readonly Timer Sweeper = new(_ => Sweep(), null, IdleTime, IdleTime / 4);

    /// <summary>The connection to a host: an open one, or a new one.</summary>
    public static async Task<SshConnection> GetAsync(SshTarget target, CancellationToken cancellationToken)
    {
        var slot = Slots.GetOrAdd(target, _ => new Slot());
        await slot.Gate.WaitAsync(cancellationToken);
        try
        {
            slot.LastUse = Stopwatch.GetTimestamp();
            if (slot.Connection is { IsOpen: true } open)
            {
                return open;
            }

            if (slot.Connection is { } closed)
            {
                slot.Connection = null;
                await closed.DisposeAsync();
            }

            return slot.Connection = await SshConnection.OpenAsync(target, cancellationToken);
        }
        finally
        {
            slot.Gate.Release();
        }
    }

    /// <summary>
    /// Runs a script on a host over its shared connection. A connection that broke before is made again; one that breaks meanwhile is made
    /// again once for a script that may be repeated.
    /// </summary>
    public static async Task<RemoteResult> RunAsync(
        SshTarget target,
        RemoteScript script,
        Func<Stream, CancellationToken, Task>? input = null,
        Action<string>? line = null,
        CancellationToken cancellationToken = default)
    {
        var connection = await GetAsync(target, cancellationToken);
        try
        {
            return await RunAsync(connection, script, input, line, cancellationToken);
        }
        catch (DeployException e) when (e.Id == ErrorId.ConnectionFailed && script.Repeatable)
        {
            await connection.WaitForEndAsync(cancellationToken);
            return await RunAsync(await GetAsync(target, cancellationToken), script, input, line, cancellationToken);
        }
    }

    private static async Task<RemoteResult> RunAsync(
        SshConnection connection,
        RemoteScript script,
        Func<Stream, CancellationToken, Task>? input,
        Action<string>? line,
        CancellationToken cancellationToken)
    {
        var slot = Slots[connection.Target];
        Interlocked.Increment(ref slot.Running);
        try
        {
            return await connection.RunAsync(script, input, line, cancellationToken);
        }
        finally
        {
            slot.LastUse = Stopwatch.GetTimestamp();
            Interlocked.Decrement(ref slot.Running);
        }
    }

    /// <summary>Logs out everywhere, side by side: a host that is gone keeps the others from nothing.</summary>
    public static Task CloseAllAsync() => Task.WhenAll(Slots.Values.Select(slot => slot.CloseAsync(TimeSpan.Zero)));

    private static void Sweep()
    {
        foreach (var slot in Slots.Values.Where(s => s.IsIdle(IdleTime)))
        {
            _ = slot.CloseAsync(IdleTime);
        }
    }

    private sealed class Slot
    {
        public int Running;

        public SemaphoreSlim Gate { get; } = new(1, 1);

        public SshConnection? Connection { get; set; }

        /// <summary>By a clock that nobody sets.</summary>
        public long LastUse { get; set; }

        public bool IsIdle(TimeSpan time) => Running == 0 && Stopwatch.GetElapsedTime(LastUse) >= time;

        /// <summary>Logs out where it has been idle for a time, and was not handed out while the gate was waited for.</summary>
        public async Task CloseAsync(TimeSpan idle)
        {
            await Gate.WaitAsync();
            try
            {
                if (IsIdle(idle) && Connection is { } connection)
                {
                    Connection = null;
                    await connection.DisposeAsync();
                }
            }
            finally
            {
                Gate.Release();
            }
        }
    }
}
