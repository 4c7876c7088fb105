using System.Threading.Channels;

namespace LinkOverflow.Deploy.Remote.Multiplexing;

/// <summary>What comes over a channel, to be read.</summary>
/// <param name="consumed">Told how many bytes were read, which the host may send anew.</param>
internal sealed class ReceivedStream(Action<int> consumed) : OneWayStream
{
    // Not bounded here but by the channel's window.
    private readonly Channel<ReadOnlyMemory<byte>> _chunks = Channel.CreateUnbounded<ReadOnlyMemory<byte>>(new() { SingleReader = true });
    private ReadOnlyMemory<byte> _current;

    public override bool CanRead => true;

    public void Add(ReadOnlyMemory<byte> chunk) => _chunks.Writer.TryWrite(chunk);

    public void End() => _chunks.Writer.TryComplete();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_current.IsEmpty)
        {
            if (!await _chunks.Reader.WaitToReadAsync(cancellationToken))
            {
                return 0;
            }

            _chunks.Reader.TryRead(out _current);
        }

        var count = Math.Min(buffer.Length, _current.Length);
        _current[..count].CopyTo(buffer);
        _current = _current[count..];
        consumed(count);
        return count;
    }
}
