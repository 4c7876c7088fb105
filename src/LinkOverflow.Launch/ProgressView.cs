using LinkOverflow.Deploy.Deployments;

namespace LinkOverflow.Launch;

/// <summary>Shows a deployment's events as they come.</summary>
internal abstract class ProgressView : IAsyncDisposable
{
    /// <summary>A live table where stderr is a terminal, else one line per event.</summary>
    public static ProgressView Create(TextWriter error, bool verbose) =>
        Console.IsErrorRedirected || error != Console.Error ? new LineView(error, verbose) : new LiveView(verbose);

    /// <summary>Shows an event; called from any thread.</summary>
    public abstract void Show(DeploymentEvent happened);

    public abstract ValueTask DisposeAsync();
}
