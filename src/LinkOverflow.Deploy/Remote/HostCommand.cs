namespace LinkOverflow.Deploy.Remote;

/// <summary>What a command came to on one host.</summary>
/// <param name="Instance">The host's name.</param>
/// <param name="ExitCode">The command's exit code.</param>
/// <param name="Output">Its standard output, without the last line's end.</param>
/// <param name="Error">Its standard error, without the last line's end.</param>
/// <param name="Elapsed">How long it took, the way there and back included.</param>
public sealed record HostCommandResult(string Instance, int ExitCode, string Output, string Error, TimeSpan Elapsed)
{
    /// <summary>Whether the command ended with 0.</summary>
    public bool Success => ExitCode == 0;
}
