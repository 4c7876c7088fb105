namespace LinkOverflow.Lab.Host;

/// <summary>How the program's commands end.</summary>
internal static class ExitCodes
{
    public const int Failed = 1;

    /// <summary>`status` when no lab runs.</summary>
    public const int NotRunning = 3;

    /// <summary>What a shell gives for Ctrl+C.</summary>
    public const int Interrupted = 130;

    /// <summary>`start` in the foreground when another lab runs for the state folder.</summary>
    public const int AlreadyRunning = 4;
}
