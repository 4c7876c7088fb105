using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>A deployment, as EC2's tags tell of it.</summary>
/// <param name="Deployment">Its id.</param>
/// <param name="Project">The project's name.</param>
/// <param name="Owner">Who launched it: user@machine.</param>
/// <param name="Version">The version of this program that launched it.</param>
/// <param name="Launched">When its first instance was launched, in UTC.</param>
/// <param name="Instances">Its instances that are not terminated.</param>
public sealed record DeploymentSummary(
    string Deployment, string Project, string Owner, string Version, DateTime Launched, IReadOnlyList<LOInstance> Instances)
{
    /// <summary>How long ago it was launched.</summary>
    public TimeSpan Age => DateTime.UtcNow - Launched;

    /// <summary>The hours that its instances have been running, added up.</summary>
    public double InstanceHours => Instances.Sum(i => (DateTime.UtcNow - i.Launched).TotalHours);
}

/// <summary>Finds what is there, by its tags alone: from another terminal or machine, or after a killed run.</summary>
/// <param name="cloud">The cloud to look in.</param>
/// <param name="settings">Whose key logs in.</param>
/// <param name="config">The user to log in as, and which address to use.</param>
public sealed class Inventory(ICloud cloud, AwsSettings settings, InstanceConfig config)
{
    /// <summary>The deployments that have instances.</summary>
    /// <param name="deployment">Only this one; null: all.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async Task<IReadOnlyList<DeploymentSummary>> DeploymentsAsync(string? deployment, CancellationToken cancellationToken)
    {
        // EC2's filters take * for any text.
        var found = await cloud.DescribeInstancesByTagAsync(DeploymentTags.Deployment, deployment ?? "*", cancellationToken);
        return
        [
            .. found.Where(i => i.State is not ("terminated" or "shutting-down"))
                .GroupBy(i => Tag(i, DeploymentTags.Deployment), StringComparer.Ordinal)
                .OrderBy(g => g.Min(i => i.LaunchTime))
                .Select(g => new DeploymentSummary(
                    g.Key,
                    Tag(g.First(), DeploymentTags.Project),
                    Tag(g.First(), DeploymentTags.Owner),
                    Tag(g.First(), DeploymentTags.Version),
                    g.Min(i => i.LaunchTime).ToUniversalTime(),
                    [.. g.Select(Instance).OrderBy(i => i.Name, StringComparer.Ordinal)])),
        ];
    }

    /// <summary>Makes sure that an instance's host key is known on this machine; its console tells it again.</summary>
    public async Task<LOInstance> WithHostKeyAsync(LOInstance instance, CancellationToken cancellationToken)
    {
        var file = HostKeys.KnownHostsFile(instance.Deployment);
        var known = File.Exists(file)
            ? (await File.ReadAllLinesAsync(file, cancellationToken)).FirstOrDefault(l => l.StartsWith(instance.InstanceId + " ", StringComparison.Ordinal))
            : null;
        if (known is not null)
        {
            return instance with { HostKey = known[(instance.InstanceId.Length + 1)..] };
        }

        var keys = HostKeys.FromConsole(await cloud.GetConsoleOutputAsync(instance.InstanceId, cancellationToken));
        if (keys.Count == 0)
        {
            return instance;
        }

        HostKeys.Remember(file, instance.InstanceId, keys);
        return instance with { HostKey = keys[0] };
    }

    private LOInstance Instance(CloudInstance i) => new LOInstance
    {
        Deployment = Tag(i, DeploymentTags.Deployment),
        Project = Tag(i, DeploymentTags.Project),
        Name = Tag(i, DeploymentTags.Name),
        InstanceId = i.InstanceId,
        PublicIp = i.PublicIp,
        PrivateIp = i.PrivateIp,
        Zone = i.Zone,
        InstanceType = i.InstanceType,
        ImageId = i.ImageId,
        SshUser = config.SshUser,
        KeyFile = settings.KeyFile,
        InstanceConfig = config.File,
        PublicAddress = config.PublicAddress,
        Url = (config.PublicAddress ? i.PublicIp : i.PrivateIp) is { } address ? $"http://{address}:{config.Port}/" : null,
        Launched = i.LaunchTime.ToUniversalTime(),
    }.At(i.State == "pending" ? Stage.Pending : i.State == "running" ? Stage.Booting : Stage.Failed);

    private static string Tag(CloudInstance instance, string key) => instance.Tags.GetValueOrDefault(key, "");
}
