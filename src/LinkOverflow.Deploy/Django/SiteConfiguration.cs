using System.Text;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Django;

/// <summary>The files that stand around a release on a host: the site's environment, and what fits the project's settings to the host.</summary>
internal static class SiteConfiguration
{
    private static readonly string[] Modules =
        ["linkoverflow_settings.py", "linkoverflow_wsgi.py", "linkoverflow_static.py", "linkoverflow_release.py"];

    /// <summary>Writes them as a tar: the environment may hold secrets, which must not be arguments.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="instance">The host.</param>
    /// <param name="project">The project.</param>
    /// <param name="release">The release's id.</param>
    /// <param name="config">Its environment is the site's, too.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    public static Task WriteAsync(
        Stream stream,
        LOInstance instance,
        DjangoProject project,
        string release,
        InstanceConfig config,
        CancellationToken cancellationToken)
    {
        var environment = new Dictionary<string, string>(config.Environment, StringComparer.Ordinal);
        environment["LINKOVERFLOW_SETTINGS"] = project.SettingsModule;
        environment["LINKOVERFLOW_SHARED"] = $"/srv/{project.Name}/shared";
        environment["LINKOVERFLOW_DATABASES"] = string.Join(',', config.Databases);
        environment["LINKOVERFLOW_DUMPS"] = config.DatabaseDumps ? "yes" : "no";
        environment["DJANGO_SETTINGS_MODULE"] = "linkoverflow_settings";
        environment["DJANGO_ALLOWED_HOSTS"] = string.Join(
            ',',
            new[] { environment.GetValueOrDefault("DJANGO_ALLOWED_HOSTS"), instance.PublicIp, instance.PrivateIp, "127.0.0.1", "localhost" }
                .Where(a => !string.IsNullOrEmpty(a)));
        environment["LO_RELEASE"] = release;
        environment["LO_INSTANCE"] = instance.Name;
        environment["LO_INSTANCE_ID"] = instance.InstanceId;
        environment["LO_DEPLOYMENT"] = instance.Deployment;
        return RemoteFiles.WriteTarAsync(
            stream, [("site.env", Text(environment)), .. Modules.Select(m => (m, RemoteScript.Resource(m)))], cancellationToken);
    }

    /// <summary>
    /// The variables as both systemd (systemd.exec(5), EnvironmentFile=) and a shell read them: in double quotes both want a backslash before
    /// these four, and take everything else as it is.
    /// </summary>
    internal static string Text(IReadOnlyDictionary<string, string> environment)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in environment)
        {
            var quoted = string.Concat(value.Select(c => c is '\\' or '"' or '$' or '`' ? $"\\{c}" : c.ToString()));
            text.Append(name).Append("=\"").Append(quoted).Append("\"\n");
        }

        return text.ToString();
    }
}
