using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>Removes a deployment: what carries its tag, and nothing else.</summary>
/// <param name="cloud">The cloud it is in.</param>
public sealed class Removal(ICloud cloud)
{
    /// <summary>Ends the deployment's instances, waits until they are gone, and deletes its security group and known hosts.</summary>
    /// <returns>The ids of the instances that were ended.</returns>
    /// <exception cref="DeployException">ValueInvalid: not an id; nothing was removed.</exception>
    public async Task<IReadOnlyList<string>> RemoveAsync(string deployment, CancellationToken cancellationToken)
    {
        // EC2's filters take * and ? for any text, and a path would lead to other folders than the deployment's.
        if (deployment.Length == 0 || !deployment.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            throw new DeployException(ErrorId.ValueInvalid, $"'{deployment}' is no deployment's id; nothing was removed.");
        }

        var instances = await cloud.DescribeInstancesByTagAsync(DeploymentTags.Deployment, deployment, cancellationToken);
        var ids = instances.Where(i => i.State != "terminated").Select(i => i.InstanceId).ToArray();
        await cloud.TerminateInstancesAsync(ids, cancellationToken);
        for (var pause = TimeSpan.FromMilliseconds(300); ; pause = TimeSpan.FromSeconds(Math.Min(5, pause.TotalSeconds * 1.5)))
        {
            var left = await cloud.DescribeInstancesByTagAsync(DeploymentTags.Deployment, deployment, cancellationToken);
            if (left.All(i => i.State == "terminated"))
            {
                break;
            }

            await Task.Delay(pause, cancellationToken);
        }

        foreach (var group in await cloud.FindSecurityGroupsByTagAsync(DeploymentTags.Deployment, deployment, cancellationToken))
        {
            await cloud.DeleteSecurityGroupAsync(group, cancellationToken);
        }

        var known = Path.GetDirectoryName(HostKeys.KnownHostsFile(deployment))!;
        if (Directory.Exists(known))
        {
            Directory.Delete(known, recursive: true);
        }

        return ids;
    }
}
