using System.Globalization;
using LinkOverflow.Deploy.Deployments;

namespace LinkOverflow.Launch;

/// <summary>One line per event with its time, fit for a log.</summary>
internal sealed class LineView(TextWriter error, bool verbose) : ProgressView
{
    private readonly Lock _gate = new();

    public override void Show(DeploymentEvent happened)
    {
        if (happened.Kind == EventKind.Output && !verbose)
        {
            return;
        }

        var kind = happened.Kind switch { EventKind.Warning => "warning: ", EventKind.Failed => "failed: ", EventKind.Output => "| ", _ => "" };
        var name = happened.Instance is { } instance ? $"{instance.Name}: " : "";
        lock (_gate)
        {
            error.WriteLine($"{happened.Time.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} {name}{kind}{happened.Message}");
        }
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
