namespace LinkOverflow.Deploy.Deployments;

/// <summary>
/// What a host prints, as events. A script of this program marks what people have to know: <c>lo:warning</c> and <c>lo:note</c>;
/// everything else is output.
/// </summary>
/// <param name="instance">The host.</param>
/// <param name="events">Where events go.</param>
/// <param name="isNews">Whether a warning was not told before, for what is the same on every host; null: each is told.</param>
internal sealed class HostLines(LOInstance instance, Action<DeploymentEvent> events, Func<string, bool>? isNews = null)
{
    private const string Warning = "lo:warning ";
    private const string Note = "lo:note ";

    public void Say(string line)
    {
        if (line.StartsWith(Warning, StringComparison.Ordinal))
        {
            var text = line[Warning.Length..];
            if (isNews?.Invoke(text) ?? true)
            {
                events(new DeploymentEvent(EventKind.Warning, text, instance));
            }
        }
        else if (line.StartsWith(Note, StringComparison.Ordinal))
        {
            events(new DeploymentEvent(EventKind.Information, line[Note.Length..], instance));
        }
        else
        {
            events(new DeploymentEvent(EventKind.Output, line, instance));
        }
    }
}
