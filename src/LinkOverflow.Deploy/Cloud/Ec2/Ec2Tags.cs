using Amazon.EC2.Model;

namespace LinkOverflow.Deploy.Cloud.Ec2;

/// <summary>Tags, to and from the SDK's own.</summary>
internal static class Ec2Tags
{
    public static List<Tag> From(IReadOnlyDictionary<string, string> tags) => [.. tags.Select(t => new Tag(t.Key, t.Value))];

    public static IReadOnlyDictionary<string, string> Read(List<Tag>? tags) =>
        (tags ?? []).ToDictionary(t => t.Key, t => t.Value ?? "", StringComparer.Ordinal);
}
