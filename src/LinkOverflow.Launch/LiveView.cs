using System.Collections.Concurrent;
using LinkOverflow.Deploy.Deployments;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace LinkOverflow.Launch;

/// <summary>A table with a row per instance that changes in place, on a terminal.</summary>
internal sealed class LiveView : ProgressView
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (LOInstance Instance, string Doing)> _rows = new(StringComparer.Ordinal);
    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly CancellationTokenSource _ended = new();
    private readonly bool _verbose;
    private readonly Task _drawing;
    private readonly ConcurrentQueue<string> _lines = new();

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
            Update(context);
            await Task.Delay(150, CancellationToken.None);
        }

        Update(context);
    }

    // Lines stay above the table, where they can be scrolled back to.
    private void Update(LiveDisplayContext context)
    {
        while (_lines.TryDequeue(out var line))
        {
            _console.Write(new Text(line + Environment.NewLine));
        }

        context.UpdateTarget(Draw());
    }

    private IRenderable Draw()
    {
        lock (_gate)
        {
            return LiveTable.Draw(_rows.Values, _console.Profile.Width, _console.Profile.Height);
        }
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd();
}
