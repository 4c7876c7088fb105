using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Tests.Deployments;

/// <summary>A resumption launches what is missing, once, and touches nothing else.</summary>
public sealed class ResumptionTests
{
    private readonly RecordedCloud _cloud = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_a_run_that_was_killed_before_its_launch_it_repeats_that_very_launch()
    {
        var plan = Plans.Of(3);
        var found = await Found.LookAsync(_cloud, plan, Cancellation);
        found.ShouldBe(Found.Nothing with { Instances = found.Instances });
        await LaunchMissingAsync(plan, found);
        using var first = new RecordedCloud();
        await new Provisioning(first, _ => { }).LaunchAsync(plan, Cancellation);
        var (again, before) = (_cloud.Launches.Single(), first.Launches.Single());

        // The same request by the same token: EC2 gives the same instances, where the answer was lost.
        again.ShouldBeEquivalentTo(before);
    }

    [Fact]
    public async Task It_finds_what_was_asked_for_and_what_is_there()
    {
        var plan = await LaunchedAsync(3);
        var found = await Found.LookAsync(_cloud, plan, Cancellation);
        found.Count.ShouldBe(3);
        found.Group.ShouldBe("sg-own");
        found.Instances.Select(i => i.Name).ShouldBe(["site-1", "site-2", "site-3"]);
    }

    [Fact]
    public async Task It_launches_what_is_missing_into_the_same_group_under_numbers_that_none_has_had()
    {
        var plan = await LaunchedAsync(3);
        await _cloud.TerminateInstancesAsync(["i-3"], Cancellation);
        var found = await Found.LookAsync(_cloud, plan, Cancellation);
        found.Instances.Select(i => i.Name).ShouldBe(["site-1", "site-2"]);
        (await LaunchMissingAsync(plan, found)).Select(i => i.Name).ShouldBe(["site-4"]);
        _cloud.GroupRequests.ShouldHaveSingleItem();
        var again = _cloud.Launches.Last();
        (again.MinimumCount, again.MaximumCount).ShouldBe((1, 1));
        again.Tags[DeploymentTags.Count].ShouldBe("3");
    }

    [Fact]
    public async Task Its_launch_has_a_token_of_its_own_that_stays_the_same_while_nothing_changes()
    {
        var plan = await LaunchedAsync(3);
        await _cloud.TerminateInstancesAsync(["i-3"], Cancellation);
        var first = await Found.LookAsync(_cloud, plan, Cancellation);
        var second = await Found.LookAsync(_cloud, plan, Cancellation);
        second.Token.ShouldBe(first.Token);
        first.Token.ShouldNotBeEmpty();
        await LaunchMissingAsync(plan, first);
        (await Found.LookAsync(_cloud, plan, Cancellation)).Token.ShouldNotBe(first.Token);
    }

    [Fact]
    public async Task A_refused_launch_of_the_rest_ends_nothing_of_what_is_there()
    {
        var plan = await LaunchedAsync(3);
        await _cloud.TerminateInstancesAsync(["i-3"], Cancellation);
        var ended = _cloud.Terminated.Count();
        var found = await Found.LookAsync(_cloud, plan, Cancellation);
        _cloud.Launch = _ => throw Plans.Refusal("InstanceLimitExceeded");
        await Should.ThrowAsync<DeployException>(() => LaunchMissingAsync(plan, found));
        _cloud.Terminated.Count().ShouldBe(ended);
        _cloud.Deleted.ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_a_deployment_that_nobody_knows_it_says_so()
    {
        using var folder = new TemporaryFolder();
        folder.Write("manage.py", "");
        var plan = Plans.Of(0) with { Resumes = true, Project = new DjangoProject(folder.Path, "site", "site.settings") };
        var error = await Should.ThrowAsync<DeployException>(() => new Deployment(_cloud, _ => { }).RunAsync(plan, new DeploymentOptions(), Cancellation));
        error.Id.ShouldBe(ErrorId.DeploymentNotFound);
        _cloud.Groups.ShouldBeEmpty("the lock is freed");
        _cloud.Launches.ShouldBeEmpty();
    }

    [Fact]
    public async Task It_opens_the_group_to_whoever_resumes_also_where_nothing_is_missing()
    {
        var plan = await LaunchedAsync(2);
        await ResumeAsync(plan with { SshFrom = ["198.51.100.9/32"] });
        _cloud.About("AuthorizeSecurityGroupIngress").ShouldBe(["sg-own 22/tcp from 198.51.100.9/32, 8080/tcp from 0.0.0.0/0"]);
        _cloud.Launches.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task It_opens_no_group_that_is_not_the_deployments()
    {
        var plan = Plans.Of(2) with { Config = Plans.Config with { SecurityGroup = "sg-theirs" } };
        await new Provisioning(_cloud, _ => { }).LaunchAsync(plan, Cancellation);
        await ResumeAsync(plan with { SshFrom = null });
        _cloud.About("AuthorizeSecurityGroupIngress").ShouldBeEmpty();
    }

    [Theory]
    [InlineData(FailureAction.Keep, 0)]
    [InlineData(FailureAction.Remove, 3)]
    public async Task What_becomes_of_failed_instances_is_what_was_asked_for(FailureAction action, int removed)
    {
        using var folder = new TemporaryFolder();
        folder.Write("manage.py", "");
        var plan = Plans.Of(3) with
        {
            Project = new DjangoProject(folder.Path, "site", "site.settings"), Config = Plans.Config with { BootTimeout = TimeSpan.FromSeconds(1) },
        };
        var result = await new Deployment(_cloud, _ => { }).RunAsync(plan, new DeploymentOptions { OnFailure = action }, Cancellation);
        result.Success.ShouldBeFalse();
        result.Removed.Count.ShouldBe(removed);
        _cloud.Terminated.Count().ShouldBe(removed);
        _cloud.Groups.Any().ShouldBe(removed == 0, "the deployment's own group goes with the last instance, the lock in any case");
        _cloud.Groups.ShouldNotContain(g => g.StartsWith("sg-lock", StringComparison.Ordinal));
    }

    // The hosts are not there to be worked on; that ends it.
    private async Task ResumeAsync(DeploymentPlan plan)
    {
        using var folder = new TemporaryFolder();
        folder.Write("manage.py", "");
        var resumed = plan with
        {
            Resumes = true, Project = new DjangoProject(folder.Path, "site", "site.settings"), Config = plan.Config with { BootTimeout = TimeSpan.FromSeconds(1) },
        };
        (await new Deployment(_cloud, _ => { }).RunAsync(resumed, new DeploymentOptions(), Cancellation)).Failures.Count.ShouldBe(2);
    }

    private async Task<DeploymentPlan> LaunchedAsync(int count)
    {
        var plan = Plans.Of(count);
        await new Provisioning(_cloud, _ => { }).LaunchAsync(plan, Cancellation);

        // Long enough ago that EC2 shows all of it.
        _cloud.Describe = i => i with { LaunchTime = DateTime.UtcNow.AddMinutes(-5) };
        return plan;
    }

    private Task<IReadOnlyList<LOInstance>> LaunchMissingAsync(DeploymentPlan plan, Found found)
    {
        var missing = plan.Count - found.Instances.Count;
        return new Provisioning(_cloud, _ => { }).LaunchAsync(plan with { Found = found, Count = missing, Minimum = 1 }, Cancellation);
    }
}
