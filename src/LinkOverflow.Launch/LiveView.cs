using System.Globalization;
using LinkOverflow.Deploy.Deployments;
using Spectre.Console;

namespace LinkOverflow.Launch;

/// <summary>A table with a row per instance that changes in place, on a terminal.</summary>
internal sealed class LiveView : ProgressView
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, (LOInstance Instance, string Doing)> _rows = new(StringComparer.Ordinal);
    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly CancellationTokenSource _ended = new();
    private readonly bool _verbose;
    private readonly Task _drawing;
    private readonly Queue<string> _lines = new();

    public LiveView(bool verbose)
    {
        _verbose = verbose;
        _drawing = _console.Live(Draw()).StartAsync(DrawUntilEndedAsync);
    }

    public override void Show(DeploymentEvent happened)
    {
        lock (_gate)
        {
            if (happened.Instance is { } instance && happened.Kind is EventKind.StepStarted or EventKind.StepCompleted or EventKind.Failed)
            {
                _rows[instance.Name] = (instance, happened.Kind == EventKind.Failed ? FirstLine(happened.Message) : happened.Message);
            }
            else if (happened.Kind != EventKind.Output || _verbose)
            {
                _lines.Enqueue(happened.Instance is { } host ? $"{host.Name}: {happened.Message}" : happened.Message);
                if (_lines.Count > 12)
                {
                    _lines.Dequeue();
                }
            }
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _drawing;
        _ended.Dispose();
    }

    private async Task DrawUntilEndedAsync(LiveDisplayContext context)
    {
        while (!_ended.IsCancellationRequested)
        {
            context.UpdateTarget(Draw());
            await Task.Delay(150, CancellationToken.None);
        }

        context.UpdateTarget(Draw());
    }

    private Rows Draw()
    {
        lock (_gate)
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumns("Instance", "Stage", "Seconds", "Now");
            foreach (var (instance, doing) in _rows.Values)
            {
                var color = instance.Stage switch { Stage.Healthy => "green", Stage.Failed => "red", _ => "yellow" };
                var seconds = instance.Stage is Stage.Healthy or Stage.Failed ? instance.Elapsed : DateTime.UtcNow - instance.Begun;
                table.AddRow(
                    new Text(instance.Name),
                    new Markup($"[{color}]{instance.Stage}[/]"),
                    new Text(seconds.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)).RightJustified(),
                    new Text(doing) { Overflow = Overflow.Ellipsis });
            }

            return new Rows([.. _lines.Select(line => new Text(line)), table]);
        }
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd();
}
