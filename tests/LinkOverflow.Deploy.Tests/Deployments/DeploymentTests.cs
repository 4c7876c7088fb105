using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Tests.Deployments;

/// <summary>A deployment as a whole: what it comes to when instances fail.</summary>
public sealed class DeploymentTests
{
    private readonly RecordedCloud _cloud = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_deployment_of_which_nothing_can_be_reached_fails_with_an_error_for_each_instance()
    {
        using var folder = new TemporaryFolder();
        folder.Write("manage.py", "");
        var plan = Plans.Of(3) with
        {
            Project = new DjangoProject(folder.Path, "site", "site.settings"), Config = Plans.Config with { BootTimeout = TimeSpan.FromSeconds(1) },
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
}
