namespace LinkOverflow.Deploy.Cloud;

/// <summary>What RunInstances is asked for.</summary>
public sealed record LaunchRequest
{
    /// <summary>The AMI's id, or resolve:ssm: and a parameter's name.</summary>
    public required string ImageId { get; init; }

    /// <summary>Such as t3.small.</summary>
    public required string InstanceType { get; init; }

    /// <summary>How many instances at least; with fewer EC2 launches none.</summary>
    public required int MinimumCount { get; init; }

    /// <summary>How many instances at most.</summary>
    public required int MaximumCount { get; init; }

    /// <summary>The key pair that may log in.</summary>
    public required string KeyPair { get; init; }

    /// <summary>The security group's id.</summary>
    public required string SecurityGroupId { get; init; }

    /// <summary>Makes a repeated request harmless; up to 64 ASCII characters.</summary>
    public required string ClientToken { get; init; }

    /// <summary>Tags of the instances and their volumes from their first moment on.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>The zone; null: EC2 chooses.</summary>
    public string? Zone { get; init; }

    /// <summary>The subnet; null: the default VPC's.</summary>
    public string? SubnetId { get; init; }

    /// <summary>The root volume's size in GiB; null: the image's.</summary>
    public int? VolumeSize { get; init; }
}

/// <summary>A TCP port that a security group opens.</summary>
/// <param name="Port">The port.</param>
/// <param name="Cidr">From where it can be reached: an IPv4 or IPv6 network in CIDR notation.</param>
public sealed record OpenPort(int Port, string Cidr)
{
    /// <summary>As in 22/tcp from 203.0.113.7/32.</summary>
    public override string ToString() => $"{Port}/tcp from {Cidr}";
}

/// <summary>What a deployment's own security group opens.</summary>
/// <param name="Name">Unique in the VPC, up to 255 characters.</param>
/// <param name="Description">For people who find the group in the console.</param>
/// <param name="SubnetId">The subnet whose VPC it belongs to; null: the default VPC.</param>
/// <param name="Ports">What it opens.</param>
/// <param name="Tags">The group's tags.</param>
public sealed record SecurityGroupRequest(
    string Name,
    string Description,
    string? SubnetId,
    IReadOnlyList<OpenPort> Ports,
    IReadOnlyDictionary<string, string> Tags);
