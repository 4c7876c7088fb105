using System.Globalization;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Model;

/// <summary>A volume's type and speed, with the limits of docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html.</summary>
/// <param name="Type">gp3 and the like.</param>
/// <param name="Iops">Null for types that have none.</param>
/// <param name="Throughput">MiB/s; of gp3 alone.</param>
internal sealed record VolumeKind(string Type, int? Iops, int? Throughput)
{
    public const string Default = "gp3";

    /// <summary>What EC2 makes of a request.</summary>
    /// <exception cref="ApiException">InvalidParameterValue, InvalidParameterCombination or MissingParameter.</exception>
    public static VolumeKind From(string type, int sizeGiB, int? iops, int? throughput)
    {
        var (smallest, largest) = type switch
        {
            "gp2" or "gp3" => (1, 65536),
            "io1" or "io2" => (4, 65536),
            "st1" or "sc1" => (125, 16384),
            "standard" => (1, 1024),
            _ => throw new ApiException("InvalidParameterValue", $"Invalid value '{type}' for VolumeType."),
        };
        if (sizeGiB < smallest || sizeGiB > largest)
        {
            throw new ApiException(
                "InvalidParameterValue",
                string.Create(CultureInfo.InvariantCulture, $"Volume of {sizeGiB}GiB is invalid for volume type {type}; it must be from {smallest} to {largest} GiB."));
        }

        if (throughput is not null && type != "gp3")
        {
            throw ApiException.Combination($"The parameter throughput is not supported for {type} volumes.");
        }

        return type switch
        {
            "gp3" => new(type, iops ?? 3000, throughput ?? 125),
            "gp2" => new(type, Math.Clamp(sizeGiB * 3, 100, 16000), null),
            "io1" or "io2" => new(type, iops ?? throw ApiException.Missing("iops"), null),
            _ when iops is not null => throw ApiException.Combination($"The parameter iops is not supported for {type} volumes."),
            _ => new(type, null, null),
        };
    }
}
