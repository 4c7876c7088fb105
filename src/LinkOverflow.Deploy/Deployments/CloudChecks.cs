using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>What only EC2 knows of settings and configuration. Questions that do not need each other's answers are asked at once.</summary>
/// <param name="cloud">The cloud to ask.</param>
/// <param name="settings">The user's settings.</param>
/// <param name="config">The product's configuration.</param>
internal sealed class CloudChecks(ICloud cloud, AwsSettings settings, InstanceConfig config)
{
    private const string Credentials = "Credentials";
    private const string Permission = "Permission";

    // An error of these is the answer to every question; it is said once.
    private static readonly HashSet<string> SaidOnce = new(StringComparer.Ordinal)
    {
        ErrorId.CredentialsRejected, ErrorId.CredentialsMissing, ErrorId.CloudUnreachable,
    };

    /// <summary>The checklist where EC2 is not asked.</summary>
    public static IReadOnlyList<SettingsCheck> Skipped(string why) =>
        [.. ((string[])[Credentials, "Zone", "KeyPair", "Image", "InstanceType", Permission]).Select(c => SettingsCheck.Skipped(c, why))];

    /// <summary>The checklist where EC2 cannot be asked.</summary>
    public static IReadOnlyList<SettingsCheck> Refused(Problem problem, AwsSettings settings) =>
        [SettingsCheck.Of(Credentials, problem, settings.File), .. Skipped("EC2 has to answer first.").Skip(1)];

    public async Task<IReadOnlyList<SettingsCheck>> RunAsync(CancellationToken cancellationToken)
    {
        var image = ImageAsync(cancellationToken);
        List<Task<SettingsCheck>> asking =
            [ZoneAsync(cancellationToken), KeyPairAsync(cancellationToken), image, InstanceTypeAsync(cancellationToken)];
        if (config.SecurityGroup is not null)
        {
            asking.Add(SecurityGroupAsync(config.SecurityGroup, cancellationToken));
        }

        asking.Add(PermissionAsync(image, cancellationToken));
        var checks = await Task.WhenAll(asking);
        if (checks.FirstOrDefault(c => c.Id is not null && SaidOnce.Contains(c.Id)) is { } same)
        {
            return Refused(same.ToProblem(), settings);
        }

        // Where something is wrong above, the dry run is refused for that, in whatever words.
        var permission = checks[^1];
        if (permission.Status == CheckStatus.Error && permission.Id != ErrorId.PermissionDenied && checks[..^1].Any(c => c.Status == CheckStatus.Error))
        {
            checks[^1] = SettingsCheck.Skipped(Permission, "What is wrong above has to be right first.");
        }

        return [SettingsCheck.Fine(Credentials, settings.File, cloud.Credentials), .. checks];
    }

    private Task<SettingsCheck> ZoneAsync(CancellationToken cancellationToken) => AskAsync("Zone", "AvailabilityZone", settings.File, async () =>
    {
        var zones = await cloud.ListZonesAsync(cancellationToken);
        return settings.Zone is not { } zone ? $"EC2 chooses one of {cloud.Region}'s zones"
            : zones.Contains(zone, StringComparer.Ordinal) ? $"{zone} is there"
            : throw new DeployException(
                ErrorId.ZoneUnknown, $"Zone {zone} is unknown in region {cloud.Region}.", $"There are: {string.Join(", ", zones.Order(StringComparer.Ordinal))}.");
    });

    private Task<SettingsCheck> KeyPairAsync(CancellationToken cancellationToken) => AskAsync("KeyPair", "SSHKeyPair", settings.File, async () =>
    {
        var asked = cloud.ListKeyPairsAsync(cancellationToken);
        var computed = KeyFingerprints.OfAsync(settings.KeyFile, cancellationToken);
        await Task.WhenAll(asked, computed);
        var (pairs, here) = (await asked, await computed);
        if (!pairs.TryGetValue(settings.KeyPair, out var fingerprint))
        {
            throw new DeployException(
                ErrorId.KeyPairNotFound,
                $"Key pair {settings.KeyPair} is unknown in region {cloud.Region}.",
                pairs.Count == 0 ? "There is no key pair in that region." : $"There are: {string.Join(", ", pairs.Keys.Order(StringComparer.Ordinal).Take(20))}.");
        }

        // A key with a passphrase may be in an agent, and cannot be compared here.
        return here.Count == 0 || fingerprint.Length == 0 ? $"{settings.KeyPair} is there; the key file was not compared with it"
            : here.Any(f => KeyFingerprints.Same(f, fingerprint)) ? $"{settings.KeyPair} is there, and the key file is its private half"
            : throw new DeployException(
                ErrorId.KeyPairMismatch,
                $"{settings.KeyFile} is not the private half of key pair {settings.KeyPair}: its fingerprint is {string.Join(" or ", here)}, EC2 has {fingerprint}.",
                "Correct SSHKeyPair or SSHKeyPairFile.");
    });

    private Task<SettingsCheck> ImageAsync(CancellationToken cancellationToken) => AskAsync("Image", "ImageID", config.File, async () =>
        await cloud.FindImageAsync(config.ImageId, cancellationToken) is { } image
            ? image.ImageId == config.ImageId ? $"{image.ImageId} is there" : $"{config.ImageId} is {image.ImageId}"
            : throw new DeployException(
                ErrorId.ImageNotFound,
                $"Image {config.ImageId} is unknown in region {cloud.Region}, or not open to this account.",
                "An image belongs to one region; one from the Marketplace has to be subscribed to first."));

    private Task<SettingsCheck> InstanceTypeAsync(CancellationToken cancellationToken) => AskAsync("InstanceType", "InstanceType", config.File, async () =>
    {
        var zones = await cloud.ListZonesOfferingAsync(config.InstanceType, cancellationToken);
        if (zones.Count == 0)
        {
            var near = NearestName.Nearest(config.InstanceType, await cloud.ListInstanceTypesAsync(cancellationToken), count: 3);
            throw new DeployException(
                ErrorId.InstanceTypeUnknown,
                $"Instance type {config.InstanceType} is not offered in region {cloud.Region}.",
                near.Count == 0 ? null : $"The nearest names there are {string.Join(", ", near)}.");
        }

        // A subnet has a zone of its own.
        return config.SubnetId is not null || settings.Zone is not { } zone ? $"{config.InstanceType} is offered in {cloud.Region}"
            : zones.Contains(zone, StringComparer.Ordinal) ? $"{config.InstanceType} is offered in {zone}"
            : throw new DeployException(
                ErrorId.InstanceTypeUnknown,
                $"Instance type {config.InstanceType} is not offered in zone {zone} of region {cloud.Region}.",
                $"It is in {string.Join(", ", zones.Order(StringComparer.Ordinal))}.");
    });

    private Task<SettingsCheck> SecurityGroupAsync(string group, CancellationToken cancellationToken) =>
        AskAsync("SecurityGroup", "SecurityGroup", config.File, async () => $"{group} is {await cloud.FindSecurityGroupAsync(group, cancellationToken)}");

    private async Task<SettingsCheck> PermissionAsync(Task<SettingsCheck> image, CancellationToken cancellationToken)
    {
        // The request names the image's root volume, because policies may ask for its encryption.
        if ((await image).Status == CheckStatus.Error)
        {
            return SettingsCheck.Skipped(Permission, "The image has to be known first.");
        }

        var tags = new Dictionary<string, string>(StringComparer.Ordinal) { [DeploymentTags.Deployment] = "dry-run" };
        var request = new LaunchRequest
        {
            ImageId = config.ImageId,
            InstanceType = config.InstanceType,
            MinimumCount = 1,
            MaximumCount = 1,
            KeyPair = settings.KeyPair,
            SecurityGroupId = "",
            ClientToken = $"dry-run-{Guid.NewGuid():N}",
            Tags = tags,
            Zone = config.SubnetId is null ? settings.Zone : null,
            SubnetId = config.SubnetId,
            VolumeSize = config.VolumeSize,
        };
        var group = config.SecurityGroup is null
            ? new SecurityGroupRequest($"linkoverflow-{request.ClientToken}", "LinkOverflow.Deploy", config.SubnetId, [], tags)
            : null;
        return await AskAsync(Permission, null, settings.File, async () =>
        {
            await cloud.DryRunAsync(request, group, cancellationToken);
            return "EC2 would let these credentials launch";
        });
    }

    private async Task<SettingsCheck> AskAsync(string check, string? key, string file, Func<Task<string>> ask)
    {
        try
        {
            return SettingsCheck.Fine(check, file, await ask());
        }
        catch (DeployException e) when (e.Id == ErrorId.PermissionDenied && check != Permission)
        {
            // Who may launch need not be allowed to look; the dry run tells.
            return SettingsCheck.Of(check, e.Problems[0] with { Severity = Severity.Warning }, file);
        }
        catch (DeployException e)
        {
            var line = key is null ? null : file == config.File ? config.LineOf(key) : settings.LineOf(key);
            return SettingsCheck.Of(check, e.Problems[0] with { Line = e.Problems[0].Line ?? line }, file);
        }
    }
}
