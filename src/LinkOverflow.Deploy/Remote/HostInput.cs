namespace LinkOverflow.Deploy.Remote;

/// <summary>The input of a command on a host, for those who write it.</summary>
/// <param name="input">Where it goes.</param>
/// <param name="ended">
/// Ends every write, whatever its own token: who cleans up after an interruption may write still, to a host that does not read.
/// </param>
internal sealed class HostInput(Stream input, CancellationToken ended) : OneWayStream
{
    public override bool CanWrite => true;

    /// <inheritdoc />
    /// <exception cref="HostInputException">Nobody reads it any more.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await input.WriteAsync(buffer, ended);
        }
        catch (IOException e)
        {
            throw new HostInputException(e);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => input.FlushAsync(ended);
}
