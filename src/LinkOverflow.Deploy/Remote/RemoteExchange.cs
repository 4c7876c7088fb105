using System.Text;

namespace LinkOverflow.Deploy.Remote;

/// <summary>What is said to a command on a host, and what it says, from its beginning to its end.</summary>
internal static class RemoteExchange
{
    /// <summary>Gives a script its input, and waits for its end.</summary>
    /// <param name="command">The script, where it runs.</param>
    /// <param name="script">What it is.</param>
    /// <param name="input">What the script reads, or null for nothing.</param>
    /// <param name="line">Called with each line of both streams as it comes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="Exception">What writes the input failed; the command waits for the rest of it.</exception>
    /// <returns>Its result, with no exit code where ssh, the connection or the login shell failed.</returns>
    public static async Task<(int? ExitCode, string Output, string Error)> RunAsync(
        IRemoteCommand command,
        RemoteScript script,
        Func<Stream, CancellationToken, Task>? input,
        Action<string>? line,
        CancellationToken cancellationToken)
    {
        var output = ReadLinesAsync(command.Output, line, cancellationToken);
        var error = ReadLinesAsync(command.Error, line, cancellationToken);
        var exitCode = await ExchangeAsync(command, script.Preamble, input, cancellationToken);
        return (exitCode, await output, await error);
    }

    /// <summary>Writes the input until it or the command ends.</summary>
    private static async Task<int?> ExchangeAsync(
        IRemoteCommand command, byte[] preamble, Func<Stream, CancellationToken, Task>? input, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var writing = WriteInputAsync(command, preamble, input, ended.Token);
        var exit = command.WaitForExitAsync(cancellationToken);
        if (await Task.WhenAny(writing, exit) == exit)
        {
            await ended.CancelAsync();
        }

        try
        {
            await writing;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The command ended while there was still something to write; its exit code tells why.
        }

        return await exit;
    }

    private static async Task WriteInputAsync(
        IRemoteCommand command, byte[] preamble, Func<Stream, CancellationToken, Task>? input, CancellationToken cancellationToken)
    {
        await using var stream = new HostInput(command.Input, cancellationToken);
        try
        {
            await stream.WriteAsync(preamble, cancellationToken);
            if (input is not null)
            {
                await input(stream, cancellationToken);
            }
        }
        catch (HostInputException)
        {
            // The command ended before it had read everything; its exit code tells why.
            return;
        }

        try
        {
            await command.EndInputAsync();
        }
        catch (IOException)
        {
            // So it did.
        }
    }

    private static async Task<string> ReadLinesAsync(Stream stream, Action<string>? line, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, detectEncodingFromByteOrderMarks: false);
        var all = new StringBuilder();
        while (await reader.ReadLineAsync(cancellationToken) is { } text)
        {
            all.Append(text).Append('\n');
            line?.Invoke(text);
        }

        return all.ToString();
    }
}
