using System.Text.Json.Serialization;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>An instance that a step failed on.</summary>
/// <param name="Instance">The instance as it was last, at stage Failed.</param>
/// <param name="Id">One of <see cref="ErrorId"/>.</param>
/// <param name="Message">What went wrong, with the host's own last lines, and what to do about it.</param>
/// <param name="Log">The last lines that the host printed, whatever step they came from.</param>
public sealed record InstanceFailure(LOInstance Instance, string Id, string Message, IReadOnlyList<string> Log)
{
    /// <summary>The failure that an exception tells of.</summary>
    internal static InstanceFailure Of(LOInstance instance, Exception e, IReadOnlyList<string> log)
    {
        var id = e is DeployException known ? known.Id : ErrorId.Unexpected;
        var message = e is DeployException expected ? Text(expected.Problems[0]) : e.ToString();
        var failed = (instance with { Health = id }).At(Stage.Failed);
        return new InstanceFailure(failed, id, message, log);
    }

    // Below a log what to do is a line of its own.
    private static string Text(Problem problem) => problem.Fix is null
        ? problem.Message
        : problem.Message + (problem.Message.Contains('\n', StringComparison.Ordinal) ? Environment.NewLine : " ") + problem.Fix;
}

/// <summary>What a deployment came to. Its lists are arrays: what the compiler makes of a collection expression cannot be indexed in PowerShell.</summary>
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
    public required IReadOnlyList<LOInstance> Instances { get; init => field = value.ToArray(); }

    /// <summary>The failures, one per failed instance.</summary>
    public required IReadOnlyList<InstanceFailure> Failures { get; init => field = value.ToArray(); }

    /// <summary>When it began, in UTC.</summary>
    public DateTime Started { get; init; }

    /// <summary>From the plan to the last health check.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>The release that was published.</summary>
    public required string Release { get; init; }

    /// <summary>The region it is in.</summary>
    public string Region { get; init; } = "";

    /// <summary>The version of this program.</summary>
    public string Version { get; init; } = typeof(DeploymentResult).Assembly.GetName().Version!.ToString(3);

    /// <summary>The ids of the instances that were ended again, as FailureAction.Remove asks for.</summary>
    public IReadOnlyList<string> Removed { get; init => field = value.ToArray(); } = [];

    /// <summary>The names of the hosts that an update did not come to, since a wave before theirs failed.</summary>
    public IReadOnlyList<string> Untouched { get; init => field = value.ToArray(); } = [];

    /// <summary>The report's file, where one was asked for.</summary>
    public string? Report { get; init; }

    /// <summary>The healthy instances, as far as they were not removed again.</summary>
    [JsonIgnore]
    public IReadOnlyList<LOInstance> Healthy => Instances.Where(i => i.Stage == Stage.Healthy && !Removed.Contains(i.InstanceId, StringComparer.Ordinal)).ToArray();

    /// <summary>The instances that failed.</summary>
    [JsonIgnore]
    public IReadOnlyList<LOInstance> Failed => Instances.Where(i => i.Stage == Stage.Failed).ToArray();

    /// <summary>The addresses that answer.</summary>
    public IReadOnlyList<string> Urls => Healthy.Select(i => i.Url!).ToArray();

    /// <summary>Whether at least the minimum is healthy.</summary>
    public bool Success => Healthy.Count >= Minimum;

    /// <summary>What each instance did when.</summary>
    public IReadOnlyList<Timeline> Timeline => Instances.Select(i => Deployments.Timeline.Of(i, Started)).ToArray();

    /// <summary>
    /// The exit code of <c>launch</c>: 0 all are healthy, 3 fewer than asked for though at least the minimum, 1 failed.
    /// </summary>
    public int ExitCode => Healthy.Count == Requested ? 0 : Success ? 3 : 1;
}
