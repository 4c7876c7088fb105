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
    private const string CommonRootDevice = "/dev/xvda";

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
    public Task DeleteKeyPairAsync(string name, CancellationToken cancellationToken) => _calls.TolerateAsync(
        "InvalidKeyPair.NotFound", "DeleteKeyPair", (c, t) => c.DeleteKeyPairAsync(new DeleteKeyPairRequest { KeyName = name }, t), cancellationToken);

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
            ? _images.GetOrAdd(image, new CloudImage(found.ImageId, found.RootDeviceName is { Length: > 0 } root ? root : CommonRootDevice, found.Name))
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
        await Task.WhenAll(LaunchAsync(), group is null ? Task.CompletedTask : _groups.DryRunAsync(group, cancellationToken));

        // A dry run that EC2 would let through is refused with DryRunOperation.
        async Task LaunchAsync()
        {
            var run = Ec2Launch.Request(request, await RootDeviceAsync(request.ImageId, cancellationToken));
            run.DryRun = true;
            await _calls.TolerateAsync("DryRunOperation", "RunInstances", (c, t) => c.RunInstancesAsync(run, t), cancellationToken);
        }
    }

    /// <summary>The image's own name for its root volume, such as /dev/sda1.</summary>
    private async Task<string> RootDeviceAsync(string image, CancellationToken cancellationToken)
    {
        try
        {
            return (await FindImageAsync(image, cancellationToken))?.RootDevice ?? throw Ec2Errors.UnknownImage(image, Region);
        }
        catch (DeployException e) when (e.Id == ErrorId.PermissionDenied)
        {
            // Who may launch need not be allowed to look.
            return CommonRootDevice;
        }
    }

    /// <summary>The image's id that a public parameter holds, or null where there is no such parameter.</summary>
    private async Task<string?> ResolveAsync(string parameter, CancellationToken cancellationToken)
    {
        try
        {
            var response = await _calls.SsmAsync(
                "GetParameter", (c, t) => c.GetParameterAsync(new GetParameterRequest { Name = parameter }, t), cancellationToken);
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
        response => (response.InstanceTypeOfferings, response.NextToken),
        cancellationToken);
}
