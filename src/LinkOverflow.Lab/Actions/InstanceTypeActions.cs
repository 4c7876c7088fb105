using System.Globalization;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Which instance types there are, and where.</summary>
internal sealed class InstanceTypeActions : ActionSet
{
    private static readonly FilterTable<InstanceType> TypeFilters = new()
    {
        { "instance-type", t => t.Name },
        { "current-generation", t => IsCurrent(t) ? "true" : "false" },
        { "processor-info.supported-architecture", _ => MachineImage.Architecture },
        { "vcpu-info.default-vcpus", t => t.Cpus.ToString(CultureInfo.InvariantCulture) },
        { "memory-info.size-in-mib", t => t.MemoryMiB.ToString(CultureInfo.InvariantCulture) },
        { "free-tier-eligible", t => t.IsFreeTier ? "true" : "false" },
        { "burstable-performance-supported", t => t.IsBurstable ? "true" : "false" },
        { "bare-metal", _ => "false" },
        { "hypervisor", t => t.IsNitro ? "nitro" : "xen" },
        { "supported-root-device-type", _ => "ebs" },
        { "supported-usage-class", _ => "on-demand" },
        { "supported-virtualization-type", _ => "hvm" },
    };

    private static readonly FilterTable<(string Type, string Place)> OfferingFilters = new()
    {
        { "instance-type", o => o.Type },
        { "location", o => o.Place },
    };

    public InstanceTypeActions()
    {
        Add("DescribeInstanceTypes", Describe);
        Add("DescribeInstanceTypeOfferings", DescribeOfferings);
    }

    private static bool IsCurrent(InstanceType type) => type.IsNitro || type.Name.StartsWith("t2.", StringComparison.Ordinal);

    private static IEnumerable<Element?> Describe(QueryParameters parameters)
    {
        var names = parameters.List("InstanceType");
        var unknown = names.Where(n => !InstanceType.All.ContainsKey(n)).ToList();
        if (unknown.Count > 0)
        {
            throw new ApiException("InvalidInstanceType", $"The following supplied instance types do not exist: [{string.Join(", ", unknown)}]");
        }

        var types = names.Count > 0 ? names.Distinct(StringComparer.Ordinal).Select(n => InstanceType.All[n]) : InstanceType.All.Values;
        return Listing.Answer(parameters, "instanceTypeSet", types, null, TypeFilters, Describe);
    }

    private static IEnumerable<Element?> Describe(InstanceType type) =>
    [
        new("instanceType", type.Name),
        new("currentGeneration", IsCurrent(type)),
        new("freeTierEligible", type.IsFreeTier),
        Xml.List("supportedUsageClasses", ["on-demand"], c => c),
        Xml.List("supportedRootDeviceTypes", ["ebs"], c => c),
        Xml.List("supportedVirtualizationTypes", ["hvm"], c => c),
        new("bareMetal", false),
        new("hypervisor", type.IsNitro ? "nitro" : "xen"),
        new("processorInfo", Xml.List("supportedArchitectures", [MachineImage.Architecture], a => a)),
        new("vCpuInfo", new Element("defaultVCpus", type.Cpus), new Element("defaultCores", Math.Max(1, type.Cpus / 2)), new Element("defaultThreadsPerCore", type.Cpus > 1 ? 2 : 1)),
        new("memoryInfo", new Element("sizeInMiB", type.MemoryMiB)),
        new("instanceStorageSupported", false),
        new("ebsInfo", new Element("ebsOptimizedSupport", "default"), new Element("encryptionSupport", "supported")),
        new("networkInfo", new Element("maximumNetworkInterfaces", 1), new Element("ipv4AddressesPerInterface", 1), new Element("ipv6AddressesPerInterface", 0), new Element("ipv6Supported", false), new Element("enaSupport", "supported")),
        new("hibernationSupported", false),
        new("burstablePerformanceSupported", type.IsBurstable),
        new("dedicatedHostsSupported", false),
        new("autoRecoverySupported", false),
        Xml.List("supportedBootModes", ["legacy-bios"], m => m),
    ];

    private static IEnumerable<Element?> DescribeOfferings(QueryParameters parameters)
    {
        var kind = parameters.Find("LocationType") ?? "region";
        IEnumerable<string> places = kind switch
        {
            "region" => [Zones.Region],
            "availability-zone" => Zones.All.Select(z => z.Name),
            "availability-zone-id" => Zones.All.Select(z => z.Id),
            _ => throw ApiException.Invalid(kind, "LocationType"),
        };
        var offerings = InstanceType.All.Keys.SelectMany(_ => places, (type, place) => (Type: type, Place: place));
        return Listing.Answer(
            parameters,
            "instanceTypeOfferingSet",
            offerings,
            null,
            OfferingFilters,
            o => new[] { new Element("instanceType", o.Type), new Element("locationType", kind), new Element("location", o.Place) });
    }
}
