using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Django;

/// <summary>Takes a site back to an earlier release that its host still holds.</summary>
public static class UndoStep
{
    // An exit code of undo.sh.
    private const int NoSuchRelease = 9;

    /// <summary>Goes back and waits until the site answers its health check.</summary>
    /// <param name="instance">The host.</param>
    /// <param name="release">The release's id; null: the one that was in use before it.</param>
    /// <param name="database">
    /// Whether the SQLite database goes back as well, to what it was before the first migration since the release was last published. What was
    /// written since is not in it then; the host keeps a copy of the database as it was.
    /// </param>
    /// <param name="config">Port, server and health check.</param>
    /// <param name="events">Where events go.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The instance, healthy, with the release.</returns>
    /// <exception cref="DeployException">ReleaseNotFound, PublishFailed, HealthCheckFailed, or an error of the connection.</exception>
    public static async Task<LOInstance> RunAsync(
        LOInstance instance,
        string? release,
        bool database,
        InstanceConfig config,
        Action<DeploymentEvent> events,
        CancellationToken cancellationToken)
    {
        events(new DeploymentEvent(EventKind.StepStarted, $"going back to {(release is null ? "the release before" : $"release {release}")}", instance));
        var undo = RemoteScript.Embedded(
            [.. PublishStep.SiteScripts, "undo.sh"],
            [.. PublishStep.SiteArguments(instance, instance.Project, release ?? "", config), database ? "yes" : "no"]);
        var result = await SshConnections.RunAsync(
            instance.Ssh(), undo, line: new HostLines(instance, events).Say, cancellationToken: cancellationToken);
        if (result.ExitCode == NoSuchRelease)
        {
            throw new DeployException(
                ErrorId.ReleaseNotFound, $"{instance.Name}: {result.Error.Trim()}", "Get-LORelease lists what a host holds; KeepReleases says how many stay.");
        }

        PublishStep.Check(result, instance, "go back");
        return await PublishStep.AnswersAsync(instance, instance.Project, result.Output.TrimEnd().Split('\n')[^1], config, events, cancellationToken);
    }
}
