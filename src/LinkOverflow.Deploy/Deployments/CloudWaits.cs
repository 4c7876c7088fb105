using System.Runtime.CompilerServices;
using LinkOverflow.Deploy.Cloud;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>What all who wait on one client share, in whatever runspace or deployment they are: EC2 counts calls by account and region.</summary>
internal sealed class CloudWaits(ICloud cloud, TimeProvider time)
{
    private static readonly ConditionalWeakTable<object, CloudWaits> All = [];

    public InstanceWatch Instances { get; } = new(cloud, time);

    public CallBudget Consoles { get; } = new(time);

    public static CloudWaits Of(ICloud cloud, TimeProvider time) => All.GetValue(cloud.Identity, _ => new CloudWaits(cloud, time));
}
