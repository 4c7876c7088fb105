namespace LinkOverflow.Lab.Model;

/// <summary>An instance type, as docs.aws.amazon.com/ec2/latest/instancetypes lists it.</summary>
/// <param name="Name">t3.micro.</param>
/// <param name="Cpus">vCPUs.</param>
/// <param name="MemoryMiB">Memory in MiB.</param>
internal sealed record InstanceType(string Name, int Cpus, int MemoryMiB)
{
    /// <summary>
    /// Below this a machine gets more than its type has: an EC2 instance's kernel and page cache do not count
    /// against its programs' memory as they do here, and Puppet needs about half of it.
    /// </summary>
    public const int MemoryFloorMiB = 1024;

    public int MachineMemoryMiB => Math.Max(MemoryMiB, MemoryFloorMiB);

    public bool IsBurstable => Name[0] == 't';

    public bool IsNitro => !Name.StartsWith("t2.", StringComparison.Ordinal) && !Name.StartsWith("m4.", StringComparison.Ordinal) && !Name.StartsWith("c4.", StringComparison.Ordinal);

    public bool IsFreeTier => Name is "t2.micro" or "t3.micro";

    /// <summary>The types that the lab offers, in every zone.</summary>
    public static IReadOnlyDictionary<string, InstanceType> All { get; } = new InstanceType[]
    {
        new("t2.nano", 1, 512), new("t2.micro", 1, 1024), new("t2.small", 1, 2048), new("t2.medium", 2, 4096), new("t2.large", 2, 8192),
        new("t3.nano", 2, 512), new("t3.micro", 2, 1024), new("t3.small", 2, 2048), new("t3.medium", 2, 4096), new("t3.large", 2, 8192), new("t3.xlarge", 4, 16384),
        new("t3a.nano", 2, 512), new("t3a.micro", 2, 1024), new("t3a.small", 2, 2048), new("t3a.medium", 2, 4096),
        new("m4.large", 2, 8192), new("m5.large", 2, 8192), new("m5.xlarge", 4, 16384), new("m6i.large", 2, 8192), new("m7i.large", 2, 8192),
        new("c4.large", 2, 3840), new("c5.large", 2, 4096), new("c5.xlarge", 4, 8192), new("c6i.large", 2, 4096), new("c7i.large", 2, 4096),
        new("r5.large", 2, 16384), new("r6i.large", 2, 16384),
    }.ToDictionary(t => t.Name, StringComparer.Ordinal);
}
