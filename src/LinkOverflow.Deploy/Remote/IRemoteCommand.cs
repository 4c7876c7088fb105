namespace LinkOverflow.Deploy.Remote;

/// <summary>A command that runs on a host. Who lets go of it before it has ended leaves it to itself there.</summary>
internal interface IRemoteCommand : IAsyncDisposable
{
    /// <summary>What it reads. A write fails with an IOException once nobody reads it any more.</summary>
    Stream Input { get; }

    /// <summary>What it writes to its standard output.</summary>
    Stream Output { get; }

    /// <summary>What it writes to its standard error.</summary>
    Stream Error { get; }

    /// <summary>Lets it read an end.</summary>
    Task EndInputAsync();

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code; null where ssh or the connection failed, or a signal ended the login shell.</returns>
    Task<int?> WaitForExitAsync(CancellationToken cancellationToken);
}
