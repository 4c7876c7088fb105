using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>An instance that a step failed on.</summary>
/// <param name="Instance">The instance as it was last, at stage Failed.</param>
/// <param name="Id">One of <see cref="ErrorId"/>.</param>
/// <param name="Message">What went wrong, with the host's own last lines.</param>
public sealed record InstanceFailure(LOInstance Instance, string Id, string Message);

/// <summary>What a deployment came to.</summary>
public sealed record DeploymentResult
{
    /// <summary>The deployment's id.</summary>
    public required string Deployment { get; init; }

    /// <summary>The project's name.</summary>
    public required string Project { get; init; }

    /// <summary>How many instances were asked for.</summary>
    public required int Requested { get; init; }

    /// <summary>How many had to become healthy.</summary>
    public required int Minimum { get; init; }

    /// <summary>Every instance as it was last, by name.</summary>
    public required IReadOnlyList<LOInstance> Instances { get; init; }

    /// <summary>The failures, one per failed instance.</summary>
    public required IReadOnlyList<InstanceFailure> Failures { get; init; }

    /// <summary>From the plan to the last health check.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>The release that was published.</summary>
    public required string Release { get; init; }

    /// <summary>The healthy instances.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IEnumerable<LOInstance> Healthy => Instances.Where(i => i.Stage == Stage.Healthy);

    /// <summary>The addresses that answer.</summary>
    public IEnumerable<string> Urls => Healthy.Select(i => i.Url!);

    /// <summary>
    /// The exit code of <c>launch</c>: 0 all are healthy, 3 fewer than asked for though at least the minimum, 1 failed.
    /// </summary>
    public int ExitCode
    {
        get
        {
            var healthy = Healthy.Count();
            return healthy == Requested ? 0 : healthy >= Minimum ? 3 : 1;
        }
    }
}
