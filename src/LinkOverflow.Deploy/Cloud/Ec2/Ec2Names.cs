using System.Reflection;
using Amazon;
using Amazon.EC2;
using Amazon.Runtime.CredentialManagement;

namespace LinkOverflow.Deploy.Cloud.Ec2;

/// <summary>Names that are known without asking AWS: what completes an argument as it is typed.</summary>
public static class Ec2Names
{
    /// <summary>The profiles of ~/.aws, in order.</summary>
    public static IReadOnlyList<string> Profiles() =>
        [.. new CredentialProfileStoreChain().ListProfiles().Select(p => p.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>A sentence that names them, for whoever named another.</summary>
    public static string ProfilesInWords() =>
        Profiles() is { Count: > 0 } profiles ? $"There are: {string.Join(", ", profiles.Take(20))}." : "There is no profile in ~/.aws.";

    /// <summary>The region that a profile of ~/.aws names, or null.</summary>
    public static string? RegionOf(string profile) =>
        new CredentialProfileStoreChain().TryGetProfile(profile, out var found) ? found.Region?.SystemName : null;

    /// <summary>The regions that the AWS SDK of this build knows, in order.</summary>
    public static IReadOnlyList<string> Regions() => [.. RegionEndpoint.EnumerableAllRegions.Select(r => r.SystemName).Order(StringComparer.Ordinal)];

    /// <summary>The instance types that the AWS SDK of this build knows, in order; which of them a zone offers only EC2 can tell.</summary>
    public static IReadOnlyList<string> InstanceTypes() =>
    [
        .. typeof(InstanceType)
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(f => f.GetValue(null))
            .OfType<InstanceType>()
            .Select(t => t.Value)
            .Order(StringComparer.Ordinal),
    ];
}
