using System.Net;
using System.Text;
using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;
using Tag = Amazon.EC2.Model.Tag;

namespace LinkOverflow.Deploy.Cloud.Ec2;

/// <summary><see cref="ICloud"/> by Amazon EC2, or anything that speaks its API.</summary>
public sealed partial class Ec2Cloud : ICloud
{
    private readonly AwsSettings _settings;
    private readonly AmazonEC2Client _client;
    private readonly AwsClients _clients;

    /// <summary>A client with the settings' credentials, region and endpoint. Makes no call yet.</summary>
    /// <exception cref="DeployException">CredentialsMissing.</exception>
    public Ec2Cloud(AwsSettings settings)
    {
        _settings = settings;
        _clients = AwsClients.For(settings);
        _client = _clients.Ec2;
    }

    /// <inheritdoc/>
    public string Region => _settings.Region;

    /// <inheritdoc/>
    public string Credentials => _clients.Credentials.Description;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CloudInstance>> RunInstancesAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        var run = await ToRunInstancesAsync(request, cancellationToken);
        var response = await CallAsync("RunInstances", () => _client.RunInstancesAsync(run, cancellationToken), cancellationToken);
        return [.. response.Reservation.Instances.Select(ToCloudInstance)];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CloudInstance>> DescribeInstancesAsync(
        IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken)
    {
        // A filter, unlike a list of ids, does not fail as a whole while EC2 does not show one of them yet.
        return await DescribeAsync(new Filter("instance-id", [.. instanceIds]), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CloudInstance>> DescribeInstancesByTagAsync(string key, string value, CancellationToken cancellationToken) =>
        await DescribeAsync(new Filter($"tag:{key}", [value]), cancellationToken);

    /// <inheritdoc/>
    public Task TagInstanceAsync(string instanceId, string key, string value, CancellationToken cancellationToken)
    {
        var request = new CreateTagsRequest { Resources = [instanceId], Tags = [new Tag(key, value)] };
        return CallAsync("CreateTags", () => _client.CreateTagsAsync(request, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task TerminateInstancesAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken)
    {
        if (instanceIds.Count == 0)
        {
            return;
        }

        var request = new TerminateInstancesRequest { InstanceIds = [.. instanceIds] };
        await IgnoreAsync(
            "InvalidInstanceID.NotFound",
            () => CallAsync("TerminateInstances", () => _client.TerminateInstancesAsync(request, cancellationToken), cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<string> GetConsoleOutputAsync(string instanceId, CancellationToken cancellationToken)
    {
        var response = await CallAsync(
            "GetConsoleOutput",
            () => _client.GetConsoleOutputAsync(new GetConsoleOutputRequest { InstanceId = instanceId }, cancellationToken),
            cancellationToken);
        return string.IsNullOrEmpty(response.Output) ? "" : Encoding.UTF8.GetString(Convert.FromBase64String(response.Output));
    }

    /// <inheritdoc/>
    public async Task<string> CreateSecurityGroupAsync(SecurityGroupRequest request, CancellationToken cancellationToken)
    {
        var create = await ToCreateSecurityGroupAsync(request, cancellationToken);
        var created = await CallAsync(
            "CreateSecurityGroup", () => _client.CreateSecurityGroupAsync(create, cancellationToken), cancellationToken);
        var authorize = new AuthorizeSecurityGroupIngressRequest
        {
            GroupId = created.GroupId,
            IpPermissions =
            [
                .. request.Ports.Select(p => new IpPermission
                {
                    IpProtocol = "tcp",
                    FromPort = p.Port,
                    ToPort = p.Port,
                    Ipv4Ranges = [new IpRange { CidrIp = p.Cidr }],
                }),
            ],
        };
        try
        {
            await CallAsync(
                "AuthorizeSecurityGroupIngress",
                () => _client.AuthorizeSecurityGroupIngressAsync(authorize, cancellationToken),
                cancellationToken);
        }
        catch
        {
            // Nobody would know of it.
            await DeleteSecurityGroupAsync(created.GroupId, CancellationToken.None);
            throw;
        }

        return created.GroupId;
    }

    /// <inheritdoc/>
    public async Task<string> FindSecurityGroupAsync(string idOrName, CancellationToken cancellationToken)
    {
        var filter = new Filter(idOrName.StartsWith("sg-", StringComparison.Ordinal) ? "group-id" : "group-name", [idOrName]);
        var groups = await DescribeGroupsAsync(filter, cancellationToken);
        return groups.Count > 0
            ? groups[0]
            : throw new DeployException(
                ErrorId.ValueInvalid, $"Security group {idOrName} is unknown in region {Region}.", "Correct SecurityGroup in instance.config.");
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> FindSecurityGroupsByTagAsync(string key, string value, CancellationToken cancellationToken) =>
        DescribeGroupsAsync(new Filter($"tag:{key}", [value]), cancellationToken);

    /// <inheritdoc/>
    public Task DeleteSecurityGroupAsync(string groupId, CancellationToken cancellationToken) => IgnoreAsync(
        "InvalidGroup.NotFound",
        () => CallAsync(
            "DeleteSecurityGroup",
            () => _client.DeleteSecurityGroupAsync(new DeleteSecurityGroupRequest { GroupId = groupId }, cancellationToken),
            cancellationToken));

    /// <summary>Nothing to free: the AWS client is shared by the whole process.</summary>
    public void Dispose()
    {
    }

    private async Task<IReadOnlyList<CloudInstance>> DescribeAsync(Filter filter, CancellationToken cancellationToken)
    {
        var instances = new List<CloudInstance>();
        var request = new DescribeInstancesRequest { Filters = [filter] };
        do
        {
            var page = await CallAsync(
                "DescribeInstances", () => _client.DescribeInstancesAsync(request, cancellationToken), cancellationToken);
            instances.AddRange((page.Reservations ?? []).SelectMany(r => r.Instances ?? []).Select(ToCloudInstance));
            request.NextToken = page.NextToken;
        }
        while (!string.IsNullOrEmpty(request.NextToken));
        return instances;
    }

    private async Task<IReadOnlyList<string>> DescribeGroupsAsync(Filter filter, CancellationToken cancellationToken)
    {
        var response = await CallAsync(
            "DescribeSecurityGroups",
            () => _client.DescribeSecurityGroupsAsync(new DescribeSecurityGroupsRequest { Filters = [filter] }, cancellationToken),
            cancellationToken);
        return [.. (response.SecurityGroups ?? []).Select(g => g.GroupId)];
    }

    private async Task<CreateSecurityGroupRequest> ToCreateSecurityGroupAsync(SecurityGroupRequest request, CancellationToken cancellationToken)
    {
        string? vpc = null;
        if (request.SubnetId is { } subnetId)
        {
            var subnets = await CallAsync(
                "DescribeSubnets",
                () => _client.DescribeSubnetsAsync(new DescribeSubnetsRequest { SubnetIds = [subnetId] }, cancellationToken),
                cancellationToken);
            vpc = subnets.Subnets[0].VpcId;
        }

        return new CreateSecurityGroupRequest
        {
            GroupName = request.Name,
            Description = request.Description,
            VpcId = vpc,
            TagSpecifications = [new TagSpecification { ResourceType = ResourceType.SecurityGroup, Tags = Tags(request.Tags) }],
        };
    }

    private async Task<RunInstancesRequest> ToRunInstancesAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        var tags = Tags(request.Tags);
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
            BlockDeviceMappings = await RootVolumeAsync(request, cancellationToken),
        };
    }

    /// <summary>The root volume encrypted and gone with its instance, whatever the image says.</summary>
    private async Task<List<BlockDeviceMapping>> RootVolumeAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        var root = "/dev/xvda";
        try
        {
            root = (await FindImageAsync(request.ImageId, cancellationToken))?.RootDevice ?? throw Ec2Errors.UnknownImage(request.ImageId, Region);
        }
        catch (DeployException e) when (e.Id == ErrorId.PermissionDenied)
        {
            // Who may launch need not be allowed to look.
        }

        return
        [
            new BlockDeviceMapping
            {
                DeviceName = root,
                Ebs = new EbsBlockDevice { DeleteOnTermination = true, Encrypted = true, VolumeSize = request.VolumeSize },
            },
        ];
    }

    private async Task<T> CallAsync<T>(string action, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        await _clients.Credentials.RequireAsync(cancellationToken);
        try
        {
            return await call();
        }
        catch (AmazonServiceException e)
        {
            throw Ec2Errors.Translate(e, _settings, Credentials, action);
        }
        catch (Exception e) when (e is AmazonClientException or HttpRequestException or WebException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Ec2Errors.Unreachable(e, _settings, action);
        }
    }

    private static async Task IgnoreAsync(string code, Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (DeployException e) when (e.InnerException is AmazonServiceException inner && inner.ErrorCode == code)
        {
            // What was asked for: gone already, or not done in a dry run.
        }
    }

    private static List<Tag> Tags(IReadOnlyDictionary<string, string> tags) => [.. tags.Select(t => new Tag(t.Key, t.Value))];

    private static CloudInstance ToCloudInstance(Instance i) => new(
        i.InstanceId,
        i.State?.Name?.Value ?? "pending",
        i.StateReason?.Message is { Length: > 0 } reason ? reason : null,
        string.IsNullOrEmpty(i.PublicIpAddress) ? null : i.PublicIpAddress,
        string.IsNullOrEmpty(i.PrivateIpAddress) ? null : i.PrivateIpAddress,
        i.Placement?.AvailabilityZone,
        i.InstanceType?.Value ?? "",
        i.ImageId,
        i.LaunchTime ?? DateTime.UtcNow,
        (i.Tags ?? []).ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal));
}
