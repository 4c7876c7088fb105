using System.Text;
using Amazon.EC2.Model;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Cloud.Ec2;

/// <summary><see cref="ICloud"/> by Amazon EC2, or anything that speaks its API.</summary>
public sealed partial class Ec2Cloud : ICloud
{
    // A filter takes 200 values (API_DescribeInstances.html), a page holds 1000 instances.
    private const int FilterValues = 200;
    private const int PageSize = 1000;

    private readonly AwsSettings _settings;
    private readonly Ec2Calls _calls;
    private readonly Ec2SecurityGroups _groups;

    /// <summary>A client with the settings' credentials, region and endpoint. Makes no call yet.</summary>
    /// <exception cref="DeployException">CredentialsMissing.</exception>
    public Ec2Cloud(AwsSettings settings)
        : this(settings, Ec2Calls.Limit)
    {
    }

    internal Ec2Cloud(AwsSettings settings, TimeSpan callLimit)
    {
        _settings = settings;
        _calls = new Ec2Calls(settings, callLimit);
        _groups = new Ec2SecurityGroups(_calls, settings.Region);
    }

    /// <inheritdoc/>
    public string Region => _settings.Region;

    /// <inheritdoc/>
    public object Identity => _calls.Clients;

    /// <inheritdoc/>
    public string Credentials => _calls.Clients.Credentials.Describe(_settings);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CloudInstance>> RunInstancesAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        var run = Ec2Launch.Request(request, await RootDeviceAsync(request.ImageId, cancellationToken));
        var response = await _calls.CallAsync("RunInstances", (c, t) => c.RunInstancesAsync(run, t), cancellationToken);
        return [.. response.Reservation.Instances.Select(Ec2Launch.Read)];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CloudInstance>> DescribeInstancesAsync(
        IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken)
    {
        // A filter, unlike a list of ids, does not fail as a whole while EC2 does not show one of them yet.
        var found = new List<CloudInstance>();
        foreach (var ids in instanceIds.Chunk(FilterValues))
        {
            found.AddRange(await DescribeAsync(new Filter("instance-id", [.. ids]), cancellationToken));
        }

        return found;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<CloudInstance>> DescribeInstancesByTagAsync(string key, string value, CancellationToken cancellationToken) =>
        DescribeAsync(new Filter($"tag:{key}", [value]), cancellationToken);

    /// <inheritdoc/>
    public Task TagInstanceAsync(string instanceId, string key, string value, CancellationToken cancellationToken)
    {
        var request = new CreateTagsRequest { Resources = [instanceId], Tags = [new Tag(key, value)] };
        return _calls.CallAsync("CreateTags", (c, t) => c.CreateTagsAsync(request, t), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task TerminateInstancesAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken)
    {
        if (instanceIds.Count == 0)
        {
            return;
        }

        try
        {
            await TerminateAsync(instanceIds);
        }
        catch (CloudException e) when (e.Code == "InvalidInstanceID.NotFound" && instanceIds.Count > 1)
        {
            // One id that is not there makes EC2 refuse them all.
            await Task.WhenAll(instanceIds.Select(id => TerminateInstancesAsync([id], cancellationToken)));
        }
        catch (CloudException e) when (e.Code == "InvalidInstanceID.NotFound")
        {
            // Gone already, which is what was asked for.
        }

        Task TerminateAsync(IEnumerable<string> ids)
        {
            var request = new TerminateInstancesRequest { InstanceIds = [.. ids] };
            return _calls.CallAsync("TerminateInstances", (c, t) => c.TerminateInstancesAsync(request, t), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<string> GetConsoleOutputAsync(string instanceId, CancellationToken cancellationToken)
    {
        string? output;
        try
        {
            output = await ConsoleAsync(latest: true);
        }
        catch (CloudException e) when (e.Code is "UnsupportedOperation" or "Unsupported" or "InvalidParameterCombination")
        {
            // Only Nitro instances show their console as it is now; the others some minutes later.
            output = await ConsoleAsync(latest: null);
        }

        return string.IsNullOrEmpty(output) ? "" : Encoding.UTF8.GetString(Convert.FromBase64String(output));

        async Task<string?> ConsoleAsync(bool? latest)
        {
            var request = new GetConsoleOutputRequest { InstanceId = instanceId, Latest = latest };
            return (await _calls.CallAsync("GetConsoleOutput", (c, t) => c.GetConsoleOutputAsync(request, t), cancellationToken)).Output;
        }
    }

    /// <inheritdoc/>
    public Task<string> CreateSecurityGroupAsync(SecurityGroupRequest request, CancellationToken cancellationToken) =>
        _groups.CreateAsync(request, cancellationToken);

    /// <inheritdoc/>
    public Task OpenSecurityGroupAsync(string groupId, IReadOnlyList<OpenPort> ports, CancellationToken cancellationToken) =>
        _groups.AddAsync(groupId, ports, cancellationToken);

    /// <inheritdoc/>
    public Task<string> FindSecurityGroupAsync(string idOrName, CancellationToken cancellationToken) => _groups.FindAsync(idOrName, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TaggedResource>> FindSecurityGroupsByTagAsync(string key, string value, CancellationToken cancellationToken) =>
        _groups.DescribeAsync(new Filter($"tag:{key}", [value]), cancellationToken);

    /// <inheritdoc/>
    public Task DeleteSecurityGroupAsync(string groupId, CancellationToken cancellationToken) => _groups.DeleteAsync(groupId, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TaggedResource>> FindVolumesByTagAsync(string key, string value, CancellationToken cancellationToken) => _calls.PagesAsync(
        "DescribeVolumes",
        (c, next, t) => c.DescribeVolumesAsync(new DescribeVolumesRequest { Filters = [new Filter($"tag:{key}", [value])], NextToken = next }, t),
        response => (response.Volumes?.Select(v => new TaggedResource(v.VolumeId, Ec2Tags.Read(v.Tags), v.State?.Value)), response.NextToken),
        cancellationToken);

    /// <inheritdoc/>
    public Task DeleteVolumeAsync(string volumeId, CancellationToken cancellationToken) => _calls.IgnoreAsync(
        "InvalidVolume.NotFound",
        "DeleteVolume",
        (c, t) => c.DeleteVolumeAsync(new DeleteVolumeRequest { VolumeId = volumeId }, t),
        cancellationToken);

    /// <summary>Nothing to free: the AWS client is shared by the whole process.</summary>
    public void Dispose()
    {
    }

    private Task<IReadOnlyList<CloudInstance>> DescribeAsync(Filter filter, CancellationToken cancellationToken) => _calls.PagesAsync(
        "DescribeInstances",
        (c, next, t) => c.DescribeInstancesAsync(new DescribeInstancesRequest { Filters = [filter], MaxResults = PageSize, NextToken = next }, t),
        response => (response.Reservations?.SelectMany(r => r.Instances ?? []).Select(Ec2Launch.Read), response.NextToken),
        cancellationToken);

    private async Task<string> RootDeviceAsync(string image, CancellationToken cancellationToken)
    {
        try
        {
            return (await FindImageAsync(image, cancellationToken))?.RootDevice ?? throw Ec2Errors.UnknownImage(image, Region);
        }
        catch (DeployException e) when (e.Id == ErrorId.PermissionDenied)
        {
            // Who may launch need not be allowed to look; most images have it.
            return "/dev/xvda";
        }
    }
}
