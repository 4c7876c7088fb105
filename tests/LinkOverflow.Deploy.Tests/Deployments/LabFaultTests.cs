using System.Collections.Concurrent;
using System.Diagnostics;
using Amazon.EC2;
using Amazon.EC2.Model;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Tests.Cloud;
using LinkOverflow.Deploy.Tests.Remote;

namespace LinkOverflow.Deploy.Tests.Deployments;

/// <summary>EC2 as it really is, a fault at a time, with real machines: what comes of a deployment, and that nothing is left of it.</summary>
[Trait("Category", "Machines")]
[Collection(SharedConnections.Name)]
public sealed class LabFaultTests(LabEc2 lab) : IClassFixture<LabEc2>, IAsyncLifetime
{
    private readonly ConcurrentQueue<DeploymentEvent> _events = new();
    private readonly ConcurrentQueue<string> _deployments = new();
    private Ec2Cloud? _cloud;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Said => string.Join('\n', _events.Select(e => e.Message));

    public ValueTask InitializeAsync()
    {
        Assert.SkipWhen(lab.Missing is not null, lab.Missing ?? "");
        _cloud = lab.Cloud();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_cloud is null)
        {
            return;
        }

        await lab.ClearFaultsAsync();
        await SshConnections.CloseAllAsync();
        foreach (var deployment in _deployments)
        {
            await new Removal(_cloud).RemoveAsync(deployment, CancellationToken.None);
        }

        _cloud.Dispose();
    }

    [Fact]
    public Task An_EC2_that_throttles_delays_a_launch_and_does_not_end_it() => IsOnlyDelayedAsync("throttle");

    [Theory]
    [InlineData("500")]
    [InlineData("503")]
    public Task An_EC2_with_troubles_of_its_own_delays_a_launch_and_does_not_end_it(string status) => IsOnlyDelayedAsync("server-error", "--status", status);

    [Fact]
    public async Task A_lost_answer_to_a_launch_launches_nothing_twice()
    {
        await lab.FaultAsync("lost-answer", "--action", "RunInstances", "--count", "2");
        await lab.TakeCallsAsync();
        var plan = Plan(2);
        var (reached, _) = await RunAsync(plan);

        // Two answers were lost, so the third gave the instances that the first had launched.
        (await lab.TakeCallsAsync())["RunInstances"].ShouldBeGreaterThanOrEqualTo(3);
        reached.Select(i => i.Name).Order(StringComparer.Ordinal).ShouldBe(["site-1", "site-2"]);
        (await TaggedAsync(plan)).Select(i => i.InstanceId).ShouldBe(reached.Select(i => i.InstanceId), ignoreOrder: true);
    }

    [Fact]
    public async Task An_answer_that_is_lost_for_good_leaves_nothing_even_where_EC2_shows_late_what_it_launched()
    {
        // In a group that is there, so that nothing but EC2's late view tells of them.
        var plan = Plan(2);
        using var impatient = new Ec2Cloud(plan.Settings, TimeSpan.FromSeconds(5));
        var group = await _cloud!.CreateSecurityGroupAsync(
            new SecurityGroupRequest($"of-{plan.Deployment}", "of a test", null, [], new Dictionary<string, string>(StringComparer.Ordinal)), Cancellation);
        try
        {
            await lab.FaultAsync("lost-answer", "--action", "RunInstances", "--count", "100");
            await lab.FaultAsync("late-visibility", "--seconds", "20", "--count", "2");
            var launch = new LinkOverflow.Deploy.Deployments.Launch(impatient, _events.Enqueue, TimeProvider.System);
            var asked = await LaunchPlan.MakeAsync(plan with { Config = plan.Config with { SecurityGroup = group } }, Cancellation);
            (await Should.ThrowAsync<CloudException>(() => launch.RunAsync(asked, Cancellation))).Id.ShouldBe(ErrorId.CloudUnreachable);
            (await TaggedAsync(plan)).Select(i => i.State).ShouldBe(["terminated", "terminated"]);
        }
        finally
        {
            await _cloud.DeleteSecurityGroupAsync(group, CancellationToken.None);
        }
    }

    [Fact]
    public async Task Instances_that_EC2_shows_late_are_waited_for()
    {
        await lab.FaultAsync("late-visibility", "--seconds", "3", "--count", "2");
        var plan = Plan(2);
        var (reached, failed) = await RunAsync(plan);
        failed.ShouldBeEmpty();
        reached.Count.ShouldBe(2);
        _events.ShouldNotContain(e => e.Kind == EventKind.Warning);

        // Their names could be set only once EC2 knew them.
        (await TaggedAsync(plan)).Select(i => i.Tags[DeploymentTags.Name]).Order(StringComparer.Ordinal).ShouldBe(["site-1", "site-2"]);
    }

    [Fact]
    public async Task What_one_zone_has_no_room_for_comes_from_another()
    {
        await lab.FaultAsync("capacity", "--zone", "us-west-2a", "--count", "1");
        var (reached, failed) = await RunAsync(Plan(3));
        failed.ShouldBeEmpty();
        reached.OrderBy(i => i.Name, StringComparer.Ordinal).Select(i => (i.Name, i.Zone)).ShouldBe(
            [("site-1", "us-west-2a"), ("site-2", "us-west-2b"), ("site-3", "us-west-2b")]);
        Said.ShouldContain("us-west-2a gave 1 instance, 1 of 3 so far");
    }

    [Fact]
    public async Task In_a_zone_that_is_set_a_deployment_goes_on_with_what_came()
    {
        await lab.FaultAsync("capacity", "--zone", "us-west-2b", "--count", "1");
        var plan = Plan(2);
        var (reached, _) = await RunAsync(plan with { Settings = plan.Settings with { Zone = "us-west-2b" } });
        reached.ShouldHaveSingleItem().Zone.ShouldBe("us-west-2b");
        Said.ShouldContain("EC2 gave 1 of 2 instances");
    }

    [Fact]
    public async Task Below_the_minimum_nothing_is_left()
    {
        await lab.FaultAsync("capacity", "--count", "1");
        var plan = Plan(3) with { Minimum = 2 };
        var error = await Should.ThrowAsync<DeployException>(() => RunAsync(plan));
        error.Id.ShouldBe(ErrorId.CapacityInsufficient);
        error.Message.ShouldContain("InsufficientInstanceCapacity");
        (await TaggedAsync(plan)).ShouldAllBe(i => i.State == "terminated");
        (await _cloud!.FindSecurityGroupsByTagAsync(DeploymentTags.Deployment, plan.Deployment, Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_instance_that_ends_while_booting_is_told_with_its_reason_and_last_words_and_the_other_goes_on()
    {
        await lab.FaultAsync("boot-failure", "--nth", "2");
        var (reached, failed) = await RunAsync(Plan(2));
        reached.ShouldHaveSingleItem().Name.ShouldBe("site-1");
        var error = failed.ShouldHaveSingleItem();
        error.Id.ShouldBe(ErrorId.InstanceUnreachable);
        error.Message.ShouldContain("site-2");
        error.Message.ShouldContain("Server.InternalError");
        error.Message.ShouldContain("The last lines of its console:");
        error.Message.ShouldContain("boot failure");
    }

    [Fact]
    public async Task A_host_with_another_key_than_its_console_told_is_refused()
    {
        await lab.FaultAsync("wrong-host-key");
        var (reached, failed) = await RunAsync(Plan(1));
        reached.ShouldBeEmpty();
        failed.ShouldHaveSingleItem().Id.ShouldBe(ErrorId.HostKeyMismatch);
    }

    [Fact]
    public async Task A_machine_whose_key_the_users_known_hosts_hold_is_reached_by_them_alone()
    {
        var (provisioning, launched) = await LaunchAsync(Plan(1) with { HostKeyPolicy = HostKeyPolicy.KnownHosts });
        var address = (await UntilAsync(async () => (await _cloud!.DescribeInstancesAsync([launched[0].InstanceId], Cancellation)).SingleOrDefault()?.PublicIp));
        var key = await UntilAsync(async () => HostKeys.FromConsole(await _cloud!.GetConsoleOutputAsync(launched[0].InstanceId, Cancellation)) is [var shown, ..] ? shown : null);
        await using var known = await UsersKnownHosts.WithAsync(address!, key!);
        var reached = await provisioning.WaitUntilReachableAsync(launched[0], TimeSpan.FromMinutes(5), Cancellation);
        (reached.Stage, reached.HostKey).ShouldBe((Stage.Reachable, key));
        (await SshConnections.RunAsync(reached.Ssh(), new RemoteScript("hostname", [], AsRoot: false), cancellationToken: Cancellation)).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_machine_whose_key_the_users_known_hosts_do_not_hold_is_refused()
    {
        var (reached, failed) = await RunAsync(Plan(1) with { HostKeyPolicy = HostKeyPolicy.KnownHosts });
        reached.ShouldBeEmpty();
        failed.ShouldHaveSingleItem().Id.ShouldBe(ErrorId.HostKeyMismatch);
    }

    [Fact]
    public async Task An_instance_that_boots_too_slowly_is_unreachable_at_its_own_deadline_while_the_other_is_reached()
    {
        await lab.FaultAsync("slow-boot", "--seconds", "120", "--nth", "2");
        var plan = Plan(2);
        var (reached, failed) = await RunAsync(plan with { Config = plan.Config with { BootTimeout = TimeSpan.FromSeconds(30) } });
        reached.ShouldHaveSingleItem().Name.ShouldBe("site-1");
        failed.ShouldHaveSingleItem().Message.ShouldContain("site-2");
        failed[0].Message.ShouldContain("was not reachable within 30 s");
    }

    [Fact]
    public async Task A_run_that_ends_at_once_leaves_what_its_tags_tell_and_a_removal_removes()
    {
        // As after kill -9: nobody goes on from here.
        var plan = Plan(2);
        await LaunchAsync(plan);
        var inventory = new Inventory(_cloud!, plan.Settings, null);
        var found = (await inventory.DeploymentsAsync(null, Cancellation)).Single(d => d.Deployment == plan.Deployment);
        found.Instances.Select(i => i.Name).ShouldBe(["site-1", "site-2"]);
        found.Instances.ShouldAllBe(i => i.SshUser == "admin" && i.Project == "site" && i.KeyFile == plan.Settings.KeyFile);
        found.OtherResources.ShouldHaveSingleItem().ShouldStartWith("sg-");
        (await new Removal(_cloud!).RemoveAsync(plan.Deployment, Cancellation)).Count.ShouldBe(2);
        (await inventory.DeploymentsAsync(null, Cancellation)).ShouldNotContain(d => d.Deployment == plan.Deployment);
    }

    [Fact]
    public async Task A_run_that_ends_before_its_launch_leaves_a_group_that_its_tags_tell_and_a_removal_removes()
    {
        var plan = Plan(1);
        await _cloud!.CreateSecurityGroupAsync((await LaunchPlan.MakeAsync(plan, Cancellation)).OwnGroup!, Cancellation);
        var inventory = new Inventory(_cloud, plan.Settings, null);
        var found = (await inventory.DeploymentsAsync(plan.Deployment, Cancellation)).ShouldHaveSingleItem();
        (found.State, found.Project, found.Launched).ShouldBe(("no instances", "site", null));
        (await new Removal(_cloud).RemoveAsync(plan.Deployment, Cancellation)).ShouldBeEmpty();
        (await inventory.DeploymentsAsync(plan.Deployment, Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task One_instance_is_removed_and_the_other_stays()
    {
        var plan = Plan(2);
        var (reached, _) = await RunAsync(plan);
        await new Removal(_cloud!).RemoveInstancesAsync([reached[0].InstanceId], Cancellation);
        (await TaggedAsync(plan)).Where(i => i.State != "terminated").ShouldHaveSingleItem().InstanceId.ShouldBe(reached[1].InstanceId);
        await new Removal(_cloud!).RemoveInstancesAsync([reached[1].InstanceId], Cancellation);
        (await _cloud!.FindSecurityGroupsByTagAsync(DeploymentTags.Deployment, plan.Deployment, Cancellation)).ShouldBeEmpty();
        Directory.Exists(Path.GetDirectoryName(HostKeys.KnownHostsFile(plan.Deployment))).ShouldBeFalse();
    }

    [Fact]
    public async Task A_volume_that_would_outlive_its_instance_goes_with_the_deployment()
    {
        // As an image brings it: attached, with the deployment's tag, and not deleted on termination.
        var plan = Plan(1);
        var (reached, _) = await RunAsync(plan);
        var sdk = AwsClients.For(lab.Settings).Ec2;
        var tags = new TagSpecification { ResourceType = ResourceType.Volume, Tags = [new Tag(DeploymentTags.Deployment, plan.Deployment)] };
        var volume = (await sdk.CreateVolumeAsync(new CreateVolumeRequest { AvailabilityZone = reached[0].Zone, Size = 1, TagSpecifications = [tags] }, Cancellation)).Volume.VolumeId;
        await UntilAsync(async () => (await _cloud!.FindVolumesByTagAsync(DeploymentTags.Deployment, plan.Deployment, Cancellation)).SingleOrDefault(v => v.Id == volume && v.State == "available"));
        await sdk.AttachVolumeAsync(new AttachVolumeRequest { VolumeId = volume, InstanceId = reached[0].InstanceId, Device = "/dev/sdf" }, Cancellation);
        await new Removal(_cloud!).RemoveAsync(plan.Deployment, Cancellation);
        (await _cloud!.FindVolumesByTagAsync(DeploymentTags.Deployment, plan.Deployment, Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Fifty_instances_cost_few_calls()
    {
        const int Count = 50;
        await lab.TakeCallsAsync();
        var clock = Stopwatch.StartNew();
        var plan = Plan(Count);
        var (reached, failed) = await RunAsync(plan with { Config = plan.Config with { InstanceType = "t3.nano", MaxInstances = Count } });
        var seconds = clock.Elapsed.TotalSeconds;
        var calls = await lab.TakeCallsAsync();
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{reached.Count} instances in {seconds:0.0} s, {calls.Values.Sum()} calls: {string.Join(", ", calls.Select(c => $"{c.Value} {c.Key}"))}");
        failed.ShouldBeEmpty();
        reached.Count.ShouldBe(Count);
        _events.Where(e => e.Kind == EventKind.Warning).Select(e => e.Message).ShouldBeEmpty();
        calls["CreateSecurityGroup"].ShouldBe(2, "the dry run's, and the deployment's");
        calls["RunInstances"].ShouldBe(2, "the dry run's, and the launch");
        calls["CreateTags"].ShouldBe(Count);

        // Each console is read once with success; in vain as often as the budget allows. The first ticks come quickly, then one in 5 s and more.
        calls["GetConsoleOutput"].ShouldBeLessThanOrEqualTo(Count + 20 + (int)(seconds / 5));
        calls["DescribeInstances"].ShouldBeLessThanOrEqualTo(12 + (int)(seconds / 5));
    }

    private async Task IsOnlyDelayedAsync(params string[] fault)
    {
        // The launch itself, without the dry run before it, which would meet the fault in its place.
        await lab.FaultAsync(fault[0], [.. fault[1..], "--action", "RunInstances", "--count", "2"]);
        await lab.TakeCallsAsync();
        var first = Plan(1);
        (await new LinkOverflow.Deploy.Deployments.Launch(_cloud!, _events.Enqueue, TimeProvider.System).RunAsync(await LaunchPlan.MakeAsync(first, Cancellation), Cancellation)).Count.ShouldBe(1);
        (await lab.TakeCallsAsync())["RunInstances"].ShouldBe(3);
        (await TaggedAsync(first)).Count.ShouldBe(1);

        foreach (var action in (string[])["CreateSecurityGroup", "DescribeInstances", "GetConsoleOutput"])
        {
            await lab.FaultAsync(fault[0], [.. fault[1..], "--action", action, "--count", "1"]);
        }

        var (reached, failed) = await RunAsync(Plan(1));
        failed.ShouldBeEmpty();
        reached.ShouldHaveSingleItem().Stage.ShouldBe(Stage.Reachable);
        _events.ShouldNotContain(e => e.Kind == EventKind.Warning);
    }

    private DeploymentPlan Plan(int count)
    {
        var plan = Plans.Of(count);
        _deployments.Enqueue(plan.Deployment);
        return plan with
        {
            SshFrom = null,
            Settings = lab.Settings with { Zone = null },
            Config = Plans.Config with { ImageId = lab.Image, InstanceType = "t3.micro", BootTimeout = TimeSpan.FromMinutes(5) },
        };
    }

    private async Task<(List<LOInstance> Reached, List<DeployException> Failed)> RunAsync(DeploymentPlan plan)
    {
        var (provisioning, launched) = await LaunchAsync(plan);
        var reached = new ConcurrentQueue<LOInstance>();
        var failed = new ConcurrentQueue<DeployException>();
        await Task.WhenAll(launched.Select(async instance =>
        {
            try
            {
                reached.Enqueue(await provisioning.WaitUntilReachableAsync(instance, plan.Config.BootTimeout, Cancellation));
            }
            catch (DeployException e)
            {
                failed.Enqueue(e);
            }
        }));
        return ([.. reached], [.. failed]);
    }

    private async Task<(Provisioning Provisioning, IReadOnlyList<LOInstance> Launched)> LaunchAsync(DeploymentPlan plan)
    {
        var provisioning = new Provisioning(_cloud!, _events.Enqueue);
        return (provisioning, await provisioning.LaunchAsync(plan, Cancellation));
    }

    private static async Task<T> UntilAsync<T>(Func<Task<T>> ask)
    {
        while (true)
        {
            if (await ask() is { } answer)
            {
                return answer;
            }

            await Task.Delay(200, Cancellation);
        }
    }

    private Task<IReadOnlyList<CloudInstance>> TaggedAsync(DeploymentPlan plan) =>
        _cloud!.DescribeInstancesByTagAsync(DeploymentTags.Deployment, plan.Deployment, Cancellation);
}
