using System.Globalization;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>The tags of a launch, and the pipeline's object of an instance that carries them: the one place where each becomes the other.</summary>
internal static class InstanceTags
{
    private const string ByPrivateAddress = "private";

    /// <summary>The tags of what belongs to a deployment.</summary>
    public static Dictionary<string, string> Of(DeploymentPlan plan) => new(StringComparer.Ordinal)
    {
        [DeploymentTags.Name] = plan.Project.Name,
        [DeploymentTags.Deployment] = plan.Deployment,
        [DeploymentTags.Project] = plan.Project.Name,
        [DeploymentTags.Owner] = $"{Environment.UserName}@{Environment.MachineName}",
        [DeploymentTags.Version] = typeof(InstanceTags).Assembly.GetName().Version!.ToString(3),
    };

    /// <summary>The tags of instances; those of one launch are the same, so its only instance gets its whole name at once.</summary>
    /// <param name="plan">The deployment.</param>
    /// <param name="first">The number of the launch's first instance, from 1.</param>
    /// <param name="count">How many are launched at most.</param>
    public static Dictionary<string, string> OfInstances(DeploymentPlan plan, int first, int count) => new(Of(plan), StringComparer.Ordinal)
    {
        [DeploymentTags.Name] = count == 1 ? NumberedName(plan.Project.Name, first) : plan.Project.Name,
        [DeploymentTags.Count] = (plan.Count + plan.Found.Instances.Count).ToString(CultureInfo.InvariantCulture),
        [DeploymentTags.First] = first.ToString(CultureInfo.InvariantCulture),
        [DeploymentTags.Login] = $"{plan.Config.SshUser}@{(plan.Config.PublicAddress ? "public" : ByPrivateAddress)}",
        [DeploymentTags.Site] = plan.Config.Port.ToString(CultureInfo.InvariantCulture) + plan.Config.HealthPath,
    };

    /// <summary>The instance as the pipeline's object, by its tags alone.</summary>
    /// <param name="instance">What EC2 tells of it.</param>
    /// <param name="settings">Whose key logs in.</param>
    /// <param name="configFile">The configuration that later steps take; null: they look for it themselves.</param>
    /// <param name="policy">How it proves its host key.</param>
    public static LOInstance Read(CloudInstance instance, AwsSettings settings, string? configFile, HostKeyPolicy policy)
    {
        var login = Tag(instance, DeploymentTags.Login).Split('@', 2);
        return new LOInstance
        {
            Deployment = Tag(instance, DeploymentTags.Deployment),
            Project = Tag(instance, DeploymentTags.Project),
            Name = Name(instance),
            InstanceId = instance.InstanceId,
            State = instance.State,
            PublicIp = instance.PublicIp,
            PrivateIp = instance.PrivateIp,
            Zone = instance.Zone,
            InstanceType = instance.InstanceType,
            ImageId = instance.ImageId,
            SshUser = login[0].Length > 0 ? login[0] : "admin",
            KeyFile = settings.KeyFile,
            HostKeyPolicy = policy,
            InstanceConfig = configFile,
            PublicAddress = login[^1] != ByPrivateAddress,
            Launched = instance.LaunchTime.ToUniversalTime(),
            Begun = DateTime.UtcNow,
        };
    }

    /// <summary>Where the instance's site answers, and where it tells whether it is well; null while it has no address.</summary>
    public static (Uri Site, Uri Health)? Urls(CloudInstance instance, LOInstance read)
    {
        var site = Tag(instance, DeploymentTags.Site);
        var slash = site.IndexOf('/', StringComparison.Ordinal);
        return (read.PublicAddress ? read.PublicIp : read.PrivateIp) is { } address && slash > 0
            && Uri.TryCreate($"http://{address}:{site[..slash]}/", UriKind.Absolute, out var root)
            && Uri.TryCreate(root, site[slash..], out var health)
            ? (root, health)
            : null;
    }

    private static string Name(CloudInstance instance)
    {
        // Whoever was killed between the launch and the naming left the project's name there.
        var name = Tag(instance, DeploymentTags.Name);
        return name == Tag(instance, DeploymentTags.Project)
            && int.TryParse(Tag(instance, DeploymentTags.First), NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            ? NumberedName(name, first + instance.LaunchIndex)
            : name;
    }

    private static string NumberedName(string project, int number) => string.Create(CultureInfo.InvariantCulture, $"{project}-{number}");

    private static string Tag(CloudInstance instance, string key) => instance.Tags.GetValueOrDefault(key, "");
}
