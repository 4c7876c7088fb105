using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Cloud;

/// <summary>What the engine asks of a cloud, in EC2's terms. Thread-safe; every error is a <see cref="Errors.DeployException"/>.</summary>
public interface ICloud : IDisposable
{
    /// <summary>The region that all calls go to.</summary>
    string Region { get; }

    /// <summary>The same object for all clouds that make their calls with one client, so that those who wait there can share their questions.</summary>
    object Identity { get; }

    /// <summary>Where the calls' credentials come from, for people; no secret.</summary>
    string Credentials { get; }

    /// <summary>Starts instances; the same <see cref="LaunchRequest.ClientToken"/> gives the same instances again.</summary>
    Task<IReadOnlyList<CloudInstance>> RunInstancesAsync(LaunchRequest request, CancellationToken cancellationToken);

    /// <summary>The instances with these ids. One that EC2 does not show yet is left out (its view is eventually consistent).</summary>
    Task<IReadOnlyList<CloudInstance>> DescribeInstancesAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken);

    /// <summary>The instances that carry a tag, terminated ones included while EC2 shows them.</summary>
    Task<IReadOnlyList<CloudInstance>> DescribeInstancesByTagAsync(string key, string value, CancellationToken cancellationToken);

    /// <summary>Sets a tag of an instance.</summary>
    Task TagInstanceAsync(string instanceId, string key, string value, CancellationToken cancellationToken);

    /// <summary>Ends instances; their root volumes go with them. Ids that are gone already are no error, and keep none of the others.</summary>
    Task TerminateInstancesAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken);

    /// <summary>What the instance printed to its console so far; empty while EC2 has none (minutes, on AWS).</summary>
    Task<string> GetConsoleOutputAsync(string instanceId, CancellationToken cancellationToken);

    /// <summary>Makes a security group that opens the given TCP ports, if any, and returns its id. Its name is unique in its VPC: of many who ask for it, one gets it.</summary>
    Task<string> CreateSecurityGroupAsync(SecurityGroupRequest request, CancellationToken cancellationToken);

    /// <summary>Opens ports of a security group. Those that are open already are no error.</summary>
    Task OpenSecurityGroupAsync(string groupId, IReadOnlyList<OpenPort> ports, CancellationToken cancellationToken);

    /// <summary>The id of an existing security group, by its id or name.</summary>
    Task<string> FindSecurityGroupAsync(string idOrName, CancellationToken cancellationToken);

    /// <summary>The security groups that carry a tag.</summary>
    Task<IReadOnlyList<TaggedResource>> FindSecurityGroupsByTagAsync(string key, string value, CancellationToken cancellationToken);

    /// <summary>Deletes a security group. One that is gone already is no error.</summary>
    Task DeleteSecurityGroupAsync(string groupId, CancellationToken cancellationToken);

    /// <summary>The volumes that carry a tag.</summary>
    Task<IReadOnlyList<TaggedResource>> FindVolumesByTagAsync(string key, string value, CancellationToken cancellationToken);

    /// <summary>Deletes a volume. One that is gone already is no error.</summary>
    Task DeleteVolumeAsync(string volumeId, CancellationToken cancellationToken);

    /// <summary>The key pairs in the region: their names, and their fingerprints as EC2 computes them.</summary>
    Task<IReadOnlyDictionary<string, string>> ListKeyPairsAsync(CancellationToken cancellationToken);

    /// <summary>Makes a key pair and returns its private half in PEM, which EC2 tells this once.</summary>
    Task<Secret> CreateKeyPairAsync(string name, CancellationToken cancellationToken);

    /// <summary>Deletes a key pair. One that is gone already is no error.</summary>
    Task DeleteKeyPairAsync(string name, CancellationToken cancellationToken);

    /// <summary>The zones of the region that instances can be launched in; local zones and the like are not among them.</summary>
    Task<IReadOnlyList<string>> ListZonesAsync(CancellationToken cancellationToken);

    /// <summary>The image of an id, or the one that an alias (resolve:ssm:...) stands for; null where there is none that can be used here.</summary>
    Task<CloudImage?> FindImageAsync(string image, CancellationToken cancellationToken);

    /// <summary>The names of the zones that offer an instance type; none where the region does not know it.</summary>
    Task<IReadOnlyList<string>> ListZonesOfferingAsync(string instanceType, CancellationToken cancellationToken);

    /// <summary>The instance types that the region offers.</summary>
    Task<IReadOnlyList<string>> ListInstanceTypesAsync(CancellationToken cancellationToken);

    /// <summary>Asks whether these calls would be let through (DryRun), and starts nothing.</summary>
    /// <param name="request">The launch; its <see cref="LaunchRequest.SecurityGroupId"/> may be empty while there is no group yet.</param>
    /// <param name="group">The group that would be made first, or null.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <exception cref="Errors.DeployException">Why not.</exception>
    Task DryRunAsync(LaunchRequest request, SecurityGroupRequest? group, CancellationToken cancellationToken);
}
