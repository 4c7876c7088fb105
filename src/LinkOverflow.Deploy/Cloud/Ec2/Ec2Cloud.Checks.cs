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
        var response = await _calls.CallAsync(
            "DescribeKeyPairs", (c, t) => c.DescribeKeyPairsAsync(new DescribeKeyPairsRequest(), t), cancellationToken);
        return (response.KeyPairs ?? []).ToDictionary(k => k.KeyName, k => k.KeyFingerprint ?? "", StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public async Task<Secret> CreateKeyPairAsync(string name, CancellationToken cancellationToken)
    {
        var request = new CreateKeyPairRequest { KeyName = name, KeyType = KeyType.Ed25519, KeyFormat = KeyFormat.Pem };
        var response = await _calls.CallAsync("CreateKeyPair", (c, t) => c.CreateKeyPairAsync(request, t), cancellationToken);
        return new Secret(response.KeyPair.KeyMaterial);
    }

    /// <inheritdoc/>
    public Task DeleteKeyPairAsync(string name, CancellationToken cancellationToken) => _calls.IgnoreAsync(
        "InvalidKeyPair.NotFound", "DeleteKeyPair", (c, t) => c.DeleteKeyPairAsync(new DeleteKeyPairRequest { KeyName = name }, t), cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListZonesAsync(CancellationToken cancellationToken)
    {
        var request = new DescribeAvailabilityZonesRequest
        {
            Filters = [new Filter("zone-type", ["availability-zone"]), new Filter("state", ["available"])],
        };
        var response = await _calls.CallAsync("DescribeAvailabilityZones", (c, t) => c.DescribeAvailabilityZonesAsync(request, t), cancellationToken);
        return [.. (response.AvailabilityZones ?? []).Select(z => z.ZoneName).Order(StringComparer.Ordinal)];
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
        var response = await _calls.CallAsync("DescribeImages", (c, t) => c.DescribeImagesAsync(request, t), cancellationToken);
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
        // A dry run that EC2 would let through is refused with DryRunOperation.
        const string WouldSucceed = "DryRunOperation";

        async Task LaunchAsync()
        {
            var run = Ec2Launch.Request(request, await RootDeviceAsync(request.ImageId, cancellationToken));
            run.DryRun = true;
            await _calls.IgnoreAsync(WouldSucceed, "RunInstances", (c, t) => c.RunInstancesAsync(run, t), cancellationToken);
        }

        async Task CreateGroupAsync()
        {
            var create = await _groups.RequestAsync(group!, cancellationToken);
            create.DryRun = true;
            await _calls.IgnoreAsync(WouldSucceed, "CreateSecurityGroup", (c, t) => c.CreateSecurityGroupAsync(create, t), cancellationToken);
        }

        await Task.WhenAll(LaunchAsync(), group is null ? Task.CompletedTask : CreateGroupAsync());
    }

    /// <summary>The image's id that a public parameter holds, or null where there is no such parameter.</summary>
    private async Task<string?> ResolveAsync(string parameter, CancellationToken cancellationToken)
    {
        try
        {
            var response = await _calls.CallAsync(
                "GetParameter",
                _calls.Clients.Ssm,
                (c, t) => c.GetParameterAsync(new GetParameterRequest { Name = parameter }, t),
                cancellationToken);
            return response.Parameter.Value;
        }
        catch (DeployException e) when (e.InnerException is ParameterNotFoundException or ParameterVersionNotFoundException)
        {
            return null;
        }
    }

    private Task<IReadOnlyList<InstanceTypeOffering>> OfferingsAsync(LocationType by, Filter? filter, CancellationToken cancellationToken) => _calls.PagesAsync(
        "DescribeInstanceTypeOfferings",
        (c, next, t) => c.DescribeInstanceTypeOfferingsAsync(
            new DescribeInstanceTypeOfferingsRequest { LocationType = by, Filters = filter is null ? null : [filter], NextToken = next }, t),
        response => ((IEnumerable<InstanceTypeOffering>?)response.InstanceTypeOfferings, response.NextToken),
        cancellationToken);
}
