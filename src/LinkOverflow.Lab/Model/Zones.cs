namespace LinkOverflow.Lab.Model;

/// <summary>One availability zone with its default subnet.</summary>
/// <param name="Name">us-west-2a.</param>
/// <param name="Id">usw2-az1.</param>
/// <param name="SubnetId">Its default subnet.</param>
/// <param name="First">Last byte of the subnet's first address.</param>
internal sealed record Zone(string Name, string Id, string SubnetId, int First)
{
    /// <summary>Addresses a subnet has; as in EC2 the first four and the last are not for instances.</summary>
    public const int Size = 64;
}

/// <summary>Where the lab says it is.</summary>
internal static class Zones
{
    public const string Region = "us-west-2";

    public const string VpcId = "vpc-01ab0000000000001";

    public static IReadOnlyList<Zone> All { get; } =
    [
        new("us-west-2a", "usw2-az1", "subnet-01ab000000000000a", 0),
        new("us-west-2b", "usw2-az2", "subnet-01ab000000000000b", Zone.Size),
        new("us-west-2c", "usw2-az3", "subnet-01ab000000000000c", 2 * Zone.Size),
    ];
}
