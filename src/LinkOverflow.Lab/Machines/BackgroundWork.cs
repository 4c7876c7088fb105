using LinkOverflow.Lab.Model;

namespace LinkOverflow.Lab.Machines;

/// <summary>What is done behind calls that have long been answered: side by side for different machines, in order for one.</summary>
internal sealed partial class BackgroundWork(ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly HashSet<Task> _tasks = [];

    /// <summary>Told after something was done, whatever came of it.</summary>
    public Func<Task> Done { get; set; } = () => Task.CompletedTask;

    /// <summary>The lab stops.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>Does something to a machine after what was asked for before it.</summary>
    /// <param name="instance">The machine's.</param>
    /// <param name="what">Named in the log when it fails.</param>
    /// <param name="work">The work.</param>
    /// <param name="giveUp">What becomes of the instance when it fails.</param>
    public void Do(Instance instance, string what, Func<CancellationToken, Task> work, Func<Instance, Task> giveUp)
    {
        // The turn is taken in the order of the calls, before any of the work goes elsewhere.
        var turn = instance.Turn.WaitAsync(Closing);
        Keep(RunAsync());

        async Task RunAsync()
        {
            try
            {
                await turn;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                await Task.Yield();
                await work(Closing);
            }
            catch (OperationCanceledException) when (Closing.IsCancellationRequested)
            {
                // The lab stops.
            }
            catch (Exception e)
            {
                // The boundary of background work: whoever called has long been answered, the instance's state tells.
                LogFailure(instance.Id, what, e);
                await giveUp(instance);
            }
            finally
            {
                instance.Turn.Release();
            }

            await Done();
        }
    }

    /// <summary>
    /// Does something to a machine after what is under way for it and before what comes later. A failure is the caller's alone,
    /// the instance goes on.
    /// </summary>
    public async Task InTurnAsync(Instance instance, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Closing);
        await instance.Turn.WaitAsync(either.Token);
        try
        {
            await work(either.Token);
        }
        finally
        {
            instance.Turn.Release();
        }
    }

    /// <summary>Does something that is no single machine's; whoever stops the lab waits for its end.</summary>
    public void Do(string resource, string what, Func<CancellationToken, Task> work)
    {
        Keep(RunAsync());

        async Task RunAsync()
        {
            await Task.Yield();
            try
            {
                await work(Closing);
            }
            catch (OperationCanceledException) when (Closing.IsCancellationRequested)
            {
                // The lab stops.
            }
            catch (Exception e)
            {
                // The boundary of background work: the work itself has said in the account what became of it.
                LogFailure(resource, what, e);
            }

            await Done();
        }
    }

    /// <summary>Waits for a task when the lab stops; it ends with <see cref="Closing"/>.</summary>
    public void Keep(Task task)
    {
        lock (_tasks)
        {
            _tasks.Add(task);
        }

        _ = task.ContinueWith(
            t =>
            {
                lock (_tasks)
                {
                    _tasks.Remove(t);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        Task[] tasks;
        lock (_tasks)
        {
            tasks = [.. _tasks];
        }

        await Task.WhenAll(tasks);
        _closing.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Resource}: {What} failed")]
    public partial void LogFailure(string resource, string what, Exception exception);
}
