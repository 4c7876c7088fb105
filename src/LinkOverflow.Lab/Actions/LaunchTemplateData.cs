using System.Globalization;
using System.Text.RegularExpressions;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>The launch parameters that a template holds: as they are sent, as they are shown, and as a launch takes them.</summary>
internal static partial class LaunchTemplateData
{
    // Members of RequestLaunchTemplateData in EC2's API reference. What the lab's machines do not have is kept and shown all the same.
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "BlockDeviceMapping", "CapacityReservationSpecification", "CpuOptions", "CreditSpecification", "DisableApiStop", "DisableApiTermination", "EbsOptimized", "EnclaveOptions",
        "HibernationOptions", "IamInstanceProfile", "ImageId", "InstanceInitiatedShutdownBehavior", "InstanceMarketOptions", "InstanceRequirements", "InstanceType", "KernelId", "KeyName",
        "LicenseSpecification", "MaintenanceOptions", "MetadataOptions", "Monitoring", "NetworkInterface", "NetworkPerformanceOptions", "Placement", "PrivateDnsNameOptions", "RamDiskId",
        "SecurityGroup", "SecurityGroupId", "TagSpecification", "UserData",
    };

    /// <summary>The LaunchTemplateData parameters of a request, over those of the version that it starts from.</summary>
    /// <exception cref="ApiException">UnknownParameter, MissingParameter.</exception>
    public static IReadOnlyDictionary<string, string> Read(QueryParameters parameters, IReadOnlyDictionary<string, string>? source = null)
    {
        var given = parameters.Structure("LaunchTemplateData").All;
        if (given.Count == 0 && source is null)
        {
            throw ApiException.Missing("LaunchTemplateData");
        }

        return given.Keys.FirstOrDefault(n => !Known.Contains(First(n)) || !ParameterName().IsMatch(n)) is { } unknown
            ? throw new ApiException("UnknownParameter", $"The parameter LaunchTemplateData.{unknown} is not recognized")
            : Over(source ?? new Dictionary<string, string>(StringComparer.Ordinal), given);
    }

    /// <summary>The parameters of a launch from a template: what the request itself says comes before what the template says.</summary>
    /// <exception cref="ApiException">There is no such template or version.</exception>
    public static (QueryParameters Parameters, (LaunchTemplate Template, LaunchTemplateVersion Version)? From) Merge(Account account, QueryParameters request)
    {
        var reference = request.Structure("LaunchTemplate");
        if (reference.All.Count == 0)
        {
            return (request, null);
        }

        var template = LaunchTemplateActions.Find(account, reference);
        var version = LaunchTemplateActions.FindVersion(template, reference.Find("Version") ?? "$Default");
        return (request.With(Over(version.Data, request.All)), (template, version));
    }

    /// <summary>As DescribeLaunchTemplateVersions shows them.</summary>
    public static Element Describe(IReadOnlyDictionary<string, string> data) => new("launchTemplateData", Elements(data, ""));

    private static Dictionary<string, string> Over(IReadOnlyDictionary<string, string> below, IReadOnlyDictionary<string, string> above)
    {
        var names = above.Keys.Select(First).ToHashSet(StringComparer.Ordinal);
        return below.Where(b => !names.Contains(First(b.Key))).Concat(above).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);
    }

    private static IEnumerable<Element> Elements(IReadOnlyDictionary<string, string> data, string within)
    {
        foreach (var group in data.GroupBy(d => First(d.Key), StringComparer.Ordinal))
        {
            var rest = group.Where(g => g.Key.Length > group.Key.Length).ToDictionary(g => g.Key[(group.Key.Length + 1)..], g => g.Value, StringComparer.Ordinal);
            var name = char.ToLowerInvariant(group.Key[0]) + group.Key[1..];
            if (rest.Count == 0)
            {
                yield return new Element(name, group.First().Value);
            }
            else if (rest.Keys.Any(k => char.IsAsciiDigit(k[0])))
            {
                var (set, item) = (within, group.Key) switch
                {
                    ("NetworkInterface", "SecurityGroupId") => ("groupSet", "groupId"),
                    (_, "LicenseSpecification") => ("licenseSet", "item"),
                    _ => (name + "Set", "item"),
                };
                yield return new Element(
                    set,
                    rest.Where(r => char.IsAsciiDigit(r.Key[0])).GroupBy(r => First(r.Key), StringComparer.Ordinal).OrderBy(i => int.TryParse(i.Key, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue)
                        .Select(i => new Element(
                            item,
                            i.First().Key == i.Key
                                ? i.First().Value
                                : Elements(i.Where(m => m.Key.Length > i.Key.Length).ToDictionary(m => m.Key[(i.Key.Length + 1)..], m => m.Value, StringComparer.Ordinal), group.Key))));
            }
            else
            {
                yield return new Element(name, Elements(rest, group.Key));
            }
        }
    }

    private static string First(string name) => name.IndexOf('.', StringComparison.Ordinal) is >= 0 and var dot ? name[..dot] : name;

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9]*(\.([A-Za-z][A-Za-z0-9]*|[0-9]+))*$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ParameterName();
}
