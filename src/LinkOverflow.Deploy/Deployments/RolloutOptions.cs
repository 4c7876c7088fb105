namespace LinkOverflow.Deploy.Deployments;

/// <summary>What becomes of hosts that have the new release already, when another fails.</summary>
public enum RolloutFailureAction
{
    /// <summary>They keep it.</summary>
    Keep,

    /// <summary>They go back to the release that they had.</summary>
    Rollback,
}

/// <summary>How a new release is brought to a deployment's hosts.</summary>
public sealed record RolloutOptions
{
    /// <summary>How many hosts at once; the next ones begin when all of these are well.</summary>
    public int Serial { get; init; } = int.MaxValue;

    /// <summary>What becomes of those that are done, when one fails.</summary>
    public RolloutFailureAction OnFailure { get; init; } = RolloutFailureAction.Keep;

    /// <summary>Whether to take the deployment's lock from whoever holds it.</summary>
    public bool BreakLock { get; init; }
}
