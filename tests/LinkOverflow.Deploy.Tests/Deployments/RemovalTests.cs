using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Tests.Deployments;

/// <summary>A removal takes what carries the deployment's tag, and nothing else.</summary>
public sealed class RemovalTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Instances_group_and_known_hosts_go_and_terminated_ones_are_not_ended_again()
    {
        var deployment = $"site-{Guid.NewGuid():N}";
        using var cloud = new TaggedCloud(deployment, ("i-1", "running"), ("i-2", "terminated"), ("i-3", "stopped"));
        var known = HostKeys.KnownHostsFile(deployment);
        HostKeys.Remember(known, "i-1", ["ssh-ed25519 AAAA"]);
        (await new Removal(cloud).RemoveAsync(deployment, Cancellation)).ShouldBe(["i-1", "i-3"]);
        cloud.Terminated.ShouldBe(["i-1", "i-3"]);
        cloud.DeletedGroups.ShouldBe(["sg-1"]);
        Directory.Exists(Path.GetDirectoryName(known)).ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../../x")]
    [InlineData("a/b")]
    [InlineData("*")]
    [InlineData("site-?")]
    public async Task What_is_no_deployments_id_is_not_even_looked_for(string deployment)
    {
        // EC2's filters take * and ? for any text, and the id becomes a folder's name. This cloud answers nothing, so that nothing goes even where this fails.
        using var cloud = new TaggedCloud(null);
        var error = await Should.ThrowAsync<DeployException>(() => new Removal(cloud).RemoveAsync(deployment, Cancellation));
        error.Id.ShouldBe(ErrorId.ValueInvalid);
        error.Message.ShouldContain($"'{deployment}' is no deployment's id");
    }

    [Fact]
    public async Task A_projects_folder_given_for_a_deployment_stays()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("manage.py", "");
        using var cloud = new TaggedCloud("site-0");
        await Should.ThrowAsync<DeployException>(() => new Removal(cloud).RemoveAsync(folder.Path, Cancellation));
        File.Exists(file).ShouldBeTrue();
    }

    // The part of a cloud that removal uses; all of it carries one tag.
    private sealed class TaggedCloud(string? deployment, params (string Id, string State)[] instances) : ICloud
    {
        private readonly Dictionary<string, string> _states = instances.ToDictionary(i => i.Id, i => i.State);

        public string Region => "us-west-2";

        public List<string> Terminated { get; } = [];

        public List<string> DeletedGroups { get; } = [];

        public Task<IReadOnlyList<CloudInstance>> DescribeInstancesByTagAsync(string key, string value, CancellationToken cancellationToken) =>
            deployment is null ? throw Unused() : Task.FromResult<IReadOnlyList<CloudInstance>>(
                key == DeploymentTags.Deployment && value == deployment ? [.. _states.Select(s => RecordedCloud.Instance(s.Key, s.Value))] : []);

        public Task TerminateInstancesAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken)
        {
            Terminated.AddRange(instanceIds);
            foreach (var id in instanceIds)
            {
                _states[id] = "terminated";
            }

            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<string>> FindSecurityGroupsByTagAsync(string key, string value, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<string>>(value == deployment ? ["sg-1"] : []);

        public Task DeleteSecurityGroupAsync(string groupId, CancellationToken cancellationToken)
        {
            DeletedGroups.Add(groupId);
            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<CloudInstance>> RunInstancesAsync(LaunchRequest request, CancellationToken cancellationToken) => throw Unused();

        public Task<IReadOnlyList<CloudInstance>> DescribeInstancesAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken) => throw Unused();

        public Task TagInstanceAsync(string instanceId, string key, string value, CancellationToken cancellationToken) => throw Unused();

        public Task<string> GetConsoleOutputAsync(string instanceId, CancellationToken cancellationToken) => throw Unused();

        public Task<string> CreateSecurityGroupAsync(SecurityGroupRequest request, CancellationToken cancellationToken) => throw Unused();

        public Task<string> FindSecurityGroupAsync(string idOrName, CancellationToken cancellationToken) => throw Unused();

        public Task<IReadOnlyDictionary<string, string>> ListKeyPairsAsync(CancellationToken cancellationToken) => throw Unused();

        public string Credentials => "a test's";

        public Task<Secret> CreateKeyPairAsync(string name, CancellationToken cancellationToken) => throw Unused();

        public Task DeleteKeyPairAsync(string name, CancellationToken cancellationToken) => throw Unused();

        public Task<IReadOnlyList<string>> ListZonesAsync(CancellationToken cancellationToken) => throw Unused();

        public Task<CloudImage?> FindImageAsync(string image, CancellationToken cancellationToken) => throw Unused();

        public Task<IReadOnlyList<string>> ListZonesOfferingAsync(string instanceType, CancellationToken cancellationToken) => throw Unused();

        public Task<IReadOnlyList<string>> ListInstanceTypesAsync(CancellationToken cancellationToken) => throw Unused();

        public Task DryRunAsync(LaunchRequest request, SecurityGroupRequest? group, CancellationToken cancellationToken) => throw Unused();

        public void Dispose()
        {
        }

        private static InvalidOperationException Unused() => new("A removal does not ask this.");
    }
}
