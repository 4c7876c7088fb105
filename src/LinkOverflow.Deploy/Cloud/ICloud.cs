namespace LinkOverflow.Deploy.Cloud;

/// <summary>What the engine asks of a cloud, in EC2's terms. Thread-safe; every error is a <see cref="Errors.DeployException"/>.</summary>
public interface ICloud : IDisposable
{
    /// <summary>The region that all calls go to.</summary>
    string Region { get; }

    /// <summary>The same object for all clouds that make their calls with one client, so that those who wait there can share their questions.</summary>
    object Identity { get; }

    /// <summary>The zones of the region that instances can be launched in; local zones and the like are not among them.</summary>
    Task<IReadOnlyList<string>> ListZonesAsync(CancellationToken cancellationToken);

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

    /// <summary>Whether an image of this id can be used here.</summary>
    Task<bool> ImageExistsAsync(string imageId, CancellationToken cancellationToken);

    /// <summary>Whether the type is offered in the region.</summary>
    Task<bool> InstanceTypeOfferedAsync(string instanceType, CancellationToken cancellationToken);
}
