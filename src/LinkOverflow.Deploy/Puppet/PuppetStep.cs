using System.Globalization;
using System.Text.Json;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Puppet;

/// <summary>Brings an instance to its desired state: installs Puppet where it is missing and applies the manifest, without a Puppet server.</summary>
public static class PuppetStep
{
    /// <summary>The system user that serves sites; the manifest makes it from the fact lo_user.</summary>
    public const string SiteUser = "linkoverflow";

    // cloud-init can take minutes to install what an image asks for.
    private static readonly TimeSpan LockWait = TimeSpan.FromMinutes(10);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Installs Puppet and applies the manifest.</summary>
    /// <param name="instance">An instance that can be logged in to.</param>
    /// <param name="config">PuppetURL, PuppetConfigFile and Port.</param>
    /// <param name="noOp">Change nothing but Puppet itself, where it is missing; the result tells what would change.</param>
    /// <param name="events">Where events go.</param>
    /// <param name="cancellationToken">Ends the step.</param>
    /// <returns>The instance, configured; with <paramref name="noOp"/> as it was, but for the run.</returns>
    /// <exception cref="DeployException">PuppetInstallFailed, ManifestInvalid, PuppetApplyFailed, or an error of the connection.</exception>
    public static async Task<LOInstance> RunAsync(
        LOInstance instance, InstanceConfig config, bool noOp, Action<DeploymentEvent> events, CancellationToken cancellationToken)
    {
        var ssh = instance.Ssh();
        var lines = new HostLines(instance, events);

        events(new DeploymentEvent(EventKind.StepStarted, "installing Puppet", instance));

        // A file: URL means this machine's file, where it has it, else the host's.
        var package = Uri.TryCreate(config.PuppetUrl, UriKind.Absolute, out var url) && url.IsFile && File.Exists(url.LocalPath) ? url.LocalPath : null;
        async Task SendAsync(Stream stream, CancellationToken token)
        {
            await using var file = File.OpenRead(package!);
            await file.CopyToAsync(stream, token);
        }

        var install = await SshConnections.RunAsync(
            ssh,
            RemoteScript.Embedded(
                ["cancellation.sh", "lock.sh", "mend.sh", "install.sh"],
                package is null ? config.PuppetUrl ?? "" : $"input:{Path.GetFileName(package)}",
                ((int)LockWait.TotalSeconds).ToString(CultureInfo.InvariantCulture)),
            package is null ? null : SendAsync,
            lines.Say,
            cancellationToken);
        if (install.ExitCode != 0)
        {
            throw new DeployException(
                ErrorId.PuppetInstallFailed,
                $"Puppet could not be installed on {instance.Name}{(config.PuppetUrl is null ? "" : $" from {config.PuppetUrl}")}:{Environment.NewLine}{install.Tail()}",
                "Check PuppetURL in instance.config, and whether the host reaches its package sources.");
        }

        events(new DeploymentEvent(EventKind.StepStarted, "applying the manifest", instance));
        var apply = await SshConnections.RunAsync(
            ssh,
            RemoteScript.Embedded(
                ["cancellation.sh", "lock.sh", "apply.sh"],
                Directory.Exists(config.PuppetConfigFile) ? "" : Path.GetFileName(config.PuppetConfigFile),
                instance.Project,
                config.Port.ToString(CultureInfo.InvariantCulture),
                SiteUser,
                instance.Deployment,
                noOp ? "yes" : "no",
                await DesiredState.FingerprintAsync(instance.Project, config, cancellationToken)),
            (stream, token) => RemoteFiles.WriteTreeAsync(stream, config.PuppetConfigFile, token),
            line =>
            {
                // The summary of the report is for this program.
                if (!line.StartsWith('{'))
                {
                    lines.Say(line);
                }
            },
            cancellationToken);
        var run = Report(apply.Output);

        // puppet apply --detailed-exitcodes: 0 nothing to change, 2 changed, 4 and 6 failures among the resources, 1 no run at all.
        if (apply.ExitCode is not (0 or 2) || run is null)
        {
            throw Failure(instance, apply, run, config);
        }

        var configured = noOp ? instance with { Puppet = run } : (instance with { Puppet = run }).At(Stage.Configured);
        events(new DeploymentEvent(EventKind.StepCompleted, $"Puppet {run}", configured));
        return configured;
    }

    private static PuppetRun? Report(string output) =>
        output.Split('\n').LastOrDefault(l => l.StartsWith('{')) is { } json ? JsonSerializer.Deserialize<PuppetRun>(json, Json) : null;

    private static DeployException Failure(LOInstance instance, RemoteResult apply, PuppetRun? run, InstanceConfig config)
    {
        if (run is { Failed.Count: > 0 })
        {
            var failed = string.Join(Environment.NewLine, run.Failed.Select(f => $"  {f}").Concat(run.Skipped.Select(s => $"  skipped: {s}")));
            return new DeployException(
                ErrorId.PuppetApplyFailed, $"Puppet could not bring {instance.Name} to its desired state:{Environment.NewLine}{failed}");
        }

        var invalid = apply.Error.Contains("Could not parse", StringComparison.Ordinal)
            || apply.Error.Contains("Syntax error", StringComparison.Ordinal)
            || apply.Error.Contains("Evaluation Error", StringComparison.Ordinal);
        return new DeployException(
            invalid ? ErrorId.ManifestInvalid : ErrorId.PuppetApplyFailed,
            $"Puppet did not get through {config.PuppetConfigFile} on {instance.Name} (exit code {apply.ExitCode}):{Environment.NewLine}{apply.Tail()}");
    }
}
