namespace LinkOverflow.Deploy.Remote;

/// <summary>What a command on a host came to.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
public sealed record RemoteResult(int ExitCode, string Output, string Error)
{
    /// <summary>The last lines of both streams, for error messages.</summary>
    /// <param name="lines">How many at most.</param>
    public string Tail(int lines = 12)
    {
        var all = $"{Output}\n{Error}".Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return string.Join(Environment.NewLine, all.TakeLast(lines));
    }
}
