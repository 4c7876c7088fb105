using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>What a check came to.</summary>
public enum CheckStatus
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Odd, though nothing stops for it.</summary>
    Warning,

    /// <summary>A deployment would be refused.</summary>
    Error,

    /// <summary>Not looked at, because of an error before it or because EC2 was to be left out.</summary>
    Skipped,
}

/// <summary>One line of the checklist.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="Status">What it came to.</param>
/// <param name="Id">The error's id, one of <see cref="ErrorId"/>; null where all is well.</param>
/// <param name="File">The file it is about, or null.</param>
/// <param name="Line">The line in it, or null.</param>
/// <param name="Message">What was found.</param>
/// <param name="Fix">What to do about it, or null.</param>
public sealed record SettingsCheck(
    string Check, CheckStatus Status, string? Id, string? File, int? Line, string Message, string? Fix)
{
    private static readonly string[] FromCloud = ["KeyPair", "Image", "InstanceType"];

    /// <summary>Makes all checks: first what the files alone tell, then, side by side, what only EC2 knows.</summary>
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
            FromFiles("Project", project, problems => DjangoProject.Read(project, problems), p => $"Django project {p.Name}", checks);
        }

        var settings = FromFiles(
            "AwsSettings", awsSettings, problems => AwsSettings.Read(awsSettings, problems), s => $"key pair {s.KeyPair}, {s.Zone ?? s.Region}", checks);
        var config = FromFiles(
            "InstanceConfig",
            instanceConfig,
            problems => InstanceConfig.Read(instanceConfig, problems),
            c => $"{c.InstanceType} of {c.ImageId}",
            checks);

        if (settings is null || config is null || connect is null)
        {
            var why = connect is null ? "EC2 was left out." : "The files have to be right first.";
            checks.AddRange(FromCloud.Select(c => new SettingsCheck(c, CheckStatus.Skipped, null, null, null, why, null)));
            return checks;
        }

        using var cloud = connect(settings);
        checks.AddRange(await AskCloudAsync(cloud, settings, config, cancellationToken));
        return checks;
    }

    /// <summary>Everything that EC2 knows to be wrong with a plan, asked before anything is launched.</summary>
    /// <exception cref="SettingsException">All that is wrong.</exception>
    public static async Task ThrowUnlessCloudAgreesAsync(ICloud cloud, AwsSettings settings, InstanceConfig config, CancellationToken cancellationToken)
    {
        var wrong = (await AskCloudAsync(cloud, settings, config, cancellationToken))
            .Where(c => c.Status == CheckStatus.Error)
            .Select(c => new Problem(c.Id!, c.Message, c.Fix, c.File, c.Line))
            .ToArray();
        if (wrong.Length > 0)
        {
            throw new SettingsException(wrong);
        }
    }

    /// <summary>The questions do not need each other's answers, so they are asked at once.</summary>
    private static async Task<IReadOnlyList<SettingsCheck>> AskCloudAsync(
        ICloud cloud, AwsSettings settings, InstanceConfig config, CancellationToken cancellationToken)
    {
        var checks = await Task.WhenAll(
            KeyPairAsync(cloud, settings, cancellationToken),
            ImageAsync(cloud, config, cancellationToken),
            InstanceTypeAsync(cloud, config, cancellationToken));

        // Refused credentials are the answer to every question; it is said once.
        var same = checks.FirstOrDefault(c => c.Id is ErrorId.CredentialsRejected or ErrorId.CredentialsMissing or ErrorId.CloudUnreachable);
        return same is null
            ? checks
            : [.. checks.Select(c => c == same ? c with { Check = "Credentials" } : c.Status != CheckStatus.Error ? c
                : new SettingsCheck(c.Check, CheckStatus.Skipped, null, null, null, "EC2 has to answer first.", null))];
    }

    private static T? FromFiles<T>(string check, string file, Func<List<Problem>, T?> read, Func<T, string> describe, List<SettingsCheck> checks)
        where T : class
    {
        var problems = new List<Problem>();
        var value = read(problems);
        checks.AddRange(problems.Select(p => new SettingsCheck(
            check, p.Severity == Severity.Error ? CheckStatus.Error : CheckStatus.Warning, p.Id, p.File ?? file, p.Line, p.Message, p.Fix)));
        if (value is not null)
        {
            checks.Add(new SettingsCheck(check, CheckStatus.Ok, null, file, null, describe(value), null));
        }

        return value;
    }

    private static Task<SettingsCheck> KeyPairAsync(ICloud cloud, AwsSettings settings, CancellationToken cancellationToken) =>
        FromCloudAsync("KeyPair", settings.File, async () =>
        {
            var pairs = await cloud.ListKeyPairsAsync(cancellationToken);
            if (!pairs.TryGetValue(settings.KeyPair, out var fingerprint))
            {
                return new Problem(
                    ErrorId.KeyPairNotFound,
                    $"Key pair {settings.KeyPair} is unknown in region {cloud.Region}.",
                    pairs.Count == 0 ? "There is no key pair in that region." : $"There are: {string.Join(", ", pairs.Keys.Order(StringComparer.Ordinal).Take(20))}.");
            }

            // A key with a passphrase is in an agent, and cannot be compared here.
            var here = await KeyFingerprints.OfAsync(settings.KeyFile, cancellationToken);
            return here.Count == 0 || fingerprint.Length == 0 || here.Any(f => KeyFingerprints.Same(f, fingerprint))
                ? null
                : new Problem(
                    ErrorId.KeyPairMismatch,
                    $"{settings.KeyFile} is not the private half of key pair {settings.KeyPair}: its fingerprint is {string.Join(" or ", here)}, EC2 has {fingerprint}.",
                    "Correct SSHKeyPair or SSHKeyPairFile.");
        }, $"{settings.KeyPair} is there, and the key file is its private half");

    private static Task<SettingsCheck> ImageAsync(ICloud cloud, InstanceConfig config, CancellationToken cancellationToken) =>
        config.ImageId.StartsWith("resolve:", StringComparison.Ordinal)
            ? Task.FromResult(new SettingsCheck(
                "Image", CheckStatus.Skipped, null, config.File, null, $"{config.ImageId} is resolved by EC2 at launch.", null))
            : FromCloudAsync(
                "Image",
                config.File,
                async () => await cloud.ImageExistsAsync(config.ImageId, cancellationToken)
                    ? null
                    : new Problem(
                        ErrorId.ImageNotFound,
                        $"Image {config.ImageId} is unknown in region {cloud.Region}, or not open to this account.",
                        "An image belongs to one region; one from the Marketplace has to be subscribed to first."),
                $"{config.ImageId} is there");

    private static Task<SettingsCheck> InstanceTypeAsync(ICloud cloud, InstanceConfig config, CancellationToken cancellationToken) =>
        FromCloudAsync(
            "InstanceType",
            config.File,
            async () => await cloud.InstanceTypeOfferedAsync(config.InstanceType, cancellationToken)
                ? null
                : new Problem(ErrorId.InstanceTypeUnknown, $"Instance type {config.InstanceType} is not offered in region {cloud.Region}."),
            $"{config.InstanceType} is offered");

    private static async Task<SettingsCheck> FromCloudAsync(string check, string file, Func<Task<Problem?>> ask, string fine)
    {
        Problem? problem;
        try
        {
            problem = await ask();
        }
        catch (DeployException e)
        {
            problem = e.Problems[0];
        }

        return problem is null
            ? new SettingsCheck(check, CheckStatus.Ok, null, file, null, fine, null)
            : new SettingsCheck(check, CheckStatus.Error, problem.Id, problem.File ?? file, problem.Line, problem.Message, problem.Fix);
    }
}
