using System.Collections.Concurrent;
using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.SimpleSystemsManagement.Model;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Cloud.Ec2;

/// <content>What EC2 knows before anything is launched, and key pairs.</content>
public sealed partial class Ec2Cloud
{
    private const string Alias = "resolve:ssm:";

    private readonly ConcurrentDictionary<string, CloudImage> _images = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, string>> ListKeyPairsAsync(CancellationToken cancellationToken)
    {
        var response = await CallAsync(
            "DescribeKeyPairs", () => _client.DescribeKeyPairsAsync(new DescribeKeyPairsRequest(), cancellationToken), cancellationToken);
        return (response.KeyPairs ?? []).ToDictionary(k => k.KeyName, k => k.KeyFingerprint ?? "", StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public async Task<Secret> CreateKeyPairAsync(string name, CancellationToken cancellationToken)
    {
        var request = new CreateKeyPairRequest { KeyName = name, KeyType = KeyType.Ed25519, KeyFormat = KeyFormat.Pem };
        var response = await CallAsync("CreateKeyPair", () => _client.CreateKeyPairAsync(request, cancellationToken), cancellationToken);
        return new Secret(response.KeyPair.KeyMaterial);
    }

    /// <inheritdoc/>
    public Task DeleteKeyPairAsync(string name, CancellationToken cancellationToken) => IgnoreAsync(
        "InvalidKeyPair.NotFound",
        () => CallAsync(
            "DeleteKeyPair", () => _client.DeleteKeyPairAsync(new DeleteKeyPairRequest { KeyName = name }, cancellationToken), cancellationToken));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListZonesAsync(CancellationToken cancellationToken)
    {
        var response = await CallAsync(
            "DescribeAvailabilityZones",
            () => _client.DescribeAvailabilityZonesAsync(new DescribeAvailabilityZonesRequest(), cancellationToken),
            cancellationToken);
        return [.. (response.AvailabilityZones ?? []).Select(z => z.ZoneName)];
    }

    /// <inheritdoc/>
    public async Task<CloudImage?> FindImageAsync(string image, CancellationToken cancellationToken)
    {
        if (_images.TryGetValue(image, out var known))
        {
            return known;
        }

        var id = image.StartsWith(Alias, StringComparison.Ordinal) ? await ResolveAsync(image[Alias.Length..], cancellationToken) : image;
        if (id is null)
        {
            return null;
        }

        // A filter, unlike a list of ids, gives an empty answer where there is none.
        var request = new DescribeImagesRequest { Filters = [new Filter("image-id", [id])] };
        var response = await CallAsync("DescribeImages", () => _client.DescribeImagesAsync(request, cancellationToken), cancellationToken);
        return response.Images is [var found, ..]
            ? _images.GetOrAdd(image, new CloudImage(found.ImageId, found.RootDeviceName is { Length: > 0 } root ? root : "/dev/xvda", found.Name))
            : null;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListZonesOfferingAsync(string instanceType, CancellationToken cancellationToken) =>
        [.. (await OfferingsAsync(LocationType.AvailabilityZone, new Filter("instance-type", [instanceType]), cancellationToken)).Select(o => o.Location)];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListInstanceTypesAsync(CancellationToken cancellationToken) =>
        [.. (await OfferingsAsync(LocationType.Region, null, cancellationToken)).Select(o => o.InstanceType.Value)];

    /// <inheritdoc/>
    public async Task DryRunAsync(LaunchRequest request, SecurityGroupRequest? group, CancellationToken cancellationToken)
    {
        async Task LaunchAsync()
        {
            var run = await ToRunInstancesAsync(request, cancellationToken);
            run.DryRun = true;
            await CallAsync("RunInstances", () => _client.RunInstancesAsync(run, cancellationToken), cancellationToken);
        }

        async Task CreateGroupAsync()
        {
            var create = await ToCreateSecurityGroupAsync(group!, cancellationToken);
            create.DryRun = true;
            await CallAsync("CreateSecurityGroup", () => _client.CreateSecurityGroupAsync(create, cancellationToken), cancellationToken);
        }

        await Task.WhenAll(WouldSucceedAsync(LaunchAsync), group is null ? Task.CompletedTask : WouldSucceedAsync(CreateGroupAsync));
    }

    /// <summary>The image's id that a public parameter holds, or null where there is no such parameter.</summary>
    private async Task<string?> ResolveAsync(string parameter, CancellationToken cancellationToken)
    {
        try
        {
            var response = await CallAsync(
                "GetParameter",
                () => _clients.Ssm.GetParameterAsync(new GetParameterRequest { Name = parameter }, cancellationToken),
                cancellationToken);
            return response.Parameter.Value;
        }
        catch (DeployException e) when (e.InnerException is ParameterNotFoundException or ParameterVersionNotFoundException)
        {
            return null;
        }
    }

    private async Task<List<InstanceTypeOffering>> OfferingsAsync(LocationType by, Filter? filter, CancellationToken cancellationToken)
    {
        var offerings = new List<InstanceTypeOffering>();
        var request = new DescribeInstanceTypeOfferingsRequest { LocationType = by, Filters = filter is null ? null : [filter] };
        do
        {
            var page = await CallAsync(
                "DescribeInstanceTypeOfferings", () => _client.DescribeInstanceTypeOfferingsAsync(request, cancellationToken), cancellationToken);
            offerings.AddRange(page.InstanceTypeOfferings ?? []);
            request.NextToken = page.NextToken;
        }
        while (!string.IsNullOrEmpty(request.NextToken));
        return offerings;
    }

    /// <summary>A dry run that EC2 would let through is refused with DryRunOperation.</summary>
    private static Task WouldSucceedAsync(Func<Task> dryRun) => IgnoreAsync("DryRunOperation", dryRun);
}
