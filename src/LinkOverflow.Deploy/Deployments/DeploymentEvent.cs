namespace LinkOverflow.Deploy.Deployments;

/// <summary>What an event tells.</summary>
public enum EventKind
{
    /// <summary>Something about the deployment as a whole, or a step's progress.</summary>
    Information,

    /// <summary>A step began on an instance.</summary>
    StepStarted,

    /// <summary>A step ended well on an instance.</summary>
    StepCompleted,

    /// <summary>A line that a host printed.</summary>
    Output,

    /// <summary>Something the user should know, though the work goes on.</summary>
    Warning,

    /// <summary>An instance failed.</summary>
    Failed,
}

/// <summary>Something that happened in a deployment, for whoever draws progress or writes a log. Raised from any thread.</summary>
/// <param name="Kind">What it tells.</param>
/// <param name="Message">A sentence or a line, without the instance's name.</param>
/// <param name="Instance">The instance as it is now; null: the deployment as a whole.</param>
public sealed record DeploymentEvent(EventKind Kind, string Message, LOInstance? Instance = null)
{
    /// <summary>When it happened.</summary>
    public DateTimeOffset Time { get; } = DateTimeOffset.Now;
}
