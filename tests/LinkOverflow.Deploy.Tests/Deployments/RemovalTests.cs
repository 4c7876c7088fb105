using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Tests.Deployments;

/// <summary>A removal takes what carries the deployment's tag, and nothing else.</summary>
public sealed class RemovalTests : IDisposable
{
    private readonly RecordedCloud _cloud = new();
    private readonly string _deployment = $"site-{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Removal Removal => new(_cloud, new FastTime(50));

    private string KnownHosts => HostKeys.KnownHostsFile(_deployment);

    public void Dispose()
    {
        if (Path.GetDirectoryName(KnownHosts) is { } folder && Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Instances_group_volumes_and_known_hosts_go_and_terminated_ones_are_not_ended_again()
    {
        _cloud.Has("i-1", "running", _deployment);
        _cloud.Has("i-2", "terminated", _deployment);
        _cloud.Has("i-3", "stopped", _deployment);
        _cloud.Has("i-4", "running", "site-other");
        _cloud.HasGroup("sg-1", _deployment);
        _cloud.HasGroup("sg-2", "site-other");
        _cloud.Volumes["vol-1"] = RecordedCloud.Tagged("vol-1", _deployment, "available");
        _cloud.Volumes["vol-2"] = RecordedCloud.Tagged("vol-2", "site-other", "available");
        await HostKeys.RememberAsync(KnownHosts, "i-1", ["ssh-ed25519 AAAA"], Cancellation);
        (await Removal.RemoveAsync(_deployment, Cancellation)).ShouldBe(["i-1", "i-3"]);
        _cloud.Terminated.ShouldBe(["i-1", "i-3"], ignoreOrder: true);
        _cloud.Groups.ShouldBe(["sg-2"]);
        _cloud.Volumes.Keys.ShouldBe(["vol-2"]);
        Directory.Exists(Path.GetDirectoryName(KnownHosts)).ShouldBeFalse();
    }

    [Fact]
    public async Task It_waits_until_instances_are_gone_and_EC2_lets_go_of_the_group()
    {
        _cloud.Has("i-1", "running", _deployment);
        _cloud.HasGroup("sg-1", _deployment);
        var refusals = 0;
        _cloud.Delete = _ =>
        {
            if (++refusals < 3)
            {
                throw new CloudException(new Problem(ErrorId.CloudError, "in use"), "DependencyViolation", "r-1", isTransient: false);
            }
        };
        await Removal.RemoveAsync(_deployment, Cancellation);
        refusals.ShouldBe(3);
        _cloud.Groups.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_group_that_others_use_is_an_error_with_EC2s_words_in_the_end()
    {
        _cloud.HasGroup("sg-1", _deployment);
        _cloud.Delete = _ => throw new CloudException(new Problem(ErrorId.CloudError, "sg-1 has a dependent object"), "DependencyViolation", "r-1", isTransient: false);
        var error = await Should.ThrowAsync<CloudException>(() => new Removal(_cloud, new FastTime(1000)).RemoveAsync(_deployment, Cancellation));
        error.Message.ShouldContain("dependent object");
    }

    [Fact]
    public async Task An_instance_that_EC2_shows_late_is_ended_too()
    {
        _cloud.HasGroup("sg-1", _deployment);
        _cloud.Delete = _ =>
        {
            if (!_cloud.Terminated.Any())
            {
                // The group is in use by what is not shown yet.
                _cloud.Has("i-late", "pending", _deployment);
                throw new CloudException(new Problem(ErrorId.CloudError, "in use"), "DependencyViolation", "r-1", isTransient: false);
            }
        };
        (await Removal.RemoveAsync(_deployment, Cancellation)).ShouldBe(["i-late"]);
        _cloud.Groups.ShouldBeEmpty();
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
        // EC2's filters take * and ? for any text, and the id becomes a folder's name.
        var error = await Should.ThrowAsync<DeployException>(() => Removal.RemoveAsync(deployment, Cancellation));
        error.Id.ShouldBe(ErrorId.ValueInvalid);
        error.Message.ShouldContain($"'{deployment}' is no deployment's id");
        _cloud.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_projects_folder_given_for_a_deployment_stays()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("manage.py", "");
        await Should.ThrowAsync<DeployException>(() => Removal.RemoveAsync(folder.Path, Cancellation));
        File.Exists(file).ShouldBeTrue();
    }

    [Fact]
    public async Task One_instance_goes_alone_and_its_host_key_with_it()
    {
        _cloud.Has("i-1", "running", _deployment);
        _cloud.Has("i-2", "running", _deployment);
        _cloud.HasGroup("sg-1", _deployment);
        await HostKeys.RememberAsync(KnownHosts, "i-1", ["ssh-ed25519 AAAA1"], Cancellation);
        await HostKeys.RememberAsync(KnownHosts, "i-2", ["ssh-ed25519 AAAA2"], Cancellation);
        (await Removal.RemoveInstancesAsync(["i-1"], Cancellation)).ShouldBe(["i-1"]);
        _cloud.Terminated.ShouldBe(["i-1"]);
        _cloud.Groups.ShouldBe(["sg-1"]);
        (await File.ReadAllLinesAsync(KnownHosts, Cancellation)).ShouldBe(["i-2 ssh-ed25519 AAAA2"]);
    }

    [Fact]
    public async Task With_its_last_instance_a_deployment_goes_as_a_whole()
    {
        _cloud.Has("i-1", "running", _deployment);
        _cloud.HasGroup("sg-1", _deployment);
        (await Removal.RemoveInstancesAsync(["i-1"], Cancellation)).ShouldBe(["i-1"]);
        _cloud.Groups.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_instance_of_no_deployment_stays_and_so_do_those_named_beside_it()
    {
        _cloud.Has("i-1", "running", _deployment);
        _cloud.Launch = _ => [RecordedCloud.Instance("i-foreign", "running")];
        await _cloud.RunInstancesAsync((await LaunchPlan.MakeAsync(Plans.Of(), Cancellation)).Request("sg", 1, null, 0), Cancellation);
        var error = await Should.ThrowAsync<DeployException>(() => Removal.RemoveInstancesAsync(["i-1", "i-foreign", "i-typo"], Cancellation));
        error.Id.ShouldBe(ErrorId.ValueInvalid);
        error.Message.ShouldContain("i-foreign, i-typo: no instance of a deployment");
        _cloud.Terminated.ShouldBeEmpty();
    }
}
