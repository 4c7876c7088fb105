namespace LinkOverflow.Deploy.Deployments;

/// <summary>What becomes of instances when something fails.</summary>
public enum FailureAction
{
    /// <summary>All of them stay, to be looked at, resumed or removed; they cost money until then.</summary>
    Keep,

    /// <summary>Those that failed are ended; where fewer than the minimum are healthy, the whole deployment is removed.</summary>
    Remove,
}

/// <summary>How a deployment is carried out, as opposed to what is deployed.</summary>
public sealed record DeploymentOptions
{
    /// <summary>How many instances are worked on at once; waiting for them to boot is no work.</summary>
    public int ThrottleLimit { get; init; } = 32;

    /// <summary>What becomes of instances when something fails.</summary>
    public FailureAction OnFailure { get; init; } = FailureAction.Keep;

    /// <summary>Whether to take the deployment's lock from whoever holds it.</summary>
    public bool BreakLock { get; init; }

    /// <summary>Called with each instance the moment it is healthy, from any thread.</summary>
    public Action<LOInstance>? Healthy { get; init; }
}
