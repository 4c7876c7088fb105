using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Tags of every kind of resource.</summary>
internal sealed class TagActions : ActionSet
{
    private static readonly Dictionary<string, (string Type, string Code)> Types = new(StringComparer.Ordinal)
    {
        ["i"] = ("instance", "InvalidInstanceID.NotFound"),
        ["vol"] = ("volume", "InvalidVolume.NotFound"),
        ["snap"] = ("snapshot", "InvalidSnapshot.NotFound"),
        ["lt"] = ("launch-template", "InvalidLaunchTemplateId.NotFound"),
        ["sg"] = ("security-group", "InvalidGroup.NotFound"),
        ["sgr"] = ("security-group-rule", "InvalidSecurityGroupRuleId.NotFound"),
        ["ami"] = ("image", "InvalidAMIID.NotFound"),
        ["key"] = ("key-pair", "InvalidKeyPair.NotFound"),
        ["vpc"] = ("vpc", "InvalidVpcID.NotFound"),
        ["subnet"] = ("subnet", "InvalidSubnetID.NotFound"),
        ["eni"] = ("network-interface", "InvalidNetworkInterfaceID.NotFound"),
    };

    private static readonly FilterTable<(string Resource, string Key, string Value, string Type)> FilterNames = new()
    {
        { "resource-id", t => t.Resource },
        { "resource-type", t => t.Type },
        { "key", t => t.Key },
        { "value", t => t.Value },
    };

    private readonly Account _account;

    public TagActions(Account account)
    {
        _account = account;
        Add("CreateTags", Create);
        Add("DeleteTags", Delete);
        Add("DescribeTags", Describe);
    }

    private IEnumerable<Element?> Create(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var resources = Resources(parameters);
            var tags = TagSpecifications.Read(parameters);
            if (tags.Count == 0)
            {
                throw ApiException.Missing("Tag");
            }

            const int Maximum = 50;
            if (resources.Any(r => _account.TagsOf(r).Keys.Union(tags.Keys, StringComparer.Ordinal).Count() > Maximum))
            {
                throw new ApiException("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.");
            }

            EndDryRun(parameters);
            foreach (var resource in resources)
            {
                foreach (var (key, value) in tags)
                {
                    _account.SetTag(resource, key, value);
                }
            }

            return [Xml.Return()];
        }
    }

    private IEnumerable<Element?> Delete(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var resources = Resources(parameters);
            var tags = parameters.Structures("Tag").Select(t => (Key: t.Require("Key"), Value: t.All.GetValueOrDefault("Value"))).ToList();
            EndDryRun(parameters);
            foreach (var resource in resources)
            {
                // Without any tag named, all of them go.
                foreach (var (key, value) in tags.Count > 0 ? tags : [.. _account.TagsOf(resource).Keys.Select(k => (k, (string?)null))])
                {
                    _account.RemoveTag(resource, key, value);
                }
            }

            return [Xml.Return()];
        }
    }

    private IEnumerable<Element?> Describe(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var all = _account.AllTags.SelectMany(r => r.Value, (r, t) => (Resource: r.Key, t.Key, t.Value, Type: TypeOf(r.Key)?.Type ?? ""));
            return Listing.Answer(parameters, "tagSet", all, t => new Dictionary<string, string>(StringComparer.Ordinal) { [t.Key] = t.Value }, FilterNames, t => new[]
            {
                new Element("resourceId", t.Resource), new Element("resourceType", t.Type), new Element("key", t.Key), new Element("value", t.Value),
            });
        }
    }

    private IReadOnlyList<string> Resources(QueryParameters parameters)
    {
        var resources = parameters.List("ResourceId");
        if (resources.Count == 0)
        {
            throw ApiException.Missing("ResourceId");
        }

        foreach (var resource in resources)
        {
            var type = TypeOf(resource) ?? throw new ApiException("InvalidID", $"The ID '{resource}' is not valid");
            if (!_account.Exists(resource) && !_account.Groups.Values.Any(g => g.Rules.Any(r => r.Id == resource)))
            {
                throw new ApiException(type.Code, $"The {type.Type} ID '{resource}' does not exist");
            }
        }

        return resources;
    }

    private static (string Type, string Code)? TypeOf(string id) =>
        id.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash && Types.TryGetValue(id[..dash], out var type) ? type : null;
}
