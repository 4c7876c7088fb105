namespace LinkOverflow.Deploy.Deployments;

/// <summary>A deployment, as EC2's tags tell of it.</summary>
/// <param name="Deployment">Its id.</param>
/// <param name="Project">The project's name.</param>
/// <param name="Owner">Who launched it: user@machine.</param>
/// <param name="Version">The version of this program that launched it.</param>
/// <param name="Instances">Its instances that are not terminated.</param>
/// <param name="OtherResources">The ids of its security group, and of volumes that no instance uses.</param>
public sealed record DeploymentSummary(
    string Deployment,
    string Project,
    string Owner,
    string Version,
    IReadOnlyList<LOInstance> Instances,
    IReadOnlyList<string> OtherResources)
{
    /// <summary>When its first instance was launched, in UTC; null where it has none.</summary>
    public DateTime? Launched => Instances.Count == 0 ? null : Instances.Min(i => i.Launched);

    /// <summary>How long ago that was.</summary>
    public TimeSpan? Age => DateTime.UtcNow - Launched;

    /// <summary>What EC2 says of its instances: running where it is the same of all, else how many of each.</summary>
    public string State
    {
        get
        {
            var states = Instances.CountBy(i => i.State ?? "", StringComparer.Ordinal).OrderBy(s => s.Key, StringComparer.Ordinal).ToArray();
            return states.Length switch
            {
                0 => "no instances",
                1 => states[0].Key,
                _ => string.Join(", ", states.Select(s => $"{s.Value} {s.Key}")),
            };
        }
    }

    /// <summary>How many of its instances answer their health check, of how many.</summary>
    public string Health => $"{Instances.Count(i => i.Stage == Stage.Healthy)}/{Instances.Count}";

    /// <summary>The hours that its running instances have been running since they were started, added up: what EC2 counts.</summary>
    public double InstanceHours => Instances.Where(i => i.State == "running").Sum(i => (DateTime.UtcNow - i.Launched).TotalHours);
}
