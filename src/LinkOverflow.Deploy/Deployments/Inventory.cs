using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>Finds what is there, by its tags alone: from another terminal or machine, or after a killed run.</summary>
/// <param name="cloud">The cloud to look in.</param>
/// <param name="settings">Whose key logs in.</param>
/// <param name="configFile">The configuration that later steps take; null: they look for it themselves.</param>
public sealed class Inventory(ICloud cloud, AwsSettings settings, string? configFile)
{
    private static readonly TimeSpan HealthTime = TimeSpan.FromSeconds(5);

    /// <summary>How the instances prove their host keys to later steps.</summary>
    public HostKeyPolicy HostKeyPolicy { get; init; }

    /// <summary>The deployments that there is anything of, each instance asked for its health.</summary>
    /// <param name="deployment">Only this one; null: all.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async Task<IReadOnlyList<DeploymentSummary>> DeploymentsAsync(string? deployment, CancellationToken cancellationToken)
    {
        // EC2's filters take * for any text. A run that was killed early may have left a lock or a group and no instance.
        var wanted = deployment ?? "*";
        var asking = cloud.DescribeInstancesByTagAsync(DeploymentTags.Deployment, wanted, cancellationToken);
        var askingGroups = cloud.FindSecurityGroupsByTagAsync(DeploymentTags.Deployment, wanted, cancellationToken);
        var askingVolumes = cloud.FindVolumesByTagAsync(DeploymentTags.Deployment, wanted, cancellationToken);
        var askingLocks = cloud.FindSecurityGroupsByTagAsync(DeploymentTags.Lock, wanted, cancellationToken);
        await Task.WhenAll(asking, askingGroups, askingVolumes, askingLocks);
        var instances = (await asking).Where(i => !i.IsGone).ToArray();
        TaggedResource[] groups = [.. await askingGroups, .. await askingLocks];

        // Those in use are their instances'.
        var volumes = (await askingVolumes).Where(v => v.State == "available").ToArray();
        var read = await Task.WhenAll(instances.Select(async i => (i.Tags, Instance: await ReadAsync(i, cancellationToken))));
        return
        [
            .. read.Select(r => r.Tags).Concat(groups.Select(g => g.Tags)).Concat(volumes.Select(v => v.Tags))
                .GroupBy(Deployment, StringComparer.Ordinal)
                .Select(found => new DeploymentSummary(
                    found.Key,
                    found.First().GetValueOrDefault(DeploymentTags.Project, ""),
                    found.First().GetValueOrDefault(DeploymentTags.Owner, ""),
                    found.First().GetValueOrDefault(DeploymentTags.Version, ""),
                    read.Select(r => r.Instance).Where(i => i.Deployment == found.Key).InNameOrder(i => i.Name).ToArray(),
                    [.. groups.Concat(volumes).Where(r => Deployment(r.Tags) == found.Key).Select(r => r.Id)]))
                .OrderBy(d => d.Launched ?? DateTime.MaxValue).ThenBy(d => d.Deployment, StringComparer.Ordinal),
        ];
    }

    /// <summary>The releases that hosts hold, by what the hosts themselves tell; one that cannot be asked in time holds none.</summary>
    /// <param name="instances">The instances to ask, side by side; those that do not run are left out.</param>
    /// <param name="patience">How long to wait for each.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async Task<IReadOnlyList<SiteRelease>> ReleasesAsync(
        IEnumerable<CloudInstance> instances, TimeSpan patience, CancellationToken cancellationToken)
    {
        var asking = instances.Where(i => i.State == "running").Select(async found =>
        {
            using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            late.CancelAfter(patience);
            try
            {
                return await SiteRelease.ListAsync(InstanceTags.Read(found, settings, configFile, HostKeyPolicy), late.Token);
            }
            catch (Exception e) when (e is DeployException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                return [];
            }
        });
        return [.. (await Task.WhenAll(asking)).SelectMany(r => r)];
    }

    /// <summary>Makes sure that an instance's host key is known on this machine; its console tells it again.</summary>
    public async Task<LOInstance> WithHostKeyAsync(LOInstance instance, CancellationToken cancellationToken)
    {
        var file = HostKeys.KnownHostsFile(instance.Deployment);
        var keys = await HostKeys.ReadAsync(file, instance.InstanceId, cancellationToken);
        if (keys.Count == 0 && HostKeyPolicy == HostKeyPolicy.Console)
        {
            keys = HostKeys.FromConsole(await cloud.GetConsoleOutputAsync(instance.InstanceId, cancellationToken));
            if (keys.Count > 0)
            {
                await HostKeys.RememberAsync(file, instance.InstanceId, keys, cancellationToken);
            }
        }

        return keys.Count == 0 ? instance : instance with { HostKey = keys[0] };
    }

    private async Task<LOInstance> ReadAsync(CloudInstance found, CancellationToken cancellationToken)
    {
        var instance = InstanceTags.Read(found, settings, configFile, HostKeyPolicy);
        if (found.State != "running")
        {
            return instance.At(found.State == "pending" ? Stage.Pending : Stage.Failed);
        }

        if (InstanceTags.Urls(found, instance) is not { } urls)
        {
            return instance.At(Stage.Booting);
        }

        var health = await HealthCheck.ProbeAsync(urls.Health, HealthTime, cancellationToken);
        return (instance with { Url = urls.Site.ToString(), Health = health }).At(health == HealthCheck.Ok ? Stage.Healthy : Stage.Booting);
    }

    private static string Deployment(IReadOnlyDictionary<string, string> tags) =>
        tags.GetValueOrDefault(DeploymentTags.Deployment) ?? tags.GetValueOrDefault(DeploymentTags.Lock, "");
}
