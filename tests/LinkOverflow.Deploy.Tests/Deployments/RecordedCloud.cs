using System.Collections.Concurrent;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Tests.Deployments;

/// <summary>A cloud in memory that does what a test says, and remembers what it was asked.</summary>
internal sealed class RecordedCloud : ICloud
{
    private static readonly IReadOnlyDictionary<string, string> NoTags = new Dictionary<string, string>(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, CloudInstance> _instances = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TaggedResource> _groups = new(StringComparer.Ordinal);

    private readonly Dictionary<string, string> _groupNames = new(StringComparer.Ordinal);

    public string Region => "us-west-2";

    public object Identity => this;

    /// <summary>What RunInstances gives; by default all that is asked for, numbered on.</summary>
    public Func<LaunchRequest, IReadOnlyList<CloudInstance>> Launch { get; set; }

    /// <summary>What EC2 says of an instance at this time; null: it does not show it.</summary>
    public Func<CloudInstance, CloudInstance?> Describe { get; set; } = i => i;

    public Func<string, string> Console { get; set; } = _ => "";

    public Action<string> Delete { get; set; } = _ => { };

    /// <summary>What comes of an attempt to tag an instance.</summary>
    public Action<string> Tag { get; set; } = _ => { };

    public Action<string> Terminate { get; set; } = _ => { };

    public string[] Zones { get; set; } = ["us-west-2a", "us-west-2b", "us-west-2c"];

    public Dictionary<string, string> KeyPairs { get; } = new(StringComparer.Ordinal) { ["pair"] = "" };

    /// <summary>The volumes that are there.</summary>
    public ConcurrentDictionary<string, TaggedResource> Volumes { get; } = new(StringComparer.Ordinal);

    /// <summary>Every call: the action, and the thing that it is about.</summary>
    public ConcurrentQueue<(string Action, string About)> Calls { get; } = new();

    public ConcurrentQueue<LaunchRequest> Launches { get; } = new();

    public ConcurrentQueue<SecurityGroupRequest> GroupRequests { get; } = new();

    public IEnumerable<string> Groups => _groups.Keys;

    public IEnumerable<string> Terminated => About("TerminateInstances");

    public IEnumerable<string> Deleted => About("DeleteSecurityGroup");

    public RecordedCloud() => Launch = r => [.. Enumerable.Range(0, r.MaximumCount).Select(n => New(r, n))];

    public static CloudInstance Instance(string id, string state, string? reason = null, IReadOnlyDictionary<string, string>? tags = null) => new(
        id, state, reason, state == "running" ? "127.0.0.1" : null, "10.0.0.1", "us-west-2a", "t3.small", "ami-0", DateTime.UtcNow, tags ?? NoTags);

    /// <summary>An instance that is there before the test.</summary>
    public void Has(string id, string state, string deployment) =>
        _instances[id] = Instance(id, state, tags: new Dictionary<string, string>(StringComparer.Ordinal) { [DeploymentTags.Deployment] = deployment });

    /// <summary>A lock that somebody holds before the test.</summary>
    public void HasLock(string id, string name, IReadOnlyDictionary<string, string> tags)
    {
        _groupNames[id] = name;
        _groups[id] = new TaggedResource(id, tags);
    }

    public void HasGroup(string id, string deployment) => _groups[id] = Tagged(id, deployment);

    public static TaggedResource Tagged(string id, string deployment, string? state = null) =>
        new(id, new Dictionary<string, string>(StringComparer.Ordinal) { [DeploymentTags.Deployment] = deployment }, state);

    public IEnumerable<string> About(string action) => Calls.Where(c => c.Action == action).Select(c => c.About);

    public CloudInstance New(LaunchRequest request, int index) =>
        Instance($"i-{_instances.Count + index + 1}", "pending") with { LaunchIndex = index, Tags = request.Tags, Zone = request.Zone ?? "us-west-2a" };

    public Task<IReadOnlyList<string>> ListZonesAsync(CancellationToken cancellationToken) => Answer<IReadOnlyList<string>>("DescribeAvailabilityZones", "", () => Zones);

    public Task<IReadOnlyList<CloudInstance>> RunInstancesAsync(LaunchRequest request, CancellationToken cancellationToken) => Answer("RunInstances", request.Zone ?? "", () =>
    {
        Launches.Enqueue(request);
        var given = Launch(request);
        foreach (var instance in given)
        {
            _instances[instance.InstanceId] = instance;
        }

        return given;
    });

    public Task<IReadOnlyList<CloudInstance>> DescribeInstancesAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken) =>
        Answer("DescribeInstances", string.Join(' ', instanceIds), () => Seen(i => instanceIds.Contains(i.InstanceId)));

    public Task<IReadOnlyList<CloudInstance>> DescribeInstancesByTagAsync(string key, string value, CancellationToken cancellationToken) =>
        Answer("DescribeInstances", value, () => Seen(i => HasTag(i.Tags, key, value)));

    public Task TagInstanceAsync(string instanceId, string key, string value, CancellationToken cancellationToken) => Answer("CreateTags", $"{instanceId} {key}={value}", () =>
    {
        Tag(instanceId);
        return _instances.TryGetValue(instanceId, out var tagged)
            && _instances.TryUpdate(instanceId, tagged with { Tags = new Dictionary<string, string>(tagged.Tags, StringComparer.Ordinal) { [key] = value } }, tagged);
    });

    public async Task TerminateInstancesAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken)
    {
        foreach (var id in instanceIds)
        {
            await Answer("TerminateInstances", id, () => _instances[id] = _instances[id] with { State = "terminated" });
            Terminate(id);
        }
    }

    public Task<string> GetConsoleOutputAsync(string instanceId, CancellationToken cancellationToken) => Answer("GetConsoleOutput", instanceId, () => Console(instanceId));

    public Task<string> CreateSecurityGroupAsync(SecurityGroupRequest request, CancellationToken cancellationToken) => Answer("CreateSecurityGroup", request.Name, () =>
    {
        GroupRequests.Enqueue(request);
        lock (_groupNames)
        {
            if (_groupNames.Any(n => n.Value == request.Name && _groups.ContainsKey(n.Key)))
            {
                throw new CloudException(new Problem(ErrorId.CloudError, "there is one"), "InvalidGroup.Duplicate", "1", isTransient: false);
            }

            var id = request.Tags.ContainsKey(DeploymentTags.Lock) ? $"sg-lock-{_groupNames.Count}" : "sg-own";
            _groupNames[id] = request.Name;
            _groups[id] = new TaggedResource(id, request.Tags);
            return id;
        }
    });

    public Task OpenSecurityGroupAsync(string groupId, IReadOnlyList<OpenPort> ports, CancellationToken cancellationToken) =>
        Answer("AuthorizeSecurityGroupIngress", $"{groupId} {string.Join(", ", ports)}", () => 0);

    public Task<string> FindSecurityGroupAsync(string idOrName, CancellationToken cancellationToken) => Answer("DescribeSecurityGroups", idOrName, () => idOrName);

    public Task<IReadOnlyList<TaggedResource>> FindSecurityGroupsByTagAsync(string key, string value, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<TaggedResource>>("DescribeSecurityGroups", value, () => [.. _groups.Values.Where(g => HasTag(g.Tags, key, value))]);

    public Task DeleteSecurityGroupAsync(string groupId, CancellationToken cancellationToken) => Answer("DeleteSecurityGroup", groupId, () =>
    {
        Delete(groupId);
        return _groups.TryRemove(groupId, out _);
    });

    public Task<IReadOnlyList<TaggedResource>> FindVolumesByTagAsync(string key, string value, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<TaggedResource>>("DescribeVolumes", value, () => [.. Volumes.Values.Where(v => HasTag(v.Tags, key, value))]);

    public Task DeleteVolumeAsync(string volumeId, CancellationToken cancellationToken) => Answer("DeleteVolume", volumeId, () => Volumes.TryRemove(volumeId, out _));

    public Task<IReadOnlyDictionary<string, string>> ListKeyPairsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, string>>(KeyPairs);

    public string Credentials => "a test's";

    public Task<Secret> CreateKeyPairAsync(string name, CancellationToken cancellationToken) => Task.FromResult(new Secret("private half"));

    public Task DeleteKeyPairAsync(string name, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<CloudImage?> FindImageAsync(string image, CancellationToken cancellationToken) => Task.FromResult<CloudImage?>(new CloudImage(image, "/dev/xvda"));

    public Task<IReadOnlyList<string>> ListZonesOfferingAsync(string instanceType, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>(instanceType == "t100.enormous" ? [] : ["us-west-2a", "us-west-2b"]);

    public Task<IReadOnlyList<string>> ListInstanceTypesAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>(["t3.small"]);

    public Task DryRunAsync(LaunchRequest request, SecurityGroupRequest? group, CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
    }

    // An answer never comes on the asker's own stack, as a real one would not.
    private async Task<T> Answer<T>(string action, string about, Func<T> answer)
    {
        Calls.Enqueue((action, about));
        await Task.Yield();
        return answer();
    }

    private IReadOnlyList<CloudInstance> Seen(Func<CloudInstance, bool> asked) =>
        [.. _instances.Values.Where(asked).Select(i => i.State == "terminated" ? i : Describe(i)).OfType<CloudInstance>()];

    private static bool HasTag(IReadOnlyDictionary<string, string> tags, string key, string value) => tags.TryGetValue(key, out var has) && (value == "*" || has == value);
}
