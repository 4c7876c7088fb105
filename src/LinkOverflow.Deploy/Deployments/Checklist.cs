using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Puppet;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>All that can be known wrong before anything is started.</summary>
public static class Checklist
{
    /// <summary>Makes all checks: what the files alone tell, and, where they are right, side by side what only EC2 and Puppet know.</summary>
    /// <param name="project">The project's folder, or null.</param>
    /// <param name="awsSettings">The settings file.</param>
    /// <param name="instanceConfig">The configuration file.</param>
    /// <param name="connect">Makes the cloud to ask; null leaves EC2 out.</param>
    /// <param name="cancellationToken">Ends the checks.</param>
    public static async Task<IReadOnlyList<SettingsCheck>> RunAsync(
        string? project,
        string awsSettings,
        string instanceConfig,
        Func<AwsSettings, ICloud>? connect,
        CancellationToken cancellationToken)
    {
        var checks = new List<SettingsCheck>();
        if (project is not null)
        {
            Read("Project", project, problems => DjangoProject.Read(project, problems), p => $"Django project {p.Name}", checks);
        }

        var settings = Read(
            "AwsSettings", awsSettings, problems => AwsSettings.Read(awsSettings, problems), s => $"key pair {s.KeyPair}, {s.Zone ?? s.Region}", checks);
        var config = Read(
            "InstanceConfig",
            instanceConfig,
            problems => InstanceConfig.Read(instanceConfig, problems),
            c => $"{c.InstanceType} of {c.ImageId}",
            checks);

        var manifest = config is null
            ? Task.FromResult(SettingsCheck.Skipped("Manifest", "The configuration has to be right first."))
            : ManifestAsync(config, cancellationToken);
        var cloud = connect is null ? CloudChecks.Skipped("EC2 was left out.")
            : settings is null || config is null ? CloudChecks.Skipped("The files have to be right first.")
            : await CloudAsync(connect, settings, config, cancellationToken);
        return [.. checks, await manifest, .. cloud];
    }

    /// <summary>Asks EC2 what it knows to be wrong with a plan.</summary>
    /// <exception cref="SettingsException">All that is wrong.</exception>
    public static async Task ThrowUnlessCloudAgreesAsync(ICloud cloud, AwsSettings settings, InstanceConfig config, CancellationToken cancellationToken)
    {
        var wrong = (await new CloudChecks(cloud, settings, config).RunAsync(cancellationToken))
            .Where(c => c.Status == CheckStatus.Error)
            .Select(c => c.ToProblem())
            .ToArray();
        if (wrong.Length > 0)
        {
            throw new SettingsException(wrong);
        }
    }

    private static async Task<IReadOnlyList<SettingsCheck>> CloudAsync(
        Func<AwsSettings, ICloud> connect, AwsSettings settings, InstanceConfig config, CancellationToken cancellationToken)
    {
        try
        {
            using var cloud = connect(settings);
            return await new CloudChecks(cloud, settings, config).RunAsync(cancellationToken);
        }
        catch (DeployException e)
        {
            return CloudChecks.Refused(e.Problems[0], settings);
        }
    }

    private static async Task<SettingsCheck> ManifestAsync(InstanceConfig config, CancellationToken cancellationToken)
    {
        var (checkedBy, problem) = await ManifestCheck.RunAsync(config, cancellationToken);
        return problem is not null ? SettingsCheck.Of("Manifest", problem, config.File)
            : checkedBy is null ? SettingsCheck.Skipped("Manifest", "There is no puppet on this machine; the first host reads the manifest.")
            : SettingsCheck.Fine("Manifest", config.PuppetConfigFile, $"{checkedBy} can read it");
    }

    private static T? Read<T>(string check, string file, Func<List<Problem>, T?> read, Func<T, string> describe, List<SettingsCheck> checks)
        where T : class
    {
        var problems = new List<Problem>();
        var value = read(problems);
        checks.AddRange(problems.Select(p => SettingsCheck.Of(check, p, file)));
        if (value is not null)
        {
            checks.Add(SettingsCheck.Fine(check, file, describe(value)));
        }

        return value;
    }
}
