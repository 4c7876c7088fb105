using Amazon.EC2;
using Amazon.EC2.Model;
using LinkOverflow.Lab.Host;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Tests.Api;

public sealed class Permissions
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_user_who_may_only_look_is_refused_what_would_change_something()
    {
        await using var lab = await ApiLab.StartAsync();
        var instance = (await lab.RunAsync())[0].InstanceId;
        using var reader = lab.Client(ApiLab.Credentials.Reader!.Id, ApiLab.Credentials.Reader.Secret);

        (await reader.DescribeInstancesAsync(new DescribeInstancesRequest(), Cancellation)).Reservations.Single().Instances.Single().InstanceId.ShouldBe(instance);
        (await reader.GetConsoleOutputAsync(new GetConsoleOutputRequest(instance), Cancellation)).InstanceId.ShouldBe(instance);
        // A dry run is how one asks for one's permissions.
        var refusal = await Should.ThrowAsync<AmazonEC2Exception>(() => reader.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = [instance], DryRun = true }, Cancellation));

        refusal.ErrorCode.ShouldBe("UnauthorizedOperation");
        ((int)refusal.StatusCode).ShouldBe(403);
        refusal.Message.ShouldContain("user/reader is not authorized to perform: ec2:TerminateInstances");
        (await ApiLab.CodeOfAsync(() => reader.CreateTagsAsync(new CreateTagsRequest([instance], [new Tag("a", "b")]), Cancellation))).ShouldBe("UnauthorizedOperation");
        (await lab.DescribeAsync(instance)).Tags.ShouldBeNull();
    }

    [Fact]
    public async Task Such_a_user_may_not_ask_for_faults()
    {
        await using var lab = await ApiLab.StartAsync();
        var reader = ApiLab.Credentials.Reader!;
        using var request = new HttpRequestMessage(HttpMethod.Delete, lab.Endpoint + LabApi.Faults) { Content = new ByteArrayContent([]) };
        new SignatureV4(reader.Id, reader.Secret, TimeProvider.System).Sign(request, [], "lab", "us-west-2");
        using var client = new HttpClient();

        using var response = await client.SendAsync(request, Cancellation);

        ((int)response.StatusCode).ShouldBe(403);
    }
}
