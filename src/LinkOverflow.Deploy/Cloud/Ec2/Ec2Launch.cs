using Amazon.EC2;
using Amazon.EC2.Model;

namespace LinkOverflow.Deploy.Cloud.Ec2;

/// <summary>A launch as RunInstances takes it (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html), safe by default.</summary>
internal static class Ec2Launch
{
    /// <param name="request">What to launch.</param>
    /// <param name="rootDevice">The image's own name for its root volume, such as /dev/sda1.</param>
    public static RunInstancesRequest Request(LaunchRequest request, string rootDevice)
    {
        var tags = Ec2Tags.From(request.Tags);
        return new RunInstancesRequest
        {
            ImageId = request.ImageId,
            InstanceType = request.InstanceType,
            MinCount = request.MinimumCount,
            MaxCount = request.MaximumCount,
            KeyName = request.KeyPair,
            ClientToken = request.ClientToken,
            SecurityGroupIds = request.SecurityGroupId.Length == 0 ? null : [request.SecurityGroupId],
            SubnetId = request.SubnetId,
            Placement = request.Zone is null ? null : new Placement { AvailabilityZone = request.Zone },

            // IMDSv2 only: a request forged through the site cannot read the instance's credentials.
            MetadataOptions = new InstanceMetadataOptionsRequest { HttpTokens = HttpTokensState.Required, HttpEndpoint = InstanceMetadataEndpointState.Enabled },
            TagSpecifications =
            [
                new TagSpecification { ResourceType = ResourceType.Instance, Tags = tags },
                new TagSpecification { ResourceType = ResourceType.Volume, Tags = tags },
            ],
            BlockDeviceMappings =
            [
                new BlockDeviceMapping
                {
                    DeviceName = rootDevice,
                    Ebs = new EbsBlockDevice { DeleteOnTermination = true, Encrypted = true, VolumeSize = request.VolumeSize },
                },
            ],
        };
    }

    /// <summary>An instance as the rest of the program sees it.</summary>
    public static CloudInstance Read(Instance i) => new(
        i.InstanceId,
        i.State?.Name?.Value ?? "pending",
        i.StateReason?.Message is { Length: > 0 } reason ? reason : null,
        string.IsNullOrEmpty(i.PublicIpAddress) ? null : i.PublicIpAddress,
        string.IsNullOrEmpty(i.PrivateIpAddress) ? null : i.PrivateIpAddress,
        i.Placement?.AvailabilityZone,
        i.InstanceType?.Value ?? "",
        i.ImageId,
        i.LaunchTime ?? DateTime.UtcNow,
        Ec2Tags.Read(i.Tags),
        i.AmiLaunchIndex ?? 0);
}
