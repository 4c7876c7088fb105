using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Tests.Cloud;

/// <summary>How calls are made: again where EC2 or the network failed, page by page, within a limit, by one client for all.</summary>
public sealed class CallTests
{
    private const string Launched = "<instancesSet><item><instanceId>i-1</instanceId></item></instancesSet>";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(AnsweringEc2.Lost, "")]
    [InlineData(503, "RequestLimitExceeded")]
    [InlineData(500, "InternalError")]
    [InlineData(503, "Unavailable")]
    public async Task A_launch_whose_answer_fails_is_asked_again_with_the_same_client_token(int status, string code)
    {
        var asked = 0;
        await using var ec2 = new AnsweringEc2(form => AnsweringEc2.Action(form) != "RunInstances" ? Images(form)
            : Interlocked.Increment(ref asked) < 3 ? (status, AnsweringEc2.Error(code)) : AnsweringEc2.Answer("RunInstances", Launched));
        using var cloud = ec2.Cloud();
        (await cloud.RunInstancesAsync(Launch, Cancellation)).ShouldHaveSingleItem().InstanceId.ShouldBe("i-1");
        var launches = ec2.Requests.Where(r => AnsweringEc2.Action(r) == "RunInstances").ToArray();
        launches.Length.ShouldBe(3);
        launches.Distinct(StringComparer.Ordinal).ShouldHaveSingleItem().ShouldContain("ClientToken=site-0000-1");
    }

    /// <summary>Once throttled, the SDK sends few calls a second, and gives up those that wait for their turn the longest.</summary>
    [Fact]
    public async Task After_a_throttle_calls_by_the_dozen_wait_for_their_turn_and_none_is_given_up()
    {
        var asked = 0;
        await using var ec2 = new AnsweringEc2(form => Interlocked.Increment(ref asked) <= 2
            ? (503, AnsweringEc2.Error("RequestLimitExceeded"))
            : AnsweringEc2.Answer("CreateTags", "<return>true</return>"));
        using var cloud = ec2.Cloud();
        await cloud.TagInstanceAsync("i-0", "Name", "site-0", Cancellation);
        await Task.WhenAll(Enumerable.Range(1, 50).Select(n => cloud.TagInstanceAsync($"i-{n}", "Name", $"site-{n}", Cancellation)));
        ec2.Requests.Distinct(StringComparer.Ordinal).Count().ShouldBe(51);
    }

    [Fact]
    public async Task Too_little_capacity_is_not_asked_for_again()
    {
        await using var ec2 = new AnsweringEc2(form =>
            AnsweringEc2.Action(form) == "RunInstances" ? (500, AnsweringEc2.Error("InsufficientInstanceCapacity")) : Images(form));
        using var cloud = ec2.Cloud();
        var error = await Should.ThrowAsync<CloudException>(() => cloud.RunInstancesAsync(Launch, Cancellation));
        error.Code.ShouldBe("InsufficientInstanceCapacity");
        error.RequestId.ShouldBe(AnsweringEc2.RequestId);
        error.IsTransient.ShouldBeFalse();
        ec2.Requests.Count(r => AnsweringEc2.Action(r) == "RunInstances").ShouldBe(1);
    }

    [Fact]
    public async Task A_call_that_is_never_answered_ends_within_its_limit()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var cloud = new Ec2Cloud(AnsweringEc2.Settings($"http://{silent.LocalEndpoint}"), TimeSpan.FromSeconds(1));
        var clock = Stopwatch.StartNew();
        var error = await Should.ThrowAsync<CloudException>(() => cloud.ListKeyPairsAsync(Cancellation));
        error.Id.ShouldBe(ErrorId.CloudUnreachable);
        error.IsTransient.ShouldBeTrue();
        error.Message.ShouldContain("it gave no answer in time");
        clock.Elapsed.ShouldBeLessThan(Ec2Calls.Limit);
    }

    [Fact]
    public async Task All_pages_are_read()
    {
        await using var ec2 = new AnsweringEc2(form => AnsweringEc2.Answer("DescribeInstances", form.Contains("NextToken=page%202", StringComparison.Ordinal)
            ? Reservation("i-2")
            : Reservation("i-1") + "<nextToken>page 2</nextToken>"));
        using var cloud = ec2.Cloud();
        (await cloud.DescribeInstancesByTagAsync("a", "b", Cancellation)).Select(i => i.InstanceId).ShouldBe(["i-1", "i-2"]);
        ec2.Requests.Length.ShouldBe(2);
    }

    [Fact]
    public async Task More_ids_than_a_filter_takes_are_asked_for_in_parts()
    {
        await using var ec2 = new AnsweringEc2(_ => AnsweringEc2.Answer("DescribeInstances", ""));
        using var cloud = ec2.Cloud();
        await cloud.DescribeInstancesAsync([.. Enumerable.Range(1, 450).Select(n => $"i-{n}")], Cancellation);
        ec2.Requests.Select(r => r.Split('&').Count(p => p.StartsWith("Filter.1.Value.", StringComparison.Ordinal))).ShouldBe([200, 200, 50]);
    }

    [Fact]
    public async Task An_instance_is_read_with_what_EC2_tells_of_it_and_what_nobody_knows_yet_is_passed_over()
    {
        await using var ec2 = new AnsweringEc2(_ => AnsweringEc2.Answer("DescribeInstances", """
            <reservationSet><item><instancesSet><item>
              <instanceId>i-1</instanceId><imageId>ami-1</imageId><instanceType>t9.new</instanceType><amiLaunchIndex>3</amiLaunchIndex>
              <instanceState><code>99</code><name>hibernating</name></instanceState><brandNew>?</brandNew>
              <stateReason><code>Client.X</code><message>Client.X: because</message></stateReason>
              <ipAddress>203.0.113.9</ipAddress><privateIpAddress>10.0.0.9</privateIpAddress>
              <placement><availabilityZone>us-west-2a</availabilityZone></placement><launchTime>2026-01-02T03:04:05.000Z</launchTime>
              <tagSet><item><key>Name</key><value>site-1</value></item><item><key>empty</key></item></tagSet>
            </item></instancesSet></item></reservationSet>
            """));
        using var cloud = ec2.Cloud();
        var found = (await cloud.DescribeInstancesAsync(["i-1"], Cancellation)).ShouldHaveSingleItem();
        (found.State, found.StateReason, found.PublicIp, found.PrivateIp, found.Zone, found.InstanceType, found.LaunchIndex).ShouldBe(
            ("hibernating", "Client.X: because", "203.0.113.9", "10.0.0.9", "us-west-2a", "t9.new", 3));
        found.LaunchTime.ToUniversalTime().ShouldBe(new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        found.Tags["Name"].ShouldBe("site-1");
        found.Tags["empty"].ShouldBe("");
    }

    [Fact]
    public async Task One_id_that_is_gone_keeps_none_of_the_others()
    {
        await using var ec2 = new AnsweringEc2(form => form.Contains("=i-gone", StringComparison.Ordinal)
            ? (400, AnsweringEc2.Error("InvalidInstanceID.NotFound"))
            : AnsweringEc2.Answer("TerminateInstances", ""));
        using var cloud = ec2.Cloud();
        await cloud.TerminateInstancesAsync(["i-1", "i-gone", "i-2"], Cancellation);
        ec2.Requests.Skip(1).Select(r => r.Split('&').Single(p => p.StartsWith("InstanceId.1=", StringComparison.Ordinal))).Order(StringComparer.Ordinal)
            .ShouldBe(["InstanceId.1=i-1", "InstanceId.1=i-2", "InstanceId.1=i-gone"]);
    }

    [Fact]
    public async Task A_console_that_cannot_be_shown_as_it_is_now_is_shown_as_it_was()
    {
        var text = Convert.ToBase64String(Encoding.UTF8.GetBytes("booted"));
        await using var ec2 = new AnsweringEc2(form => form.Contains("Latest=true", StringComparison.Ordinal)
            ? (400, AnsweringEc2.Error("UnsupportedOperation"))
            : AnsweringEc2.Answer("GetConsoleOutput", $"<output>{text}</output>"));
        using var cloud = ec2.Cloud();
        (await cloud.GetConsoleOutputAsync("i-1", Cancellation)).ShouldBe("booted");
    }

    [Fact]
    public async Task One_client_serves_all_who_have_the_same_credentials_there_at_once()
    {
        await using var ec2 = new AnsweringEc2(form => AnsweringEc2.Answer("DescribeInstances", Reservation(form.Split("Filter.1.Value.1=")[1].Split('&')[0])));
        using var other = new Ec2Cloud(AnsweringEc2.Settings(ec2.Url) with { SecretAccessKey = new Secret("another") });
        var clouds = Enumerable.Range(0, 20).Select(_ => ec2.Cloud()).ToArray();
        clouds.Select(c => c.Identity).Distinct().ShouldHaveSingleItem().ShouldNotBe(other.Identity);
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 20, CancellationToken = Cancellation }, async (n, stop) =>
            (await clouds[n % 20].DescribeInstancesAsync([$"i-{n}"], stop)).ShouldHaveSingleItem().InstanceId.ShouldBe($"i-{n}"));
        ec2.Requests.Length.ShouldBe(200);
    }

    private static LaunchRequest Launch => new()
    {
        ImageId = "ami-12345678", InstanceType = "t3.small", MinimumCount = 1, MaximumCount = 1, KeyPair = "my-pair", SecurityGroupId = "sg-1",
        ClientToken = "site-0000-1", Tags = new Dictionary<string, string>(StringComparer.Ordinal),
    };

    private static (int Status, string Body) Images(string form) => AnsweringEc2.Answer(
        AnsweringEc2.Action(form), "<imagesSet><item><imageId>ami-12345678</imageId><rootDeviceName>/dev/sda1</rootDeviceName></item></imagesSet>");

    private static string Reservation(string id) =>
        $"<reservationSet><item><instancesSet><item><instanceId>{id}</instanceId></item></instancesSet></item></reservationSet>";
}
