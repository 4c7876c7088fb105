namespace LinkOverflow.Deploy.Deployments;

/// <summary>One step of one instance, as times since the deployment began.</summary>
/// <param name="Step">Launch, Boot, Puppet, Publish or Health.</param>
/// <param name="Start">When it began.</param>
/// <param name="End">When it ended, well or not.</param>
/// <param name="Failed">Whether the instance failed in it.</param>
public sealed record TimelineSpan(string Step, TimeSpan Start, TimeSpan End, bool Failed);

/// <summary>What one instance did when.</summary>
/// <param name="Name">The instance's name.</param>
/// <param name="Spans">Its steps, in order.</param>
public sealed record Timeline(string Name, IReadOnlyList<TimelineSpan> Spans)
{
    private static readonly (string Step, Stage Until)[] Steps =
    [
        ("Launch", Stage.Booting), ("Boot", Stage.Reachable), ("Puppet", Stage.Configured), ("Publish", Stage.Published), ("Health", Stage.Healthy),
    ];

    /// <summary>Puts an instance's stages on a deployment's clock.</summary>
    /// <param name="instance">The instance as it was last.</param>
    /// <param name="started">When the deployment (or its resumption) began, in UTC.</param>
    public static Timeline Of(LOInstance instance, DateTime started)
    {
        var spans = new List<TimelineSpan>();
        var offset = instance.Begun - started;
        var at = Since(instance.Reached.GetValueOrDefault(nameof(Stage.Pending)));
        foreach (var (step, until) in Steps)
        {
            if (instance.Reached.TryGetValue(until.ToString(), out var reached))
            {
                var end = Since(reached);

                // What was done before a resumption began has no length in it.
                if (end > at)
                {
                    spans.Add(new TimelineSpan(step, at, end, Failed: false));
                    at = end;
                }
            }
            else if (instance.Reached.TryGetValue(nameof(Stage.Failed), out var failed))
            {
                spans.Add(new TimelineSpan(step, at, Since(failed) is var end && end > at ? end : at, Failed: true));
                break;
            }
        }

        return new Timeline(instance.Name, spans);

        TimeSpan Since(TimeSpan sinceBegun) => offset + sinceBegun is var time && time > TimeSpan.Zero ? time : TimeSpan.Zero;
    }
}
