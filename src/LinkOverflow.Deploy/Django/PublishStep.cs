using System.Globalization;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Django;

/// <summary>
/// Puts a release of a project on an instance and has it served. On the host: /srv/PROJECT/releases/ID holds a release, shared what
/// outlives it, current leads to the one in use; a systemd service under its own user serves it.
/// </summary>
public static class PublishStep
{
    // Exit codes of activate.sh and undo.sh.
    private const int NoSiteUser = 3;
    private const int MigrationFailed = 4;
    private const int NotHealthy = 5;
    private const int DoesNotLoad = 6;
    private const int RequirementsFailed = 7;

    private const int LastLines = 26;

    /// <summary>What every script that changes what a site serves is made of, but for its own last part.</summary>
    internal static readonly string[] SiteScripts = ["cancellation.sh", "lock.sh", "site.sh", "release.sh", "database.sh", "service.sh", "takeover.sh"];

    /// <summary>Publishes and waits until the site answers its health check, on the host and from here.</summary>
    /// <param name="instance">An instance that Puppet has configured.</param>
    /// <param name="project">The project.</param>
    /// <param name="archive">Its files.</param>
    /// <param name="config">Port, server and health check.</param>
    /// <param name="events">Where events go.</param>
    /// <param name="cancellationToken">Ends the step.</param>
    /// <returns>The instance, healthy.</returns>
    /// <exception cref="DeployException">PublishFailed, MigrationFailed, HealthCheckFailed, or an error of the connection.</exception>
    public static async Task<LOInstance> RunAsync(
        LOInstance instance,
        DjangoProject project,
        ProjectArchive archive,
        InstanceConfig config,
        Action<DeploymentEvent> events,
        CancellationToken cancellationToken)
    {
        await SendAsync(instance, project, archive, events, cancellationToken);
        return await ActivateAsync(instance, project, archive, config, events, cancellationToken);
    }

    /// <summary>Puts the release's files on an instance, where nothing uses them yet. Needs nothing of what Puppet brings.</summary>
    /// <param name="instance">An instance that can be logged in to.</param>
    /// <param name="project">The project.</param>
    /// <param name="archive">Its files.</param>
    /// <param name="events">Where events go.</param>
    /// <param name="cancellationToken">Ends the transfer; the host keeps no part of it.</param>
    /// <exception cref="DeployException">PublishFailed, or an error of the connection.</exception>
    public static async Task SendAsync(
        LOInstance instance,
        DjangoProject project,
        ProjectArchive archive,
        Action<DeploymentEvent> events,
        CancellationToken cancellationToken)
    {
        if (archive.LeftOut.Count > 0 && archive.IsNews("left out"))
        {
            events(new DeploymentEvent(
                EventKind.Warning, $"not published, as pipes, sockets and devices have no content: {string.Join(", ", archive.LeftOut)}"));
        }

        await ReleaseTransfer.SendAsync(
            instance.Ssh(),
            instance.Name,
            project.Name,
            archive,
            line => events(new DeploymentEvent(EventKind.Output, line, instance)),
            cancellationToken);
    }

    /// <summary>Has a release that was sent served, and waits until the site answers its health check, on the host and from here.</summary>
    /// <param name="instance">An instance that Puppet has configured and that has the release's files.</param>
    /// <param name="project">The project.</param>
    /// <param name="archive">Its files.</param>
    /// <param name="config">Port, server and health check.</param>
    /// <param name="events">Where events go.</param>
    /// <param name="cancellationToken">Ends the step.</param>
    /// <returns>The instance, healthy.</returns>
    /// <exception cref="DeployException">PublishFailed, MigrationFailed, HealthCheckFailed, or an error of the connection.</exception>
    public static async Task<LOInstance> ActivateAsync(
        LOInstance instance,
        DjangoProject project,
        ProjectArchive archive,
        InstanceConfig config,
        Action<DeploymentEvent> events,
        CancellationToken cancellationToken)
    {
        events(new DeploymentEvent(EventKind.StepStarted, $"publishing release {archive.ReleaseId}", instance));
        var activate = RemoteScript.Embedded(
            [.. SiteScripts, "activate.sh"],
            [
                .. SiteArguments(instance, project.Name, archive.ReleaseId, config),
                config.KeepReleases.ToString(CultureInfo.InvariantCulture),
                string.Join('\n', config.SharedPaths),
            ]);
        var result = await SshConnections.RunAsync(
            instance.Ssh(),
            activate,
            (stream, token) => SiteConfiguration.WriteAsync(stream, instance, project, archive.ReleaseId, config, token),
            new HostLines(instance, events, archive.IsNews).Say,
            cancellationToken);
        Check(result, instance, "put the release in place");
        return await AnswersAsync(instance, project.Name, archive.ReleaseId, config, events, cancellationToken);
    }

    /// <summary>The end of a publish and of its undoing: the release is in use, and the site has to answer from here.</summary>
    internal static async Task<LOInstance> AnswersAsync(
        LOInstance instance, string project, string release, InstanceConfig config, Action<DeploymentEvent> events, CancellationToken cancellationToken)
    {
        var url = $"http://{instance.Address}:{config.Port}/";
        var published = (instance with { Release = release, Url = url }).At(Stage.Published);
        events(new DeploymentEvent(EventKind.StepCompleted, $"release {release} is served", published));
        try
        {
            await HealthCheck.WaitAsync(new Uri(new Uri(url), config.HealthPath), config.HealthTimeout, cancellationToken);
        }
        catch (DeployException e) when (e.Id == ErrorId.HealthCheckFailed)
        {
            throw await TakenBackAsync(e.Problems[0], instance, project, release, config, events, cancellationToken);
        }

        var healthy = (published with { Health = HealthCheck.Ok }).At(Stage.Healthy);
        events(new DeploymentEvent(EventKind.StepCompleted, $"answers at {url}", healthy));
        return healthy;
    }

    /// <summary>What a script of <see cref="SiteScripts"/> has to know: project, release, server, port, address, health path and timeout (s).</summary>
    internal static string[] SiteArguments(LOInstance instance, string project, string release, InstanceConfig config) =>
    [
        project,
        release,
        config.Server,
        config.Port.ToString(CultureInfo.InvariantCulture),
        instance.Address,
        config.HealthPath,
        ((int)config.HealthTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture),
    ];

    /// <summary>Has the host put back what it had before a release that does not answer from here; the error has the service's last words.</summary>
    private static async Task<DeployException> TakenBackAsync(
        Problem problem,
        LOInstance instance,
        string project,
        string release,
        InstanceConfig config,
        Action<DeploymentEvent> events,
        CancellationToken cancellationToken)
    {
        string said;
        try
        {
            var result = await SshConnections.RunAsync(
                instance.Ssh(),
                RemoteScript.Embedded([.. SiteScripts, "takeback.sh"], SiteArguments(instance, project, release, config)),
                line: new HostLines(instance, events).Say,
                cancellationToken: cancellationToken);
            said = result.Tail(LastLines);
        }
        catch (DeployException e)
        {
            said = $"What the host has to say of it cannot be read: {e.Message}";
        }

        return new DeployException(problem.Id, $"{problem.Message}{Environment.NewLine}{said}", problem.Fix);
    }

    internal static void Check(RemoteResult result, LOInstance instance, string what)
    {
        if (result.ExitCode == 0)
        {
            return;
        }

        // The service's last 20 lines, and what was said around them.
        var tail = $"{Environment.NewLine}{result.Tail(LastLines)}";
        throw result.ExitCode switch
        {
            NoSiteUser => new DeployException(
                ErrorId.PublishFailed,
                $"{instance.Name} has no user for the site.",
                "Run Install-LOPuppet first; the manifest has to make the user that the fact lo_user names."),
            MigrationFailed => new DeployException(
                ErrorId.MigrationFailed, $"The migrations of the release failed on {instance.Name}:{tail}"),
            NotHealthy => new DeployException(
                ErrorId.HealthCheckFailed, $"The site does not answer its health check on {instance.Name}:{tail}"),
            DoesNotLoad => new DeployException(
                ErrorId.PublishFailed, $"The release does not load on {instance.Name}:{tail}"),
            RequirementsFailed => new DeployException(
                ErrorId.PublishFailed, $"The project's requirements.txt could not be installed on {instance.Name}:{tail}"),
            _ => new DeployException(
                ErrorId.PublishFailed, $"{instance.Name} could not {what} (exit code {result.ExitCode}):{tail}"),
        };
    }
}
