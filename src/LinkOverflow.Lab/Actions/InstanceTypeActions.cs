using System.Globalization;
using System.Xml.Linq;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Which instance types there are, and where.</summary>
internal sealed class InstanceTypeActions : ActionSet
{
    private static readonly Dictionary<string, string> NoTags = new(StringComparer.Ordinal);

    public InstanceTypeActions()
    {
        Add("DescribeInstanceTypes", Describe);
        Add("DescribeInstanceTypeOfferings", DescribeOfferings);
    }

    private static IEnumerable<XElement?> Describe(QueryParameters parameters)
    {
        var names = parameters.List("InstanceType");
        var unknown = names.Where(n => !InstanceType.All.ContainsKey(n)).ToList();
        if (unknown.Count > 0)
        {
            throw new ApiException("InvalidInstanceType", $"The following supplied instance types do not exist: [{string.Join(", ", unknown)}]");
        }

        var types = new Filters(parameters).Apply(
            InstanceType.All.Values.Where(t => names.Count == 0 || names.Contains(t.Name, StringComparer.Ordinal)),
            _ => NoTags,
            (t, filter) => filter switch
            {
                "instance-type" => [t.Name],
                "current-generation" => [t.IsNitro || t.Name.StartsWith("t2.", StringComparison.Ordinal) ? "true" : "false"],
                "processor-info.supported-architecture" => [MachineImage.Architecture],
                "vcpu-info.default-vcpus" => [t.Cpus.ToString(CultureInfo.InvariantCulture)],
                "memory-info.size-in-mib" => [t.MemoryMiB.ToString(CultureInfo.InvariantCulture)],
                "free-tier-eligible" => [t.IsFreeTier ? "true" : "false"],
                "burstable-performance-supported" => [t.IsBurstable ? "true" : "false"],
                "bare-metal" => ["false"],
                "hypervisor" => [t.IsNitro ? "nitro" : "xen"],
                "supported-root-device-type" => ["ebs"],
                "supported-usage-class" => ["on-demand"],
                "supported-virtualization-type" => ["hvm"],
                _ => null,
            });
        var (page, next) = new Paging(parameters).Cut(types);
        return [Xml.List("instanceTypeSet", page, Describe), next];
    }

    private static IEnumerable<XElement?> Describe(InstanceType type) =>
    [
        new("instanceType", type.Name),
        new("currentGeneration", type.IsNitro || type.Name.StartsWith("t2.", StringComparison.Ordinal)),
        new("freeTierEligible", type.IsFreeTier),
        Xml.List("supportedUsageClasses", ["on-demand"], c => c),
        Xml.List("supportedRootDeviceTypes", ["ebs"], c => c),
        Xml.List("supportedVirtualizationTypes", ["hvm"], c => c),
        new("bareMetal", false),
        new("hypervisor", type.IsNitro ? "nitro" : "xen"),
        new("processorInfo", Xml.List("supportedArchitectures", [MachineImage.Architecture], a => a)),
        new("vCpuInfo", new XElement("defaultVCpus", type.Cpus), new XElement("defaultCores", Math.Max(1, type.Cpus / 2)), new XElement("defaultThreadsPerCore", type.Cpus > 1 ? 2 : 1)),
        new("memoryInfo", new XElement("sizeInMiB", type.MemoryMiB)),
        new("instanceStorageSupported", false),
        new("ebsInfo", new XElement("ebsOptimizedSupport", "default"), new XElement("encryptionSupport", "supported")),
        new("networkInfo", new XElement("maximumNetworkInterfaces", 1), new XElement("ipv4AddressesPerInterface", 1), new XElement("ipv6AddressesPerInterface", 0), new XElement("ipv6Supported", false), new XElement("enaSupport", "supported")),
        new("hibernationSupported", false),
        new("burstablePerformanceSupported", type.IsBurstable),
        new("dedicatedHostsSupported", false),
        new("autoRecoverySupported", false),
        Xml.List("supportedBootModes", ["legacy-bios"], m => m),
    ];

    private static IEnumerable<XElement?> DescribeOfferings(QueryParameters parameters)
    {
        var kind = parameters.Find("LocationType") ?? "region";
        IEnumerable<string> places = kind switch
        {
            "region" => [Zones.Region],
            "availability-zone" => Zones.All.Select(z => z.Name),
            "availability-zone-id" => Zones.All.Select(z => z.Id),
            _ => throw ApiException.Invalid(kind, "LocationType"),
        };
        var offerings = new Filters(parameters).Apply(
            InstanceType.All.Keys.SelectMany(_ => places, (type, place) => (Type: type, Place: place)),
            _ => NoTags,
            (o, filter) => filter switch { "instance-type" => [o.Type], "location" => [o.Place], _ => null });
        var (page, next) = new Paging(parameters).Cut(offerings);
        return
        [
            Xml.List("instanceTypeOfferingSet", page, o => new[]
            {
                new XElement("instanceType", o.Type), new XElement("locationType", kind), new XElement("location", o.Place),
            }),
            next,
        ];
    }
}
