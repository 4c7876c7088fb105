using System.Text;
using Amazon.EC2.Model;

namespace LinkOverflow.Lab.Tests.Api;

public sealed class Instances
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_launched_instance_is_pending_and_then_running_with_its_addresses()
    {
        await using var lab = await ApiLab.StartAsync();
        var hold = new TaskCompletionSource();
        lab.Machines.Hold = hold.Task;

        var launched = (await lab.RunAsync())[0];
        launched.State.Name.Value.ShouldBe("pending");
        launched.State.Code.ShouldBe(0);
        hold.SetResult();
        var running = await lab.WaitForAsync(launched.InstanceId, "running");

        running.PublicIpAddress.ShouldStartWith("127.77.7.");
        running.PrivateIpAddress.ShouldStartWith("10.77.7.");
        running.Placement.AvailabilityZone.ShouldBe("us-west-2a");
        running.NetworkInterfaces.Single().Association.PublicIp.ShouldBe(running.PublicIpAddress);
        running.BlockDeviceMappings.Single().DeviceName.ShouldBe(running.RootDeviceName);
    }

    [Fact]
    public async Task A_terminated_instance_stays_visible_without_its_addresses()
    {
        await using var lab = await ApiLab.StartAsync();
        var id = (await lab.RunAsync())[0].InstanceId;
        await lab.WaitForAsync(id, "running");

        var answer = await lab.Ec2.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = [id] }, Cancellation);

        answer.TerminatingInstances.Single().PreviousState.Name.Value.ShouldBe("running");
        answer.TerminatingInstances.Single().CurrentState.Name.Value.ShouldBe("shutting-down");
        var gone = await lab.WaitForAsync(id, "terminated");
        gone.PublicIpAddress.ShouldBeNull();
        gone.StateReason.Code.ShouldBe("Client.UserInitiatedShutdown");
        lab.Machines.Policy.Machines.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_terminated_instance_is_forgotten_after_a_while()
    {
        var clock = new TurnedClock();
        await using var lab = await ApiLab.StartAsync(clock);
        var id = (await lab.RunAsync())[0].InstanceId;
        await lab.Ec2.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = [id] }, Cancellation);
        await lab.WaitForAsync(id, "terminated");

        clock.Offset = TimeSpan.FromMinutes(11);

        (await ApiLab.CodeOfAsync(() => lab.DescribeAsync(id))).ShouldBe("InvalidInstanceID.NotFound");
    }

    [Fact]
    public async Task Terminating_twice_is_no_error()
    {
        await using var lab = await ApiLab.StartAsync();
        var id = (await lab.RunAsync())[0].InstanceId;
        await lab.Ec2.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = [id] }, Cancellation);
        await lab.WaitForAsync(id, "terminated");

        var again = await lab.Ec2.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = [id] }, Cancellation);

        again.TerminatingInstances.Single().CurrentState.Name.Value.ShouldBe("terminated");
    }

    [Fact]
    public async Task An_instance_that_cannot_boot_is_terminated_with_a_reason()
    {
        await using var lab = await ApiLab.StartAsync();
        lab.Machines.FailsToLaunch = true;

        var failed = await lab.WaitForAsync((await lab.RunAsync())[0].InstanceId, "terminated");

        failed.StateReason.Code.ShouldBe("Server.InternalError");
    }

    [Fact]
    public async Task A_machine_that_switches_itself_off_becomes_a_stopped_instance()
    {
        await using var lab = await ApiLab.StartAsync();
        var id = (await lab.RunAsync())[0].InstanceId;
        await lab.WaitForAsync(id, "running");

        lab.Machines.SwitchOff(id);

        (await lab.WaitForAsync(id, "stopped")).StateReason.Code.ShouldBe("Client.InstanceInitiatedShutdown");
    }

    [Fact]
    public async Task A_machine_that_switches_itself_off_is_terminated_where_its_owner_wants_that()
    {
        await using var lab = await ApiLab.StartAsync();
        var id = (await lab.RunAsync(1, r => r.InstanceInitiatedShutdownBehavior = "terminate"))[0].InstanceId;
        await lab.WaitForAsync(id, "running");

        lab.Machines.SwitchOff(id);

        await lab.WaitForAsync(id, "terminated");
    }

    [Fact]
    public async Task A_stopped_instance_has_no_public_address_and_gets_one_when_it_starts()
    {
        await using var lab = await ApiLab.StartAsync();
        var id = (await lab.RunAsync())[0].InstanceId;
        await lab.WaitForAsync(id, "running");

        await lab.Ec2.StopInstancesAsync(new StopInstancesRequest { InstanceIds = [id] }, Cancellation);
        (await lab.WaitForAsync(id, "stopped")).PublicIpAddress.ShouldBeNull();
        await lab.Ec2.StartInstancesAsync(new StartInstancesRequest { InstanceIds = [id] }, Cancellation);

        (await lab.WaitForAsync(id, "running")).PublicIpAddress.ShouldNotBeNull();
        lab.Machines.Calls.ShouldContain($"stop {id}", StringComparer.Ordinal);
        lab.Machines.Calls.ShouldContain($"start {id}", StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_running_instance_passes_its_status_checks_once_it_takes_logins()
    {
        var clock = new TurnedClock();
        await using var lab = await ApiLab.StartAsync(clock);
        lab.Machines.HaveSshd = false;
        var id = (await lab.RunAsync())[0].InstanceId;
        await lab.WaitForAsync(id, "running");
        async Task<string> StatusAsync() =>
            (await lab.Ec2.DescribeInstanceStatusAsync(new DescribeInstanceStatusRequest { InstanceIds = [id] }, Cancellation)).InstanceStatuses.Single().Status.Status.Value;

        (await StatusAsync()).ShouldBe("initializing");
        clock.Offset = TimeSpan.FromMinutes(3);
        (await StatusAsync()).ShouldBe("ok", "a machine without an sshd passes in the end");
        clock.Offset = TimeSpan.Zero;
        lab.Machines.HaveSshd = true;

        (await StatusAsync()).ShouldBe("ok");
        var found = await lab.Ec2.DescribeInstanceStatusAsync(new DescribeInstanceStatusRequest { Filters = [new Filter("instance-status.status", ["ok"])] }, Cancellation);
        found.InstanceStatuses.Single().InstanceId.ShouldBe(id);
    }

    [Fact]
    public async Task A_stopped_instance_can_become_one_of_another_type()
    {
        await using var lab = await ApiLab.StartAsync();
        var id = (await lab.RunAsync())[0].InstanceId;
        await lab.WaitForAsync(id, "running");
        Task ChangeAsync(string type) => lab.Ec2.ModifyInstanceAttributeAsync(new ModifyInstanceAttributeRequest { InstanceId = id, InstanceType = type }, Cancellation);
        (await ApiLab.CodeOfAsync(() => ChangeAsync("t3.medium"))).ShouldBe("IncorrectInstanceState");
        (await ApiLab.CodeOfAsync(() => ChangeAsync("t100.enormous"))).ShouldBe("InvalidInstanceAttributeValue");
        await lab.Ec2.StopInstancesAsync(new StopInstancesRequest { InstanceIds = [id] }, Cancellation);
        await lab.WaitForAsync(id, "stopped");

        await ChangeAsync("t3.medium");
        await lab.Ec2.StartInstancesAsync(new StartInstancesRequest { InstanceIds = [id] }, Cancellation);

        (await lab.WaitForAsync(id, "running")).InstanceType.Value.ShouldBe("t3.medium");
        lab.Machines.Calls.ShouldContain($"resize {id} to 2 processors and 4096 MiB", StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_client_token_launches_once_and_refuses_other_arguments()
    {
        await using var lab = await ApiLab.StartAsync();

        var first = await lab.RunAsync(2, r => r.ClientToken = "once");
        var second = await lab.RunAsync(2, r => r.ClientToken = "once");

        second.Select(i => i.InstanceId).ShouldBe(first.Select(i => i.InstanceId));
        (await ApiLab.CodeOfAsync(() => lab.RunAsync(3, r => r.ClientToken = "once"))).ShouldBe("IdempotentParameterMismatch");
    }

    [Fact]
    public async Task A_dry_run_says_that_it_would_succeed_and_launches_nothing()
    {
        await using var lab = await ApiLab.StartAsync();

        (await ApiLab.CodeOfAsync(() => lab.RunAsync(1, r => r.DryRun = true))).ShouldBe("DryRunOperation");

        (await lab.Ec2.DescribeInstancesAsync(new DescribeInstancesRequest(), Cancellation)).Reservations.ShouldBe(null);
        lab.Machines.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Tags_of_the_launch_are_on_the_instance_and_on_its_volume()
    {
        await using var lab = await ApiLab.StartAsync();
        var instance = (await lab.RunAsync(1, r => r.TagSpecifications =
        [
            new TagSpecification { ResourceType = "instance", Tags = [new Tag("Name", "web & <1>")] },
            new TagSpecification { ResourceType = "volume", Tags = [new Tag("For", "web")] },
        ]))[0];

        instance.Tags.Single().Value.ShouldBe("web & <1>");
        var volumes = await lab.Ec2.DescribeVolumesAsync(
            new DescribeVolumesRequest { Filters = [new Filter("attachment.instance-id", [instance.InstanceId])] }, Cancellation);
        volumes.Volumes.Single().Tags.Single().Key.ShouldBe("For");
    }

    [Fact]
    public async Task User_data_and_key_reach_the_machine()
    {
        await using var lab = await ApiLab.StartAsync();
        var key = await lab.Ec2.CreateKeyPairAsync(new CreateKeyPairRequest { KeyName = "mine", KeyType = "rsa" }, Cancellation);

        var id = (await lab.RunAsync(1, r =>
        {
            r.KeyName = "mine";
            r.UserData = Convert.ToBase64String(Encoding.UTF8.GetBytes("#!/bin/sh\ntrue\n"));
        }))[0].InstanceId;
        await lab.WaitForAsync(id, "running");

        Encoding.UTF8.GetString(lab.Machines.Spec(id).UserData.Span).ShouldBe("#!/bin/sh\ntrue\n");
        lab.Machines.Spec(id).AuthorizedKey.ShouldStartWith("ssh-rsa ");
        key.KeyPair.KeyMaterial.ShouldContain("PRIVATE KEY");
    }

    [Fact]
    public async Task The_console_is_answered_in_base64()
    {
        await using var lab = await ApiLab.StartAsync();
        var id = (await lab.RunAsync())[0].InstanceId;

        var output = (await lab.Ec2.GetConsoleOutputAsync(new GetConsoleOutputRequest { InstanceId = id }, Cancellation)).Output;

        Encoding.UTF8.GetString(Convert.FromBase64String(output)).ShouldBe($"console of {id}\n");
    }

    [Fact]
    public async Task Termination_protection_protects()
    {
        await using var lab = await ApiLab.StartAsync();
        var id = (await lab.RunAsync(1, r => r.DisableApiTermination = true))[0].InstanceId;
        Task Terminate() => lab.Ec2.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = [id] }, Cancellation);

        (await ApiLab.CodeOfAsync(Terminate)).ShouldBe("OperationNotPermitted");
        await lab.Ec2.ModifyInstanceAttributeAsync(new ModifyInstanceAttributeRequest { InstanceId = id, DisableApiTermination = false }, Cancellation);
        await Terminate();

        await lab.WaitForAsync(id, "terminated");
    }

    [Fact]
    public async Task Pages_together_hold_every_instance_once()
    {
        await using var lab = await ApiLab.StartAsync();
        var launched = await lab.RunAsync(12);

        var seen = new List<string>();
        var request = new DescribeInstancesRequest { MaxResults = 5 };
        var pages = 0;
        do
        {
            var page = await lab.Ec2.DescribeInstancesAsync(request, Cancellation);
            seen.AddRange(page.Reservations.SelectMany(r => r.Instances).Select(i => i.InstanceId));
            request.NextToken = page.NextToken;
            pages++;
        }
        while (request.NextToken is not null);

        pages.ShouldBe(3);
        seen.ShouldBe(launched.Select(i => i.InstanceId));
    }

    [Theory]
    [InlineData("instance-state-name", "pending", 0)]
    [InlineData("instance-state-name", "run*", 3)]
    [InlineData("tag:Role", "web", 2)]
    [InlineData("tag:Role", "w?b", 2)]
    [InlineData("tag:Role", "d*", 1)]
    [InlineData("tag-key", "Role", 3)]
    [InlineData("tag-key", "role", 0)]
    [InlineData("instance-type", "t3.*", 3)]
    [InlineData("image-id", ApiLab.Image, 3)]
    [InlineData("instance-id", "i-0*", 3)]
    [InlineData("instance-id", "i-0123456789abcdef0", 0)]
    [InlineData("client-token", "two", 2)]
    [InlineData("availability-zone", "us-west-2b", 1)]
    [InlineData("key-name", "*", 0)]
    public async Task A_filter_finds_what_matches_it(string name, string value, int expected)
    {
        await using var lab = await ApiLab.StartAsync();
        List<TagSpecification> Role(string role) => [new TagSpecification { ResourceType = "instance", Tags = [new Tag("Role", role)] }];
        var web = await lab.RunAsync(2, r => (r.TagSpecifications, r.ClientToken) = (Role("web"), "two"));
        var db = await lab.RunAsync(1, r => (r.TagSpecifications, r.Placement) = (Role("db"), new Placement { AvailabilityZone = "us-west-2b" }));
        foreach (var instance in web.Concat(db))
        {
            await lab.WaitForAsync(instance.InstanceId, "running");
        }

        var found = await lab.Ec2.DescribeInstancesAsync(new DescribeInstancesRequest { Filters = [new Filter(name, [value])] }, Cancellation);

        (found.Reservations ?? []).Sum(r => r.Instances.Count).ShouldBe(expected);
    }

    [Fact]
    public async Task A_lab_holds_59_instances_in_each_zone_and_says_when_a_subnet_is_full()
    {
        await using var lab = await ApiLab.StartAsync();
        foreach (var zone in (string[])["us-west-2a", "us-west-2b", "us-west-2c"])
        {
            await lab.RunAsync(59, r => r.Placement = new Placement { AvailabilityZone = zone });
        }

        var all = await lab.Ec2.DescribeInstancesAsync(new DescribeInstancesRequest(), Cancellation);

        all.Reservations.Sum(r => r.Instances.Count).ShouldBe(3 * 59);
        all.Reservations.SelectMany(r => r.Instances).Select(i => i.PublicIpAddress).Distinct(StringComparer.Ordinal).Count().ShouldBe(3 * 59);
        (await ApiLab.CodeOfAsync(() => lab.RunAsync())).ShouldBe("InsufficientFreeAddressesInSubnet");
    }
}
