using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Tests.Deployments;

/// <summary>What happens between a launch and the first login, and what is left when it goes wrong.</summary>
public sealed class BootingTests
{
    private readonly RecordedCloud _cloud = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_instance_that_ends_while_its_host_key_is_awaited_is_reported_with_its_reason()
    {
        var asked = 0;
        _cloud.Describe = id => Interlocked.Increment(ref asked) < 2
            ? RecordedCloud.Instance(id, "running")
            : RecordedCloud.Instance(id, "terminated", "Server.SpotInstanceTermination");
        var provisioning = new Provisioning(_cloud, _ => { });
        var launched = await provisioning.LaunchAsync(Plan(), Cancellation);
        var error = await Should.ThrowAsync<DeployException>(() => provisioning.WaitUntilReachableAsync(launched[0], TimeSpan.FromSeconds(10), Cancellation));
        error.Id.ShouldBe(ErrorId.InstanceUnreachable);
        error.Message.ShouldContain("Server.SpotInstanceTermination");
    }

    [Fact]
    public async Task A_group_that_cannot_be_deleted_does_not_hide_why_the_launch_was_refused()
    {
        _cloud.Launch = _ => throw new DeployException(ErrorId.CapacityInsufficient, "no capacity");
        _cloud.Delete = _ => throw new DeployException(ErrorId.CloudError, "DependencyViolation");
        var events = new List<DeploymentEvent>();
        var error = await Should.ThrowAsync<DeployException>(() => new Provisioning(_cloud, events.Add).LaunchAsync(Plan(), Cancellation));
        error.Id.ShouldBe(ErrorId.CapacityInsufficient);
        events.ShouldHaveSingleItem().Message.ShouldContain("sg-own");
    }

    [Fact]
    public async Task Cancelling_ends_the_wait_as_cancelled_and_not_as_unreachable()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var provisioning = new Provisioning(_cloud, _ => { });
        var launched = await provisioning.LaunchAsync(Plan(), stop.Token);
        stop.CancelAfter(TimeSpan.FromMilliseconds(200));
        await Should.ThrowAsync<OperationCanceledException>(() => provisioning.WaitUntilReachableAsync(launched[0], TimeSpan.FromSeconds(60), stop.Token));
    }

    [Fact]
    public async Task A_deployment_of_which_nothing_can_be_reached_fails_with_an_error_for_each_instance()
    {
        using var folder = new TemporaryFolder();
        folder.Write("manage.py", "");
        var plan = Plan() with
        {
            Project = new DjangoProject(folder.Path, "site", "site.settings"), Count = 3, Config = Config() with { BootTimeout = TimeSpan.FromSeconds(1) },
        };
        var healthy = 0;
        var result = await new Deployment(_cloud, _ => { }).RunAsync(plan, new DeploymentOptions { Healthy = _ => healthy++ }, Cancellation);
        healthy.ShouldBe(0);
        result.ExitCode.ShouldBe(1);
        result.Urls.ShouldBeEmpty();
        result.Failures.Select(f => (f.Instance.Name, f.Id)).ShouldBe(
            [("site-1", ErrorId.InstanceUnreachable), ("site-2", ErrorId.InstanceUnreachable), ("site-3", ErrorId.InstanceUnreachable)]);
        result.Instances.ShouldAllBe(i => i.Stage == Stage.Failed && i.Health == ErrorId.InstanceUnreachable);
    }

    [Theory]
    [InlineData(3, 3, 1, 0)]
    [InlineData(2, 3, 1, 3)]
    [InlineData(2, 3, 2, 3)]
    [InlineData(2, 3, 3, 1)]
    [InlineData(0, 1, 1, 1)]
    public void The_exit_code_tells_how_many_are_healthy(int healthy, int requested, int minimum, int code)
    {
        var instances = Enumerable.Range(1, requested).Select(i => new LOInstance
        {
            Deployment = "d", Project = "p", Name = $"p-{i}", InstanceId = $"i-{i}", InstanceType = "t", ImageId = "a", SshUser = "u", KeyFile = "k",
            Url = "http://x/", Stage = i <= healthy ? Stage.Healthy : Stage.Failed,
        });
        new DeploymentResult
        {
            Deployment = "d", Project = "p", Requested = requested, Minimum = minimum, Instances = [.. instances], Failures = [], Elapsed = default, Release = "r",
        }.ExitCode.ShouldBe(code);
    }

    private static DeploymentPlan Plan() => new("site-0000", new DjangoProject("/p", "site", "site.settings"), 1, 1, Aws(), Config(), []);

    private static AwsSettings Aws() => new() { File = "s", Region = "us-west-2", KeyPair = "pair", KeyFile = "/nowhere.pem" };

    private static InstanceConfig Config() => new() { File = "c", ImageId = "ami-12345678", InstanceType = "t3.small", PuppetConfigFile = "/p.pp" };
}
