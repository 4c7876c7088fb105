using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Tags given with the call that makes a resource.</summary>
internal sealed class TagSpecifications
{
    private const int MaximumTags = 50;

    private readonly Dictionary<string, Dictionary<string, string>> _byType = new(StringComparer.Ordinal);

    /// <exception cref="ApiException">A type that the call does not make, a tag that AWS would refuse.</exception>
    public TagSpecifications(QueryParameters parameters, params IReadOnlyList<string> types)
    {
        foreach (var specification in parameters.Structures("TagSpecification"))
        {
            var type = specification.Require("ResourceType");
            if (!types.Contains(type, StringComparer.Ordinal))
            {
                throw new ApiException("InvalidParameterValue", $"'{type}' is not a valid taggable resource type for this operation.");
            }

            if (!_byType.TryAdd(type, Read(specification)))
            {
                throw new ApiException("InvalidParameterValue", $"Multiple tag specifications for resource type '{type}'.");
            }
        }
    }

    public void Apply(Account account, string type, string resourceId)
    {
        foreach (var (key, value) in _byType.GetValueOrDefault(type) ?? [])
        {
            account.SetTag(resourceId, key, value);
        }
    }

    /// <summary>The Tag.N.Key and Tag.N.Value parameters.</summary>
    public static Dictionary<string, string> Read(QueryParameters parameters)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tag in parameters.Structures("Tag"))
        {
            var key = tag.Require("Key");
            Check(key, tag.Find("Value") ?? "");
            if (!tags.TryAdd(key, tag.Find("Value") ?? ""))
            {
                throw new ApiException("InvalidParameterValue", $"Duplicate tag key '{key}' specified.");
            }
        }

        return tags.Count <= MaximumTags ? tags : throw new ApiException("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.");
    }

    private static void Check(string key, string value)
    {
        if (key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase))
        {
            throw new ApiException("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use");
        }

        if (key.Length > 128 || value.Length > 256)
        {
            throw new ApiException("InvalidParameterValue", "Tag keys may have at most 128 characters, tag values 256.");
        }
    }
}
