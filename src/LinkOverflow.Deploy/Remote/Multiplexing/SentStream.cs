namespace LinkOverflow.Deploy.Remote.Multiplexing;

/// <summary>What goes over a channel.</summary>
internal sealed class SentStream(Func<ReadOnlyMemory<byte>, CancellationToken, Task> send) : OneWayStream
{
    public override bool CanWrite => true;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => new(send(buffer, cancellationToken));
}
