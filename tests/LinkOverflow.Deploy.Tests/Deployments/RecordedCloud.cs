using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Tests.Deployments;

/// <summary>A cloud that does what a test says, and remembers what it was asked.</summary>
internal sealed class RecordedCloud : ICloud
{
    public string Region => "us-west-2";

    public Func<LaunchRequest, IReadOnlyList<CloudInstance>> Launch { get; set; } = r => [.. Enumerable.Range(1, r.MaximumCount).Select(n => Instance($"i-{n}", "pending"))];

    public Func<string, CloudInstance> Describe { get; set; } = id => Instance(id, "pending");

    public string Console { get; set; } = "";

    public Dictionary<string, string> KeyPairs { get; } = new(StringComparer.Ordinal) { ["pair"] = "" };

    public Action<string> Delete { get; set; } = _ => { };

    public int DescribeCalls { get; private set; }

    public List<string> Deleted { get; } = [];

    public static CloudInstance Instance(string id, string state, string? reason = null) => new(
        id, state, reason, state == "running" ? "127.0.0.1" : null, "10.0.0.1", "us-west-2a", "t3.small", "ami-0", DateTime.UtcNow, new Dictionary<string, string>(StringComparer.Ordinal));

    public Task<IReadOnlyList<CloudInstance>> RunInstancesAsync(LaunchRequest request, CancellationToken cancellationToken) => Task.FromResult(Launch(request));

    public Task<IReadOnlyList<CloudInstance>> DescribeInstancesAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken)
    {
        DescribeCalls++;
        return Task.FromResult<IReadOnlyList<CloudInstance>>([.. instanceIds.Select(Describe)]);
    }

    public Task<IReadOnlyList<CloudInstance>> DescribeInstancesByTagAsync(string key, string value, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<CloudInstance>>([]);

    public Task TagInstanceAsync(string instanceId, string key, string value, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task TerminateInstancesAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<string> GetConsoleOutputAsync(string instanceId, CancellationToken cancellationToken) => Task.FromResult(Console);

    public Task<string> CreateSecurityGroupAsync(SecurityGroupRequest request, CancellationToken cancellationToken) => Task.FromResult("sg-own");

    public Task<string> FindSecurityGroupAsync(string idOrName, CancellationToken cancellationToken) => Task.FromResult(idOrName);

    public Task<IReadOnlyList<string>> FindSecurityGroupsByTagAsync(string key, string value, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    public Task DeleteSecurityGroupAsync(string groupId, CancellationToken cancellationToken)
    {
        Deleted.Add(groupId);
        Delete(groupId);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyDictionary<string, string>> ListKeyPairsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, string>>(KeyPairs);

    public string Credentials => "a test's";

    public Task<Secret> CreateKeyPairAsync(string name, CancellationToken cancellationToken) => Task.FromResult(new Secret("private half"));

    public Task DeleteKeyPairAsync(string name, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyList<string>> ListZonesAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>(["us-west-2a", "us-west-2b"]);

    public Task<CloudImage?> FindImageAsync(string image, CancellationToken cancellationToken) => Task.FromResult<CloudImage?>(new CloudImage(image, "/dev/xvda"));

    public Task<IReadOnlyList<string>> ListZonesOfferingAsync(string instanceType, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>(instanceType == "t100.enormous" ? [] : ["us-west-2a", "us-west-2b"]);

    public Task<IReadOnlyList<string>> ListInstanceTypesAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>(["t3.small"]);

    public Task DryRunAsync(LaunchRequest request, SecurityGroupRequest? group, CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
    }
}
