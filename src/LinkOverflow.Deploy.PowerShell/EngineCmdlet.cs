using System.Collections.Concurrent;
using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Lab;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>
/// The edge between PowerShell's one pipeline thread and the engine's many: the engine works on the thread pool, and what it
/// has to say waits here until the pipeline thread writes it.
/// </summary>
public abstract class EngineCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly BlockingCollection<Action> _pending = [];
    private static readonly TimeSpan StopTime = TimeSpan.FromMilliseconds(700);
    private static readonly string[] StepTag = ["LODeployment"];
    private ProgressBars? _progress;
    private int _running;
    private int _working;

    /// <summary>Cancelled by Ctrl+C.</summary>
    protected CancellationToken StopToken => _stop.Token;

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>Starts work on the thread pool; what it says is written by <see cref="WritePending"/> and <see cref="WriteUntilDone"/>.</summary>
    protected void Begin(Func<Task> work)
    {
        Interlocked.Increment(ref _running);
        Interlocked.Increment(ref _working);
        _ = Task.Run(async () =>
        {
            try
            {
                await work();
            }
            catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
            {
                // PowerShell has stopped the pipeline and says so itself.
            }
            catch (Exception e)
            {
                Later(() => ThrowTerminatingError(Errors.Record(e, null)));
            }
            finally
            {
                Interlocked.Decrement(ref _working);
                Later(() => Interlocked.Decrement(ref _running));
            }
        });
    }

    /// <summary>Writes what has come so far, without waiting.</summary>
    protected void WritePending()
    {
        while (_pending.TryTake(out var write))
        {
            write();
        }
    }

    /// <summary>Writes what comes until all work has ended.</summary>
    protected void WriteUntilDone()
    {
        while (Volatile.Read(ref _running) > 0)
        {
            try
            {
                if (_pending.TryTake(out var write, millisecondsTimeout: 1000, StopToken))
                {
                    write();
                }

                _progress?.Refresh();
            }
            catch (OperationCanceledException)
            {
                // Time to hang up and to free a lock; whoever pressed Ctrl+C waits less than a second.
                SpinWait.SpinUntil(() => Volatile.Read(ref _working) == 0, StopTime);
                return;
            }
        }

        _progress?.Complete();
    }

    /// <summary>Emits an object, from any thread.</summary>
    protected void Emit(object value) => Later(() => WriteObject(value));

    /// <summary>Writes a non-terminating error, from any thread.</summary>
    protected void Fail(Exception exception, object? about) => Later(() => WriteError(Errors.Record(exception, about)));

    /// <summary>Turns the engine's events into PowerShell's streams, from any thread.</summary>
    protected void Show(DeploymentEvent happened) => Later(() =>
    {
        var text = happened.Instance is { } instance ? $"{instance.Name}: {happened.Message}" : happened.Message;
        switch (happened.Kind)
        {
            case EventKind.Warning:
                WriteWarning(text);
                break;
            case EventKind.Failed:
                // The error record says it.
                break;
            case EventKind.Output:
                WriteVerbose(text);
                break;
            default:
                // A step is worth a line in a log that wants no host's every word; whoever asks for -Verbose gets both in one stream.
                if (MyInvocation.BoundParameters.ContainsKey("Verbose"))
                {
                    WriteVerbose(text);
                }
                else
                {
                    WriteInformation($"{happened.Time:HH:mm:ss} {text}", StepTag);
                }

                break;
        }

        if (happened.Kind != EventKind.Output)
        {
            (_progress ??= new ProgressBars(this)).Show(happened);
        }
    });

    /// <summary>The settings file of the lab on this machine, which is started where it does not run.</summary>
    /// <exception cref="DeployException">LabUnavailable.</exception>
    protected string LabSettings() => Wait(LocalLab.StartAsync(Say, StopToken)).Settings;

    /// <summary>Writes a line for -Verbose, from any thread.</summary>
    protected void Say(string line) => Later(() => WriteVerbose(line));

    /// <summary>Waits on the pipeline thread for what has to be there before anything can be emitted; what is said meanwhile is written.</summary>
    protected T Wait<T>(Task<T> work)
    {
        while (!((IAsyncResult)work).AsyncWaitHandle.WaitOne(100))
        {
            WritePending();
        }

        WritePending();
        return work.GetAwaiter().GetResult();
    }

    /// <summary>The path that a user typed, seen from PowerShell's own current location.</summary>
    protected string FilePath(string path) => SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);

    /// <summary>Frees the queue.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the queue.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stop.Cancel();
        }
    }

    private void Later(Action write) => _pending.Add(write);
}
