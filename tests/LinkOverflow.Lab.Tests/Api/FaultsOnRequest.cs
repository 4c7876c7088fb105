using System.Text.Json.Nodes;
using Amazon.EC2;
using Amazon.EC2.Model;
using LinkOverflow.Lab.Faults;
using LinkOverflow.Lab.Host;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Api;

public sealed class FaultsOnRequest
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task So_many_calls_of_one_action_are_throttled()
    {
        await using var lab = await ApiLab.StartAsync();
        await lab.FaultAsync(new FaultRequest(FaultKind.Throttle, Action: "DescribeInstances", Count: 2));

        await lab.Ec2.DescribeRegionsAsync(Cancellation);
        for (var call = 0; call < 2; call++)
        {
            var refusal = await Should.ThrowAsync<AmazonEC2Exception>(() => lab.Ec2.DescribeInstancesAsync(Cancellation));
            refusal.ErrorCode.ShouldBe("RequestLimitExceeded");
            ((int)refusal.StatusCode).ShouldBe(503);
        }

        await lab.Ec2.DescribeInstancesAsync(Cancellation);
    }

    [Theory]
    [InlineData(null, 500, "InternalError")]
    [InlineData(503, 503, "Unavailable")]
    public async Task A_server_error_is_answered_for_any_action_and_changes_nothing(int? asked, int status, string code)
    {
        await using var lab = await ApiLab.StartAsync();
        await lab.FaultAsync(new FaultRequest(FaultKind.ServerError, Status: asked));

        var refusal = await Should.ThrowAsync<AmazonEC2Exception>(() => lab.RunAsync());

        refusal.ErrorCode.ShouldBe(code);
        ((int)refusal.StatusCode).ShouldBe(status);
        lab.Machines.Calls.ShouldBeEmpty();
        await lab.RunAsync();
    }

    [Fact]
    public async Task A_fault_ends_by_itself_when_its_seconds_are_over()
    {
        var clock = new TurnedClock();
        await using var lab = await ApiLab.StartAsync(clock);
        await lab.FaultAsync(new FaultRequest(FaultKind.Throttle, Seconds: 60));
        (await ApiLab.CodeOfAsync(() => lab.Ec2.DescribeInstancesAsync(Cancellation))).ShouldBe("RequestLimitExceeded");

        clock.Offset = TimeSpan.FromSeconds(61);

        await lab.Ec2.DescribeInstancesAsync(Cancellation);
        (await lab.LabAsync(HttpMethod.Get, LabApi.Faults)).AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task An_answer_is_lost_after_the_action_is_done()
    {
        await using var lab = await ApiLab.StartAsync();
        await lab.FaultAsync(new FaultRequest(FaultKind.LostAnswer, Action: "RunInstances"));
        using var client = new SignedClient(lab.Endpoint);
        var request = $"Action=RunInstances&Version=2016-11-15&ImageId={ApiLab.Image}&InstanceType=t3.micro&MinCount=1&MaxCount=1&ClientToken=one-and-the-same";

        await Should.ThrowAsync<HttpRequestException>(() => client.PostAsync(request));
        var (status, body) = await client.PostAsync(request);

        status.ShouldBe(200);
        body.ShouldContain((await lab.Ec2.DescribeInstancesAsync(Cancellation)).Reservations.Single().Instances.Single().InstanceId);
    }

    [Fact]
    public async Task The_second_new_instance_is_not_found_for_a_while()
    {
        var clock = new TurnedClock();
        await using var lab = await ApiLab.StartAsync(clock);
        await lab.FaultAsync(new FaultRequest(FaultKind.LateVisibility, Nth: 2, Seconds: 60));

        var launched = await lab.RunAsync(3);

        (await ApiLab.CodeOfAsync(() => lab.DescribeAsync(launched[1].InstanceId))).ShouldBe("InvalidInstanceID.NotFound");
        (await ApiLab.CodeOfAsync(() => lab.Ec2.CreateTagsAsync(new CreateTagsRequest([launched[1].InstanceId], [new Tag("a", "b")]), Cancellation)))
            .ShouldBe("InvalidInstanceID.NotFound");
        (await lab.Ec2.DescribeInstancesAsync(Cancellation)).Reservations.SelectMany(r => r.Instances).Select(i => i.InstanceId)
            .ShouldBe([launched[0].InstanceId, launched[2].InstanceId]);
        clock.Offset = TimeSpan.FromSeconds(61);
        (await lab.DescribeAsync(launched[1].InstanceId)).InstanceId.ShouldBe(launched[1].InstanceId);
    }

    [Fact]
    public async Task A_zone_has_room_for_some_of_what_is_asked_for()
    {
        await using var lab = await ApiLab.StartAsync();
        await lab.FaultAsync(new FaultRequest(FaultKind.Capacity, Zone: "us-west-2a", Count: 2));
        void In(RunInstancesRequest request, string? zone, int minimum)
        {
            request.MinCount = minimum;
            request.Placement = new Placement { AvailabilityZone = zone };
        }

        var refusal = await Should.ThrowAsync<AmazonEC2Exception>(() => lab.RunAsync(3, r => In(r, "us-west-2a", 3)));
        refusal.ErrorCode.ShouldBe("InsufficientInstanceCapacity");
        ((int)refusal.StatusCode).ShouldBe(500);
        refusal.Message.ShouldContain("choosing us-west-2b, us-west-2c");

        (await lab.RunAsync(3, r => In(r, "us-west-2a", 1))).Count.ShouldBe(2);
        (await ApiLab.CodeOfAsync(() => lab.RunAsync(1, r => In(r, "us-west-2a", 1)))).ShouldBe("InsufficientInstanceCapacity");
        (await lab.RunAsync(3, r => In(r, "us-west-2b", 3))).Count.ShouldBe(3);
        (await lab.RunAsync(1, r => In(r, null, 1)))[0].Placement.AvailabilityZone.ShouldBe("us-west-2b");
        await lab.LabAsync(HttpMethod.Delete, LabApi.Faults);
        (await lab.RunAsync(1, r => In(r, "us-west-2a", 1))).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_boot_failure_ends_the_instance_with_a_reason_and_keeps_its_console()
    {
        await using var lab = await ApiLab.StartAsync();
        await lab.FaultAsync(new FaultRequest(FaultKind.BootFailure, Nth: 2));

        var launched = await lab.RunAsync(2);

        var failed = await lab.WaitForAsync(launched[1].InstanceId, "terminated");
        failed.StateReason.Code.ShouldBe("Server.InternalError");
        await lab.WaitForAsync(launched[0].InstanceId, "running");
        (await lab.Ec2.GetConsoleOutputAsync(new GetConsoleOutputRequest(failed.InstanceId), Cancellation)).Output.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task What_is_to_go_wrong_with_a_machine_is_told_to_it()
    {
        await using var lab = await ApiLab.StartAsync();
        await lab.FaultAsync(new FaultRequest(FaultKind.SlowBoot, Seconds: 7));
        await lab.FaultAsync(new FaultRequest(FaultKind.WrongHostKey));
        await lab.FaultAsync(new FaultRequest(FaultKind.DiskFull));

        var launched = await lab.RunAsync(2);

        await lab.WaitForAsync(launched[0].InstanceId, "running");
        await lab.WaitForAsync(launched[1].InstanceId, "running");
        lab.Machines.Spec(launched[0].InstanceId).Faults.ShouldBe(new MachineFaults(false, TimeSpan.FromSeconds(7), WrongHostKey: true, DiskFull: true));
        lab.Machines.Spec(launched[1].InstanceId).Faults.ShouldBe(MachineFaults.None);
    }

    [Fact]
    public async Task A_running_instance_is_cut_off_until_the_fault_is_cleared()
    {
        await using var lab = await ApiLab.StartAsync();
        var instance = (await lab.RunAsync())[0];
        await lab.WaitForAsync(instance.InstanceId, "running");

        var fault = await lab.FaultAsync(new FaultRequest(FaultKind.NetworkCut, Instance: instance.InstanceId));
        lab.Machines.Policy.Machines.Single().IsCutOff.ShouldBeTrue();
        (await lab.LabAsync(HttpMethod.Get, LabApi.Faults)).AsArray().Single()!["instances"]!.AsArray().Single()!.GetValue<string>().ShouldBe(instance.InstanceId);

        await lab.LabAsync(HttpMethod.Delete, $"{LabApi.Faults}/{fault["id"]}");
        lab.Machines.Policy.Machines.Single().IsCutOff.ShouldBeFalse();
    }

    [Fact]
    public async Task A_full_disk_has_room_again_when_its_seconds_are_over()
    {
        await using var lab = await ApiLab.StartAsync();
        var instance = (await lab.RunAsync())[0];
        await lab.WaitForAsync(instance.InstanceId, "running");

        await lab.FaultAsync(new FaultRequest(FaultKind.DiskFull, Instance: instance.InstanceId, Seconds: 0.05));

        while (!lab.Machines.Calls.Contains($"empty {instance.InstanceId}"))
        {
            await Task.Delay(10, Cancellation);
        }

        lab.Machines.Calls.ShouldContain($"fill {instance.InstanceId}");
    }

    [Fact]
    public async Task Calls_are_counted_by_action()
    {
        await using var lab = await ApiLab.StartAsync();
        await lab.Ec2.DescribeRegionsAsync(Cancellation);
        await lab.Ec2.DescribeInstancesAsync(Cancellation);
        await ApiLab.CodeOfAsync(() => lab.DescribeAsync("i-0123456789abcdef0"));

        (await lab.LabAsync(HttpMethod.Get, LabApi.Calls)).ToJsonString().ShouldBe("""{"DescribeInstances":2,"DescribeRegions":1}""");

        (await lab.LabAsync(HttpMethod.Delete, LabApi.Calls)).AsObject().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"kind":"earthquake"}""", "MalformedJson")]
    [InlineData("""{"kind":"throttle","colour":"red"}""", "MalformedJson")]
    [InlineData("""{"kind":"throttle","zone":"us-west-2a"}""", "InvalidParameterCombination")]
    [InlineData("""{"kind":"boot-failure","seconds":3}""", "InvalidParameterCombination")]
    [InlineData("""{"kind":"network-cut","instance":"i-0123456789abcdef0","nth":2}""", "InvalidParameterCombination")]
    [InlineData("""{"kind":"network-cut","instance":"i-0123456789abcdef0"}""", "InvalidInstanceID.NotFound")]
    [InlineData("""{"kind":"capacity"}""", "MissingParameter")]
    [InlineData("""{"kind":"slow-boot"}""", "MissingParameter")]
    [InlineData("""{"kind":"throttle","count":0}""", "InvalidParameterValue")]
    [InlineData("""{"kind":"capacity","count":1,"zone":"eu-west-1a"}""", "InvalidParameterValue")]
    public async Task What_makes_no_sense_is_refused(string fault, string code)
    {
        await using var lab = await ApiLab.StartAsync();

        var refusal = await Should.ThrowAsync<MachineException>(() => lab.LabAsync(HttpMethod.Post, LabApi.Faults, JsonNode.Parse(fault)));

        refusal.Message.ShouldEndWith($"[{code}]");
    }

    [Fact]
    public async Task Nobody_without_the_labs_key_makes_anything_go_wrong()
    {
        await using var lab = await ApiLab.StartAsync();
        using var client = new HttpClient();
        using var content = new StringContent("""{"kind":"throttle"}""");

        var answer = await client.PostAsync(lab.Endpoint + LabApi.Faults, content, Cancellation);

        ((int)answer.StatusCode).ShouldBe(403);
        await lab.Ec2.DescribeRegionsAsync(Cancellation);
    }
}
