using System.Collections.Concurrent;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Tests.Deployments;

public sealed class ProvisioningTests
{
    private static readonly TimeSpan BootTimeout = TimeSpan.FromSeconds(1.5);
    private readonly RecordedCloud _cloud = new();
    private readonly ConcurrentQueue<DeploymentEvent> _events = new();

    private Provisioning Provisioning => new(_cloud, _events.Enqueue);

    [Fact]
    public async Task An_instance_that_never_runs_is_unreachable_and_the_error_says_what_was_waited_for()
    {
        var error = await UnreachableAsync();
        error.Id.ShouldBe(ErrorId.InstanceUnreachable);
        error.Message.ShouldContain("site-1 (i-1)");
        error.Message.ShouldContain("waited for EC2 to run it");
    }

    [Fact]
    public async Task An_instance_that_tells_no_host_key_is_unreachable()
    {
        _cloud.Describe = id => RecordedCloud.Instance(id, "running");
        (await UnreachableAsync()).Message.ShouldContain("waited for its host key on the console");
    }

    [Fact]
    public async Task An_instance_that_ends_while_booting_is_reported_with_its_reason()
    {
        _cloud.Describe = id => RecordedCloud.Instance(id, "terminated", "Client.VolumeLimitExceeded");
        var error = await UnreachableAsync();
        error.Id.ShouldBe(ErrorId.InstanceUnreachable);
        error.Message.ShouldContain("Client.VolumeLimitExceeded");
    }

    [Fact]
    public async Task Fewer_instances_than_asked_for_is_a_warning()
    {
        _cloud.Launch = _ => [RecordedCloud.Instance("i-1", "pending")];
        var instances = await Provisioning.LaunchAsync(Plan(3), TestContext.Current.CancellationToken);
        instances.ShouldHaveSingleItem().Name.ShouldBe("site-1");
        _events.ShouldContain(e => e.Kind == EventKind.Warning && e.Message.Contains("1 of 3", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refused_launch_leaves_no_security_group()
    {
        _cloud.Launch = _ => throw new DeployException(ErrorId.CapacityInsufficient, "none");
        await Should.ThrowAsync<DeployException>(() => Provisioning.LaunchAsync(Plan(1), TestContext.Current.CancellationToken));
        _cloud.Deleted.ShouldBe(["sg-own"]);
    }

    [Fact]
    public async Task What_EC2_knows_to_be_wrong_is_said_before_anything_is_made()
    {
        _cloud.Launch = _ => throw new InvalidOperationException("launched");
        var plan = Plan(1) with { Config = Config() with { InstanceType = "t100.enormous" }, Settings = Aws() with { KeyPair = "other" } };
        var error = await Should.ThrowAsync<SettingsException>(() => Provisioning.LaunchAsync(plan, TestContext.Current.CancellationToken));
        error.Problems.Select(p => p.Id).ShouldBe([ErrorId.KeyPairNotFound, ErrorId.InstanceTypeUnknown], ignoreOrder: true);
        error.Message.ShouldContain("There are: pair.");
        _cloud.Deleted.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_question_asks_about_all_instances()
    {
        var provisioning = Provisioning;
        var launched = await provisioning.LaunchAsync(Plan(20), TestContext.Current.CancellationToken);
        await Task.WhenAll(launched.Select(i => Should.ThrowAsync<DeployException>(
            () => provisioning.WaitUntilReachableAsync(i, BootTimeout, TestContext.Current.CancellationToken))));
        _cloud.DescribeCalls.ShouldBeInRange(2, 8);
    }

    private async Task<DeployException> UnreachableAsync()
    {
        var provisioning = Provisioning;
        var launched = await provisioning.LaunchAsync(Plan(1), TestContext.Current.CancellationToken);
        return await Should.ThrowAsync<DeployException>(
            () => provisioning.WaitUntilReachableAsync(launched[0], BootTimeout, TestContext.Current.CancellationToken));
    }

    private static DeploymentPlan Plan(int count) => new("site-0000", new DjangoProject("/p", "site", "site.settings"), count, 1, Aws(), Config(), []);

    private static AwsSettings Aws() => new() { File = "s", Region = "us-west-2", KeyPair = "pair", KeyFile = "/nowhere.pem" };

    private static InstanceConfig Config() => new() { File = "c", ImageId = "ami-12345678", InstanceType = "t3.small", PuppetConfigFile = "/p.pp" };
}
