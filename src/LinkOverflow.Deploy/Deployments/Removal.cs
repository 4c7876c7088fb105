using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>Removes deployments and single instances of them: what carries their tag, and nothing else.</summary>
public sealed class Removal
{
    // How long EC2 may go on to count a terminated instance's volumes and network interfaces as in use.
    private static readonly TimeSpan LeftoverTime = TimeSpan.FromMinutes(2);

    private readonly ICloud _cloud;
    private readonly TimeProvider _time;

    /// <param name="cloud">The cloud they are in.</param>
    public Removal(ICloud cloud)
        : this(cloud, TimeProvider.System)
    {
    }

    internal Removal(ICloud cloud, TimeProvider time)
    {
        _cloud = cloud;
        _time = time;
    }

    /// <summary>Ends the deployment's instances, waits until they are gone, and deletes its security group, its volumes and its known hosts.</summary>
    /// <returns>The ids of the instances that were ended.</returns>
    /// <exception cref="DeployException">ValueInvalid: not an id, nothing was removed. CloudException: EC2 refused.</exception>
    public Task<IReadOnlyList<string>> RemoveAsync(string deployment, CancellationToken cancellationToken) =>
        RemoveAsync(deployment, TimeSpan.Zero, cancellationToken);

    /// <summary>As <see cref="RemoveAsync(string, CancellationToken)"/>, of a deployment that EC2 may not show yet.</summary>
    /// <param name="deployment">Its id.</param>
    /// <param name="unseen">How long its instances are looked for at least: EC2's view is eventually consistent.</param>
    /// <param name="cancellationToken">Ends the removal.</param>
    internal async Task<IReadOnlyList<string>> RemoveAsync(string deployment, TimeSpan unseen, CancellationToken cancellationToken)
    {
        if (!DeploymentPlan.IsId(deployment))
        {
            throw new DeployException(ErrorId.ValueInvalid, $"'{deployment}' is no deployment's id; nothing was removed.");
        }

        var ended = new SortedSet<string>(StringComparer.Ordinal);
        var since = _time.GetUtcNow();
        DateTimeOffset? alone = null;
        await foreach (var _ in TicksAsync(cancellationToken))
        {
            // Every time anew: EC2 may show an instance later than its security group, which it keeps until then.
            var alive = (await _cloud.DescribeInstancesByTagAsync(DeploymentTags.Deployment, deployment, cancellationToken))
                .Where(i => i.State != "terminated").ToArray();
            await EndAsync(alive, ended, cancellationToken);
            if (alive.Length > 0)
            {
                alone = null;
                continue;
            }

            if (_time.GetUtcNow() - since < unseen)
            {
                continue;
            }

            alone ??= _time.GetUtcNow();
            if (await DeleteLeftoversAsync(deployment, _time.GetUtcNow() - alone < LeftoverTime, cancellationToken))
            {
                break;
            }
        }

        // Whoever held its lock holds nothing any more.
        await DeploymentLock.BreakAsync(_cloud, deployment, cancellationToken);
        var known = Path.GetDirectoryName(HostKeys.KnownHostsFile(deployment))!;
        if (Directory.Exists(known))
        {
            Directory.Delete(known, recursive: true);
        }

        return [.. ended];
    }

    /// <summary>Ends single instances and waits until they are gone; with its last instance a deployment is removed as a whole.</summary>
    /// <returns>The ids of the instances that were ended.</returns>
    /// <exception cref="DeployException">ValueInvalid: one is unknown or belongs to no deployment, nothing was removed. CloudException: EC2 refused.</exception>
    public async Task<IReadOnlyList<string>> RemoveInstancesAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken)
    {
        var found = await _cloud.DescribeInstancesAsync(instanceIds, cancellationToken);
        var foreign = instanceIds.Except(
            found.Where(i => i.Tags.ContainsKey(DeploymentTags.Deployment)).Select(i => i.InstanceId), StringComparer.Ordinal).ToArray();
        if (foreign.Length > 0)
        {
            throw new DeployException(
                ErrorId.ValueInvalid,
                $"{string.Join(", ", foreign)}: no instance of a deployment in region {_cloud.Region}; nothing was removed.",
                "Get-LOInstance lists those that are.");
        }

        var ended = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var _ in TicksAsync(cancellationToken))
        {
            var alive = (await _cloud.DescribeInstancesAsync(instanceIds, cancellationToken)).Where(i => i.State != "terminated").ToArray();
            await EndAsync(alive, ended, cancellationToken);
            if (alive.Length == 0)
            {
                break;
            }
        }

        foreach (var deployment in found.GroupBy(i => i.Tags[DeploymentTags.Deployment], StringComparer.Ordinal))
        {
            var left = await _cloud.DescribeInstancesByTagAsync(DeploymentTags.Deployment, deployment.Key, cancellationToken);
            if (left.All(i => i.State == "terminated"))
            {
                await RemoveAsync(deployment.Key, cancellationToken);
                continue;
            }

            var file = HostKeys.KnownHostsFile(deployment.Key);
            foreach (var instance in deployment.Where(_ => File.Exists(file)))
            {
                await HostKeys.RememberAsync(file, instance.InstanceId, [], cancellationToken);
            }
        }

        return [.. ended];
    }

    private async Task EndAsync(IEnumerable<CloudInstance> alive, SortedSet<string> ended, CancellationToken cancellationToken)
    {
        string[] ids = [.. alive.Where(i => i.State != "shutting-down").Select(i => i.InstanceId)];
        await _cloud.TerminateInstancesAsync(ids, cancellationToken);
        ended.UnionWith(ids);
    }

    /// <summary>Deletes what instances leave behind; false: EC2 still holds on to some of it.</summary>
    private async Task<bool> DeleteLeftoversAsync(string deployment, bool patient, CancellationToken cancellationToken)
    {
        var gone = true;
        foreach (var group in await _cloud.FindSecurityGroupsByTagAsync(DeploymentTags.Deployment, deployment, cancellationToken))
        {
            try
            {
                await _cloud.DeleteSecurityGroupAsync(group.Id, cancellationToken);
            }
            catch (CloudException e) when (e.Code == "DependencyViolation" && patient)
            {
                gone = false;
            }
        }

        foreach (var volume in await _cloud.FindVolumesByTagAsync(DeploymentTags.Deployment, deployment, cancellationToken))
        {
            // The root volume goes with its instance; others an image may bring, and they stay.
            if (volume.State is "available" or "error" || !patient)
            {
                await _cloud.DeleteVolumeAsync(volume.Id, cancellationToken);
            }
            else
            {
                gone = false;
            }
        }

        return gone;
    }

    private async IAsyncEnumerable<int> TicksAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var pause = TimeSpan.FromMilliseconds(300); ; pause = TimeSpan.FromSeconds(Math.Min(5, pause.TotalSeconds * 1.5)))
        {
            yield return 0;
            await Task.Delay(pause, _time, cancellationToken);
        }
    }
}
