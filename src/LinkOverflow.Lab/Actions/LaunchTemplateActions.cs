using System.Globalization;
using System.Text.RegularExpressions;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Launch templates and their versions.</summary>
internal sealed partial class LaunchTemplateActions : ActionSet
{
    private static readonly FilterTable<LaunchTemplate> TemplateFilters = new()
    {
        { "launch-template-name", t => t.Name },
        { "create-time", t => Xml.Time(t.Created) },
    };

    private static readonly FilterTable<(LaunchTemplate Template, LaunchTemplateVersion Version)> VersionFilters = new()
    {
        { "create-time", v => Xml.Time(v.Version.Created) },
        { "is-default-version", v => v.Version.Number == v.Template.DefaultVersion ? "true" : "false" },
        { "image-id", v => v.Version.Data.GetValueOrDefault("ImageId") },
        { "instance-type", v => v.Version.Data.GetValueOrDefault("InstanceType") },
        { "kernel-id", v => v.Version.Data.GetValueOrDefault("KernelId") },
        { "ebs-optimized", v => v.Version.Data.GetValueOrDefault("EbsOptimized") },
        { "iam-instance-profile", v => v.Version.Data.GetValueOrDefault("IamInstanceProfile.Arn") },
    };

    private readonly Account _account;

    public LaunchTemplateActions(Account account)
    {
        _account = account;
        Add("CreateLaunchTemplate", Create);
        Add("CreateLaunchTemplateVersion", CreateVersion);
        Add("ModifyLaunchTemplate", Modify);
        Add("DeleteLaunchTemplate", Delete);
        Add("DeleteLaunchTemplateVersions", DeleteVersions);
        Add("DescribeLaunchTemplates", Describe);
        Add("DescribeLaunchTemplateVersions", DescribeVersions);
    }

    /// <summary>The template that LaunchTemplateId or LaunchTemplateName names.</summary>
    /// <exception cref="ApiException">There is none, or both or neither are given.</exception>
    public static LaunchTemplate Find(Account account, QueryParameters reference) => (reference.Find("LaunchTemplateId"), reference.Find("LaunchTemplateName")) switch
    {
        ({ } id, null) => FindById(account, id),
        (null, { } name) => FindByName(account, name),
        (null, null) => throw ApiException.Missing("LaunchTemplateId or LaunchTemplateName"),
        _ => throw ApiException.Combination("Either LaunchTemplateId or LaunchTemplateName, not both."),
    };

    /// <param name="template">The template.</param>
    /// <param name="version">A number, $Latest or $Default.</param>
    /// <exception cref="ApiException">InvalidLaunchTemplateId.VersionNotFound.</exception>
    public static LaunchTemplateVersion FindVersion(LaunchTemplate template, string version)
    {
        int? number = version switch
        {
            "$Latest" => template.Latest.Number,
            "$Default" => template.DefaultVersion,
            _ => int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : throw ApiException.Invalid(version, "Version"),
        };
        return template.Versions.FirstOrDefault(v => v.Number == number)
            ?? throw new ApiException("InvalidLaunchTemplateId.VersionNotFound", $"Could not find the specified version {version} for the launch template with ID {template.Id}.");
    }

    private IEnumerable<Element?> Create(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            if (ClientTokens.Find(_account, parameters) is { } before)
            {
                return [new("launchTemplate", Describe(FindById(_account, before)))];
            }

            var name = parameters.Require("LaunchTemplateName");
            if (!TemplateName().IsMatch(name))
            {
                throw new ApiException("InvalidLaunchTemplateName.MalformedException", "Launch template names have 3 to 128 characters: letters, digits and ( ) . / _ -");
            }

            if (_account.LaunchTemplates.Values.Any(t => t.Name == name))
            {
                throw new ApiException("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.");
            }

            var data = LaunchTemplateData.Read(parameters);
            var tags = new TagSpecifications(parameters, "launch-template");
            EndDryRun(parameters);
            var now = _account.Clock.GetUtcNow();
            var template = new LaunchTemplate(ResourceId.New("lt"), name, now, 1, 1, [new LaunchTemplateVersion(1, parameters.Find("VersionDescription"), now, data)]);
            _account.LaunchTemplates.Add(template.Id, template);
            tags.Apply(_account, "launch-template", template.Id);
            ClientTokens.Keep(_account, parameters, template.Id);
            return [new("launchTemplate", Describe(template))];
        }
    }

    private IEnumerable<Element?> CreateVersion(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var template = Find(_account, parameters);
            if (ClientTokens.Find(_account, parameters) is { } before)
            {
                return [new("launchTemplateVersion", DescribeVersion((template, FindVersion(template, before))))];
            }

            var source = parameters.Find("SourceVersion") is { } from ? FindVersion(template, from).Data : null;
            var data = LaunchTemplateData.Read(parameters, source);
            EndDryRun(parameters);
            var version = new LaunchTemplateVersion(template.LastNumber + 1, parameters.Find("VersionDescription"), _account.Clock.GetUtcNow(), data);
            template = template with { LastNumber = version.Number, Versions = [.. template.Versions, version] };
            _account.LaunchTemplates[template.Id] = template;
            ClientTokens.Keep(_account, parameters, version.Number.ToString(CultureInfo.InvariantCulture));
            return [new("launchTemplateVersion", DescribeVersion((template, version)))];
        }
    }

    private IEnumerable<Element?> Modify(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var template = Find(_account, parameters);
            var version = FindVersion(template, parameters.Require("SetDefaultVersion"));
            EndDryRun(parameters);
            template = template with { DefaultVersion = version.Number };
            _account.LaunchTemplates[template.Id] = template;
            return [new("launchTemplate", Describe(template))];
        }
    }

    private IEnumerable<Element?> Delete(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var template = Find(_account, parameters);
            EndDryRun(parameters);
            _account.LaunchTemplates.Remove(template.Id);
            var answer = new Element("launchTemplate", Describe(template));
            _account.RemoveTags(template.Id);
            return [answer];
        }
    }

    private IEnumerable<Element?> DeleteVersions(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var template = Find(_account, parameters);
            var given = parameters.List("LaunchTemplateVersion") is { Count: > 0 } versions ? versions : throw ApiException.Missing("LaunchTemplateVersion");
            EndDryRun(parameters);
            var (deleted, kept) = (new List<LaunchTemplateVersion>(), new List<(string Version, string Code, string Message)>());
            foreach (var number in given.Distinct(StringComparer.Ordinal))
            {
                if (template.Versions.FirstOrDefault(v => v.Number.ToString(CultureInfo.InvariantCulture) == number) is not { } version)
                {
                    kept.Add((number, "launchTemplateVersionDoesNotExist", "The specified launch template version does not exist."));
                }
                else if (version.Number == template.DefaultVersion)
                {
                    throw new ApiException("InvalidLaunchTemplateId.VersionNotFound", $"The default version {number} cannot be deleted; set another as the default first.");
                }
                else
                {
                    deleted.Add(version);
                }
            }

            _account.LaunchTemplates[template.Id] = template with { Versions = [.. template.Versions.Except(deleted)] };
            return
            [
                Xml.List("successfullyDeletedLaunchTemplateVersionSet", deleted, v => Reference(template, v.Number)),
                Xml.List(
                    "unsuccessfullyDeletedLaunchTemplateVersionSet",
                    kept,
                    k => (IEnumerable<Element>)[.. Reference(template, k.Version), new("responseError", new Element("code", k.Code), new Element("message", k.Message))]),
            ];
        }
    }

    private IEnumerable<Element?> Describe(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var named = parameters.List("LaunchTemplateId").Select(id => FindById(_account, id))
                .Concat(parameters.List("LaunchTemplateName").Select(name => FindByName(_account, name))).Distinct().ToList();
            return Listing.Answer(
                parameters, "launchTemplates", named.Count > 0 ? named : _account.LaunchTemplates.Values.AsEnumerable(), t => _account.TagsOf(t.Id), TemplateFilters, Describe, smallestPage: 1);
        }
    }

    private IEnumerable<Element?> DescribeVersions(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var named = parameters.List("LaunchTemplateVersion");
            List<(LaunchTemplate Template, LaunchTemplateVersion Version)> versions;
            if (parameters.Find("LaunchTemplateId") is null && parameters.Find("LaunchTemplateName") is null)
            {
                // Without a template it is about all of them, of each what $Latest or $Default names.
                versions = named.Count > 0 && named.All(v => v is "$Latest" or "$Default")
                    ? [.. _account.LaunchTemplates.Values.SelectMany(t => named.Select(v => (t, FindVersion(t, v))).Distinct())]
                    : throw ApiException.Missing("LaunchTemplateId or LaunchTemplateName");
            }
            else
            {
                var template = Find(_account, parameters);
                var (minimum, maximum) = (Bound(template, parameters, "MinVersion") ?? 1, Bound(template, parameters, "MaxVersion") ?? int.MaxValue);
                versions =
                [
                    .. (named.Count > 0 ? named.Select(v => FindVersion(template, v)).Distinct() : template.Versions.Reverse())
                        .Where(v => v.Number >= minimum && v.Number <= maximum).Select(v => (template, v)),
                ];
            }

            return Listing.Answer(parameters, "launchTemplateVersionSet", versions, null, VersionFilters, DescribeVersion, smallestPage: 1);
        }
    }

    private static int? Bound(LaunchTemplate template, QueryParameters parameters, string name) =>
        parameters.Find(name) is { } version ? FindVersion(template, version).Number : null;

    private static LaunchTemplate FindById(Account account, string id) =>
        ResourceId.Find("launch template", account.LaunchTemplates, id, "lt", "InvalidLaunchTemplateId.Malformed", "InvalidLaunchTemplateId.NotFound");

    private static LaunchTemplate FindByName(Account account, string name) =>
        account.LaunchTemplates.Values.FirstOrDefault(t => t.Name == name)
        ?? throw new ApiException("InvalidLaunchTemplateName.NotFoundException", $"The specified launch template, with template name {name}, does not exist.");

    private static Element[] Reference(LaunchTemplate template, object version) =>
        [new("launchTemplateId", template.Id), new("launchTemplateName", template.Name), new("versionNumber", version)];

    private IEnumerable<Element?> Describe(LaunchTemplate template) =>
    [
        new("launchTemplateId", template.Id),
        new("launchTemplateName", template.Name),
        new("createTime", Xml.Time(template.Created)),
        new("createdBy", _account.UserArn),
        new("defaultVersionNumber", template.DefaultVersion),
        new("latestVersionNumber", template.Latest.Number),
        Xml.Tags(_account.TagsOf(template.Id)),
    ];

    private IEnumerable<Element?> DescribeVersion((LaunchTemplate Template, LaunchTemplateVersion Version) of) =>
    [
        .. Reference(of.Template, of.Version.Number),
        of.Version.Description is { } description ? new("versionDescription", description) : null,
        new("createTime", Xml.Time(of.Version.Created)),
        new("createdBy", _account.UserArn),
        new("defaultVersion", of.Version.Number == of.Template.DefaultVersion),
        LaunchTemplateData.Describe(of.Version.Data),
    ];

    [GeneratedRegex(@"^[a-zA-Z0-9().\-/_]{3,128}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TemplateName();
}
