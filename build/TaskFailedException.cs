namespace LinkOverflow.Build;

/// <summary>A task ended without success; the message is for the user.</summary>
internal sealed class TaskFailedException(string message, int exitCode = 1) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
