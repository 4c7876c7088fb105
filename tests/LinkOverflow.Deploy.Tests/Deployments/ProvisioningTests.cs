using System.Collections.Concurrent;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Tests.Deployments;

/// <summary>What EC2 is asked for, and what is left when it gives less.</summary>
public sealed class ProvisioningTests
{
    private readonly RecordedCloud _cloud = new();
    private readonly ConcurrentQueue<DeploymentEvent> _events = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_launch_asks_for_all_and_each_instance_gets_its_number()
    {
        var plan = Plans.Of(3);
        var instances = await LaunchAsync(plan);
        instances.Select(i => i.Name).ShouldBe(["site-1", "site-2", "site-3"]);
        var request = _cloud.Launches.ShouldHaveSingleItem();
        (request.MinimumCount, request.MaximumCount).ShouldBe((1, 3));
        request.ClientToken.ShouldBe($"{plan.Deployment}-1");
        request.Tags[DeploymentTags.Deployment].ShouldBe(plan.Deployment);
        request.Tags[DeploymentTags.Project].ShouldBe("site");
        request.Tags[DeploymentTags.Name].ShouldBe("site");
        request.Tags[DeploymentTags.Owner].ShouldContain("@");
        request.Tags[DeploymentTags.Version].ShouldMatch(@"^\d+\.\d+\.\d+$");
    }

    [Fact]
    public async Task A_single_instance_has_its_whole_name_from_its_first_moment()
    {
        await LaunchAsync(Plans.Of());
        _cloud.Launches.Single().Tags[DeploymentTags.Name].ShouldBe("site-1");
    }

    [Fact]
    public async Task SSH_is_opened_to_the_caller_and_the_site_to_everyone()
    {
        await LaunchAsync(Plans.Of());
        _cloud.GroupRequests.Single().Ports.ShouldBe([new OpenPort(22, "203.0.113.7/32"), new OpenPort(8080, "0.0.0.0/0")]);
    }

    [Fact]
    public async Task A_resumption_opens_the_group_that_is_there_to_whoever_resumes()
    {
        _cloud.HasGroup("sg-there", "site-there");
        await LaunchAsync(Plans.Of() with { Deployment = "site-there", Found = new Found([], "sg-there", null, "-again") });
        _cloud.GroupRequests.ShouldBeEmpty();
        _cloud.About("AuthorizeSecurityGroupIngress").ShouldBe(["sg-there 22/tcp from 203.0.113.7/32, 8080/tcp from 0.0.0.0/0"]);
        _cloud.Launches.Single().SecurityGroupId.ShouldBe("sg-there");
    }

    [Fact]
    public async Task A_group_of_the_configuration_is_taken_as_it_is()
    {
        await LaunchAsync(Plans.Of() with { Config = Plans.Config with { SecurityGroup = "sg-theirs" } });
        _cloud.GroupRequests.ShouldBeEmpty();
        _cloud.Launches.Single().SecurityGroupId.ShouldBe("sg-theirs");
    }

    [Fact]
    public async Task What_one_zone_has_no_room_for_comes_from_the_others()
    {
        var room = new Dictionary<string, int>(StringComparer.Ordinal) { ["us-west-2a"] = 2, ["us-west-2b"] = 0, ["us-west-2c"] = 9 };
        _cloud.Launch = r => Give(r, room[r.Zone ?? "us-west-2a"]);
        var plan = Plans.Of(5);
        var instances = await LaunchAsync(plan);
        instances.Select(i => (i.Name, i.Zone)).ShouldBe(
            [("site-1", "us-west-2a"), ("site-2", "us-west-2a"), ("site-3", "us-west-2c"), ("site-4", "us-west-2c"), ("site-5", "us-west-2c")]);
        _cloud.Launches.Select(r => (r.Zone, r.MaximumCount, r.ClientToken)).ShouldBe(
            [(null, 5, $"{plan.Deployment}-1"), ("us-west-2b", 3, $"{plan.Deployment}-2"), ("us-west-2c", 3, $"{plan.Deployment}-3")]);
        var said = string.Join('\n', _events.Select(e => e.Message));
        said.ShouldContain("us-west-2a gave 2 instances, 2 of 5 so far");
        said.ShouldContain("us-west-2b gives none: EC2 answered RunInstances with InsufficientInstanceCapacity");
        said.ShouldContain("us-west-2c gave 3 instances, 5 of 5 so far");
    }

    [Fact]
    public async Task A_minimum_that_no_zone_has_alone_is_made_up_of_several()
    {
        _cloud.Launch = r => Give(r, room: 2);
        (await LaunchAsync(Plans.Of(4, minimum: 4))).Count.ShouldBe(4);
    }

    [Theory]
    [InlineData("us-west-2b", null)]
    [InlineData(null, "subnet-1")]
    public async Task A_zone_or_subnet_that_is_set_is_kept(string? zone, string? subnet)
    {
        _cloud.Launch = r => Give(r, room: 2);
        var plan = Plans.Of(3) with { Settings = Plans.Aws with { Zone = zone }, Config = Plans.Config with { SubnetId = subnet } };
        (await LaunchAsync(plan)).Count.ShouldBe(2);
        _cloud.Launches.ShouldHaveSingleItem().Zone.ShouldBe(zone);
        _events.ShouldContain(e => e.Kind == EventKind.Warning && e.Message.Contains("2 of 3", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_limit_of_the_account_is_not_asked_of_every_zone()
    {
        _cloud.Launch = _ => throw Plans.Refusal("VcpuLimitExceeded");
        (await Should.ThrowAsync<DeployException>(() => LaunchAsync(Plans.Of(3)))).Message.ShouldContain("VcpuLimitExceeded");
        _cloud.Launches.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Below_the_minimum_nothing_is_left()
    {
        _cloud.Launch = r => Give(r, r.Zone is null or "us-west-2a" ? 1 : 0);
        var error = await Should.ThrowAsync<DeployException>(() => LaunchAsync(Plans.Of(5, minimum: 3)));
        error.Id.ShouldBe(ErrorId.CapacityInsufficient);
        error.Message.ShouldContain("EC2 gave 1 of 5 instances, and 3 is the minimum");
        error.Message.ShouldContain("InsufficientInstanceCapacity");
        error.Message.ShouldContain("request r-1");
        _cloud.Terminated.ShouldBe(["i-1"]);
        _cloud.Groups.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refusal_that_is_not_about_room_ends_the_launch_and_leaves_no_security_group()
    {
        _cloud.Launch = _ => throw Plans.Refusal("UnauthorizedOperation", ErrorId.CloudError);
        var error = await Should.ThrowAsync<CloudException>(() => LaunchAsync(Plans.Of(2)));
        error.Code.ShouldBe("UnauthorizedOperation");
        error.RequestId.ShouldBe("r-1");
        _cloud.Launches.Count.ShouldBe(1);
        _cloud.Groups.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refusal_in_a_further_zone_keeps_what_came()
    {
        _cloud.Launch = r => r.Zone is null ? Give(r, 1) : throw Plans.Refusal("UnauthorizedOperation", ErrorId.CloudError);
        (await LaunchAsync(Plans.Of(2))).Count.ShouldBe(1);
        _cloud.Terminated.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_answer_that_was_lost_for_good_leaves_nothing_of_what_EC2_had_launched()
    {
        // EC2 launched two, nobody heard of it, and its view of them comes late; the security group that they hold on to tells.
        RecordedCloud cloud = new();
        var looks = 0;
        cloud.Launch = r =>
        {
            cloud.Has("i-8", "pending", r.Tags[DeploymentTags.Deployment]);
            cloud.Has("i-9", "pending", r.Tags[DeploymentTags.Deployment]);
            throw Plans.Refusal("", ErrorId.CloudUnreachable, transient: true);
        };
        cloud.Describe = i => Interlocked.Increment(ref looks) > 4 ? i : null;
        cloud.Delete = _ =>
        {
            if (cloud.Terminated.Count() < 2)
            {
                throw new CloudException(new Problem(ErrorId.CloudError, "in use"), "DependencyViolation", "r-2", isTransient: false);
            }
        };
        var error = await Should.ThrowAsync<CloudException>(() => new Provisioning(cloud, _events.Enqueue, new FastTime(50)).LaunchAsync(Plans.Of(2), Cancellation));
        error.Id.ShouldBe(ErrorId.CloudUnreachable);
        cloud.Terminated.Order(StringComparer.Ordinal).ShouldBe(["i-8", "i-9"]);
        cloud.Groups.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_answer_that_was_lost_for_good_leaves_nothing_behind_a_group_of_the_configuration_either()
    {
        // Nothing tells of them but EC2's view, which shows one after the other, the last almost a minute late.
        RecordedCloud cloud = new();
        var time = new FastTime(50);
        var launched = DateTimeOffset.MaxValue;
        cloud.Launch = r =>
        {
            launched = time.GetUtcNow();
            cloud.Has("i-8", "pending", r.Tags[DeploymentTags.Deployment]);
            cloud.Has("i-9", "pending", r.Tags[DeploymentTags.Deployment]);
            throw Plans.Refusal("", ErrorId.CloudUnreachable, transient: true);
        };
        cloud.Describe = i => time.GetUtcNow() - launched > TimeSpan.FromSeconds(i.InstanceId == "i-8" ? 5 : 40) ? i : null;
        var plan = Plans.Of(2) with { Config = Plans.Config with { SecurityGroup = "sg-theirs" } };
        (await Should.ThrowAsync<CloudException>(() => new Provisioning(cloud, _events.Enqueue, time).LaunchAsync(plan, Cancellation))).Id.ShouldBe(ErrorId.CloudUnreachable);
        cloud.Terminated.ShouldBe(["i-8", "i-9"]);
        cloud.Deleted.ShouldBeEmpty("the group is not the deployment's");
        _events.ShouldNotContain(e => e.Kind == EventKind.Warning);
    }

    [Fact]
    public async Task A_refusal_that_EC2_did_answer_is_not_looked_after_for_long()
    {
        _cloud.Launch = _ => throw Plans.Refusal("UnauthorizedOperation", ErrorId.CloudError);
        var plan = Plans.Of() with { Config = Plans.Config with { SecurityGroup = "sg-theirs" } };
        await Should.ThrowAsync<CloudException>(() => LaunchAsync(plan));
        _cloud.About("DescribeInstances").Count(d => d == plan.Deployment).ShouldBe(1);
    }

    [Fact]
    public async Task A_group_that_cannot_be_deleted_does_not_hide_why_the_launch_was_refused()
    {
        var plan = Plans.Of();
        _cloud.Launch = _ => throw Plans.Refusal("InsufficientInstanceCapacity");
        _cloud.Delete = _ => throw new DeployException(ErrorId.CloudError, "group is kept");
        (await Should.ThrowAsync<DeployException>(() => LaunchAsync(plan))).Id.ShouldBe(ErrorId.CapacityInsufficient);
        _events.ShouldContain(e => e.Message.Contains("group is kept", StringComparison.Ordinal) && e.Message.Contains($"Remove-LODeployment {plan.Deployment}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_EC2_knows_to_be_wrong_is_said_before_anything_is_made()
    {
        var plan = Plans.Of() with { Config = Plans.Config with { InstanceType = "t100.enormous" }, Settings = Plans.Aws with { KeyPair = "other" } };
        var error = await Should.ThrowAsync<SettingsException>(() => LaunchAsync(plan));
        error.Problems.Select(p => p.Id).ShouldBe([ErrorId.KeyPairNotFound, ErrorId.InstanceTypeUnknown], ignoreOrder: true);
        error.Message.ShouldContain("There are: pair.");
        _cloud.Calls.ShouldAllBe(c => c.Action.StartsWith("Describe", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_id_longer_than_a_client_token_is_told_from_others_by_its_end()
    {
        var plan = Plans.Of() with { Deployment = new string('x', 70) + "-0123abcd" };
        var launch = await LaunchPlan.MakeAsync(plan, Cancellation);
        var token = launch.Request("sg", 12, null, 0).ClientToken;
        token.Length.ShouldBe(64);
        token.ShouldEndWith("-0123abcd-12");
    }

    [Fact]
    public async Task The_plan_says_what_would_be_launched_with_which_settings_tags_and_rules()
    {
        var plan = Plans.Of(3, minimum: 2);
        var text = string.Join('\n', (await LaunchPlan.MakeAsync(plan, Cancellation)).Describe());
        foreach (var part in (string[])
                 [
                     "Launch 3 x t3.small of ami-12345678 in us-west-2 for project site", plan.Deployment, "at least 2", "admin at the public address",
                     "encrypted, deleted with the instance", "IMDSv2 only", "300 s", "opens 22/tcp from 203.0.113.7/32", "opens 8080/tcp from 0.0.0.0/0",
                     $"linkoverflow:deployment = {plan.Deployment}", "Name = site-1, -2 ...",
                 ])
        {
            text.ShouldContain(part);
        }
    }

    private Task<IReadOnlyList<LOInstance>> LaunchAsync(DeploymentPlan plan) => new Provisioning(_cloud, _events.Enqueue).LaunchAsync(plan, Cancellation);

    private IReadOnlyList<CloudInstance> Give(LaunchRequest request, int room) => room < request.MinimumCount
        ? throw Plans.Refusal("InsufficientInstanceCapacity")
        : [.. Enumerable.Range(0, Math.Min(room, request.MaximumCount)).Select(n => _cloud.New(request, n))];
}
