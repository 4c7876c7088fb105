namespace LinkOverflow.Deploy.Remote.Multiplexing;

/// <summary>How much more of a channel's data the host takes (RFC 4254, section 5.2).</summary>
internal sealed class SendWindow
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = Change();
    private uint _size;
    private uint _maxPacket;
    private bool _isClosed;

    /// <summary>What the host grants as it confirms the channel.</summary>
    public void Open(uint size, uint maxPacket)
    {
        lock (_lock)
        {
            _maxPacket = maxPacket;
        }

        Widen(size);
    }

    public void Widen(uint count) => Set(() => _size += count);

    /// <summary>Nothing more is taken.</summary>
    public void Close() => Set(() => _isClosed = true);

    /// <summary>Waits until the host takes something, and uses it up.</summary>
    /// <returns>How many bytes to send, in one packet.</returns>
    /// <exception cref="IOException">Nothing more is taken.</exception>
    public async ValueTask<int> TakeAsync(int wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_isClosed)
                {
                    throw new IOException("Nobody reads this any more.");
                }

                var count = Math.Min(Math.Min(_size, _maxPacket), (uint)wanted);
                if (count > 0)
                {
                    _size -= count;
                    return (int)count;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource Change() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Set(Action change)
    {
        lock (_lock)
        {
            change();
            _changed.TrySetResult();
            _changed = Change();
        }
    }
}
