using System.Globalization;
using System.Text;
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
    // Exit codes of activate.sh.
    private const int NoSiteUser = 3;
    private const int MigrationFailed = 4;
    private const int NotHealthy = 5;

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
        var ssh = instance.Ssh();
        var prepare = await SshConnections.RunAsync(
            ssh, RemoteScript.Embedded("prepare.sh", project.Name, archive.ReleaseId), line: null, cancellationToken: cancellationToken);
        Check(prepare, instance, "prepare its folders");
        if (prepare.Output.Trim() != "present")
        {
            var receive = await SshConnections.RunAsync(
                ssh, RemoteScript.Embedded("receive.sh", project.Name, archive.ReleaseId), archive.WriteAsync, Line, cancellationToken);
            Check(receive, instance, "take the release");
        }

        void Line(string line) => events(new DeploymentEvent(EventKind.Output, line, instance));
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
        void Line(string line) => events(new DeploymentEvent(EventKind.Output, line, instance));
        var activate = RemoteScript.Embedded(
            "activate.sh",
            project.Name,
            archive.ReleaseId,
            config.Server,
            config.Port.ToString(CultureInfo.InvariantCulture),
            instance.Address,
            config.HealthPath,
            ((int)config.HealthTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture),
            config.KeepReleases.ToString(CultureInfo.InvariantCulture));
        var result = await SshConnections.RunAsync(
            instance.Ssh(), activate, (stream, token) => SendConfigurationAsync(stream, instance, project, archive, config, token), Line, cancellationToken);
        Check(result, instance, "put the release in place");

        var url = $"http://{instance.Address}:{config.Port}/";
        var published = (instance with { Release = archive.ReleaseId, Url = url }).At(Stage.Published);
        events(new DeploymentEvent(EventKind.StepCompleted, $"release {archive.ReleaseId} is served", published));

        await HealthCheck.WaitAsync(new Uri(new Uri(url), config.HealthPath), config.HealthTimeout, cancellationToken);
        var healthy = (published with { Health = "ok" }).At(Stage.Healthy);
        events(new DeploymentEvent(EventKind.StepCompleted, $"answers at {url}", healthy));
        return healthy;
    }

    /// <summary>
    /// The files around a release, as a tar on the script's input: the site's environment may hold secrets, which must not be arguments.
    /// </summary>
    private static async Task SendConfigurationAsync(
        Stream stream, LOInstance instance, DjangoProject project, ProjectArchive archive, InstanceConfig config, CancellationToken cancellationToken)
    {
        var environment = new Dictionary<string, string>(config.Environment, StringComparer.Ordinal)
        {
            ["LINKOVERFLOW_SETTINGS"] = project.SettingsModule,
            ["LINKOVERFLOW_SHARED"] = $"/srv/{project.Name}/shared",
            ["DJANGO_SETTINGS_MODULE"] = "linkoverflow_settings",
            ["DJANGO_ALLOWED_HOSTS"] = string.Join(
                ',', new[] { instance.PublicIp, instance.PrivateIp, "127.0.0.1", "localhost" }.Where(a => a is not null)),
            ["LO_RELEASE"] = archive.ReleaseId,
            ["LO_INSTANCE"] = instance.Name,
            ["LO_INSTANCE_ID"] = instance.InstanceId,
            ["LO_DEPLOYMENT"] = instance.Deployment,
        };
        var site = new StringBuilder();
        foreach (var (name, value) in environment)
        {
            // Read by systemd (systemd.exec(5), EnvironmentFile=) and by a shell; in double quotes both want a backslash before these four.
            var quoted = string.Concat(value.Select(c => c is '\\' or '"' or '$' or '`' ? $"\\{c}" : c.ToString()));
            site.Append(name).Append("=\"").Append(quoted).Append("\"\n");
        }

        await RemoteFiles.WriteTarAsync(
            stream,
            [
                ("site.env", site.ToString()),
                ("linkoverflow_settings.py", RemoteScript.Resource("linkoverflow_settings.py")),
                ("linkoverflow_wsgi.py", RemoteScript.Resource("linkoverflow_wsgi.py")),
            ],
            cancellationToken);
    }

    private static void Check(RemoteResult result, LOInstance instance, string what)
    {
        if (result.ExitCode == 0)
        {
            return;
        }

        var tail = $"{Environment.NewLine}{result.Tail(20)}";
        throw result.ExitCode switch
        {
            NoSiteUser => new DeployException(
                ErrorId.PublishFailed,
                $"{instance.Name} has no user for the site.",
                "Run Install-LOPuppet first; the manifest has to make the user that the fact lo_user names."),
            MigrationFailed => new DeployException(
                ErrorId.MigrationFailed, $"The migrations of the release failed on {instance.Name}; the site stays as it was:{tail}"),
            NotHealthy => new DeployException(
                ErrorId.HealthCheckFailed, $"The site does not answer its health check on {instance.Name}:{tail}"),
            _ => new DeployException(
                ErrorId.PublishFailed, $"{instance.Name} could not {what} (exit code {result.ExitCode}):{tail}"),
        };
    }
}
