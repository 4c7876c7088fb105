namespace LinkOverflow.Lab.Machines;

/// <summary>
/// Work that brings something up to date with all that was changed before it begins: one after the other, and who asks while one is
/// under way shares the next with whoever else does.
/// </summary>
/// <param name="work">Looks at what there is to do when it begins, not before.</param>
internal sealed class SharedRun(Func<CancellationToken, Task> work) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private long _wanted;
    private long _done;

    /// <summary>Returns when work that began after this call has ended.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var wanted = Interlocked.Increment(ref _wanted);
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_done >= wanted)
            {
                return;
            }

            var covers = Interlocked.Read(ref _wanted);
            await work(cancellationToken);
            _done = covers;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
