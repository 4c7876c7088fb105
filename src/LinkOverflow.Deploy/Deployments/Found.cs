using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LinkOverflow.Deploy.Cloud;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>What is there of a deployment, by its tags: where a resumption starts from.</summary>
/// <param name="Instances">Its instances that are not terminated.</param>
/// <param name="Group">Its own security group, or null.</param>
/// <param name="Count">How many were asked for, or null where no instance tells.</param>
/// <param name="Token">What makes the next launch another than those before it: the same for the same state, so that a launch whose answer was lost is not repeated.</param>
internal sealed record Found(IReadOnlyList<LOInstance> Instances, string? Group, int? Count, string Token)
{
    private static readonly TimeSpan Unseen = TimeSpan.FromSeconds(10);

    /// <summary>A deployment that is only planned.</summary>
    public static Found Nothing { get; } = new([], null, null, "");

    /// <summary>The number of the next instance: none has had it.</summary>
    public int NextNumber { get; private init; } = 1;

    /// <summary>Looks for a deployment.</summary>
    public static async Task<Found> LookAsync(ICloud cloud, DeploymentPlan plan, CancellationToken cancellationToken)
    {
        var groups = cloud.FindSecurityGroupsByTagAsync(DeploymentTags.Deployment, plan.Deployment, cancellationToken);
        var all = await cloud.DescribeInstancesByTagAsync(DeploymentTags.Deployment, plan.Deployment, cancellationToken);

        // Right after a launch EC2 may show some of it (its view is eventually consistent), and what is not shown would be launched again.
        while (all.Count > 0 && all.Count < (Asked(all) ?? 0) && DateTime.UtcNow - all.Max(i => i.LaunchTime.ToUniversalTime()) < Unseen)
        {
            await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
            all = await cloud.DescribeInstancesByTagAsync(DeploymentTags.Deployment, plan.Deployment, cancellationToken);
        }

        LOInstance Read(CloudInstance instance)
        {
            var read = InstanceTags.Read(instance, plan.Settings, plan.Config.File, plan.HostKeyPolicy).At(Stage.Pending);
            return read with { IsNamed = instance.Tags.GetValueOrDefault(DeploymentTags.Name) == read.Name };
        }

        LOInstance[] instances = [.. all.Select(Read).InNameOrder(i => i.Name)];
        var gone = all.Where(i => i.IsGone).Select(i => i.InstanceId).ToHashSet(StringComparer.Ordinal);
        return new Found(
            [.. instances.Where(i => !gone.Contains(i.InstanceId))],
            (await groups).Select(g => g.Id).FirstOrDefault(),
            Asked(all),
            TokenOf(instances))
        {
            NextNumber = instances.Select(i => Number(i.Name)).DefaultIfEmpty(0).Max() + 1,
        };
    }

    private static int Number(string name) =>
        int.TryParse(name.AsSpan(name.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static int? Asked(IReadOnlyList<CloudInstance> instances) => instances
        .Select(i => int.TryParse(i.Tags.GetValueOrDefault(DeploymentTags.Count), CultureInfo.InvariantCulture, out var count) ? count : (int?)null)
        .Max();

    private static string TokenOf(LOInstance[] instances) => instances.Length == 0
        ? ""
        : "-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(' ', instances.Select(i => i.InstanceId).Order(StringComparer.Ordinal)))))[..12];
}
