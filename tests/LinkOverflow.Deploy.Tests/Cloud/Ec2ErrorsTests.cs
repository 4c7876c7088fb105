using System.Diagnostics;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Tests.Cloud;

/// <summary>What EC2 refuses, said so that a person can act on it: its code, its request id, never the secret.</summary>
public sealed class Ec2ErrorsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("AuthFailure", 401)]
    [InlineData("SignatureDoesNotMatch", 403)]
    [InlineData("InvalidClientTokenId", 403)]
    [InlineData("UnrecognizedClientException", 400)]
    [InlineData("ExpiredToken", 400)]
    [InlineData("RequestExpired", 400)]
    public async Task Refused_credentials_are_named_by_their_id_and_file(string code, int status)
    {
        var error = await RefusedAsync(code, status);
        error.Id.ShouldBe(ErrorId.CredentialsRejected);
        error.Message.ShouldContain("AWS refused the credentials: key id AKIAEXAMPLE from /home/me/.aws.settings");
    }

    [Fact]
    public async Task The_same_keys_in_two_files_are_named_by_the_file_that_is_in_use()
    {
        await using var ec2 = AnsweringEc2.Refusing("AuthFailure", 401);
        foreach (var file in (string[])["/home/me/one.settings", "/home/me/two.settings"])
        {
            using var cloud = new Ec2Cloud(AnsweringEc2.Settings(ec2.Url) with { File = file });
            (await Should.ThrowAsync<DeployException>(() => cloud.ListKeyPairsAsync(Cancellation))).Message.ShouldContain($"key id AKIAEXAMPLE from {file}");
        }
    }

    [Theory]
    [InlineData("InvalidKeyPair.NotFound", ErrorId.KeyPairNotFound)]
    [InlineData("InvalidAMIID.Malformed", ErrorId.ImageMalformed)]
    [InlineData("InvalidAMIID.NotFound", ErrorId.ImageNotFound)]
    [InlineData("InvalidAMIID.Unavailable", ErrorId.ImageNotFound)]
    [InlineData("OptInRequired", ErrorId.ImageNotFound)]
    [InlineData("InstanceLimitExceeded", ErrorId.CapacityInsufficient)]
    [InlineData("VcpuLimitExceeded", ErrorId.CapacityInsufficient)]
    [InlineData("Unsupported", ErrorId.InstanceTypeUnknown)]
    [InlineData("UnauthorizedOperation", ErrorId.PermissionDenied)]
    [InlineData("Some.NewCode", ErrorId.CloudError)]
    public async Task Every_code_has_its_id(string code, string id) => (await RefusedAsync(code)).Id.ShouldBe(id);

    [Fact]
    public async Task Too_little_capacity_is_said_also_when_EC2_calls_it_a_fault_of_its_own()
    {
        var error = await RefusedAsync("InsufficientInstanceCapacity", 500);
        error.Id.ShouldBe(ErrorId.CapacityInsufficient);
        error.Problems[0].Fix!.ShouldContain("another zone");
    }

    [Fact]
    public async Task An_unknown_key_pair_is_named_with_the_region()
    {
        var error = await RefusedAsync("InvalidKeyPair.NotFound");
        error.Message.ShouldContain("my-pair");
        error.Message.ShouldContain("us-west-2");
    }

    [Fact]
    public async Task Nobody_listening_is_said_to_be_unreachable_within_seconds()
    {
        string url;
        await using (var ec2 = AnsweringEc2.Refusing("x"))
        {
            url = ec2.Url;
        }

        using var cloud = new Ec2Cloud(AnsweringEc2.Settings(url));
        var clock = Stopwatch.StartNew();
        var error = await Should.ThrowAsync<DeployException>(() => cloud.ListKeyPairsAsync(Cancellation));
        error.Id.ShouldBe(ErrorId.CloudUnreachable);
        error.Message.ShouldContain(url);
        error.ToString().ShouldNotContain(AnsweringEc2.SecretKey);
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task What_is_no_EC2_is_an_error_with_its_address()
    {
        await using var web = new AnsweringEc2(_ => (404, "<html><body>Nothing here</body></html>"));
        using var cloud = web.Cloud();
        var error = await Should.ThrowAsync<DeployException>(() => cloud.ListKeyPairsAsync(Cancellation));
        error.Id.ShouldBe(ErrorId.CloudUnreachable);
        error.Message.ShouldContain(web.Url);
    }

    [Fact]
    public async Task A_cancelled_question_is_cancelled_and_no_error_of_EC2()
    {
        await using var ec2 = AnsweringEc2.Refusing("x");
        using var cloud = ec2.Cloud();
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => cloud.ListKeyPairsAsync(stop.Token));
    }

    [Fact]
    public async Task What_is_gone_already_counts_as_removed()
    {
        await using var instances = AnsweringEc2.Refusing("InvalidInstanceID.NotFound");
        using var one = instances.Cloud();
        await one.TerminateInstancesAsync(["i-1"], Cancellation);
        instances.Requests.ShouldHaveSingleItem().ShouldContain("TerminateInstances");

        await using var groups = AnsweringEc2.Refusing("InvalidGroup.NotFound");
        using var other = groups.Cloud();
        await other.DeleteSecurityGroupAsync("sg-1", Cancellation);
        groups.Requests.ShouldHaveSingleItem().ShouldContain("DeleteSecurityGroup");
    }

    [Fact]
    public async Task Ending_no_instances_asks_nothing()
    {
        await using var ec2 = AnsweringEc2.Refusing("x");
        using var cloud = ec2.Cloud();
        await cloud.TerminateInstancesAsync([], Cancellation);
        ec2.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_security_group_whose_ports_cannot_be_opened_is_deleted_again()
    {
        await using var ec2 = new AnsweringEc2(form =>
            form.Contains("AuthorizeSecurityGroupIngress", StringComparison.Ordinal) ? (403, AnsweringEc2.Error("UnauthorizedOperation"))
            : form.Contains("CreateSecurityGroup", StringComparison.Ordinal) ? (200, "<CreateSecurityGroupResponse><return>true</return><groupId>sg-17</groupId></CreateSecurityGroupResponse>")
            : (200, "<DeleteSecurityGroupResponse><return>true</return></DeleteSecurityGroupResponse>"));
        using var cloud = ec2.Cloud();
        var request = new SecurityGroupRequest("site-0000", "of a test", null, [new OpenPort(22, "0.0.0.0/0")], new Dictionary<string, string>(StringComparer.Ordinal));
        var error = await Should.ThrowAsync<DeployException>(() => cloud.CreateSecurityGroupAsync(request, Cancellation));
        error.Message.ShouldContain("UnauthorizedOperation");
        ec2.Requests[^1].ShouldContain("Action=DeleteSecurityGroup");
        ec2.Requests[^1].ShouldContain("GroupId=sg-17");
    }

    private static async Task<DeployException> RefusedAsync(string code, int status = 400)
    {
        await using var ec2 = AnsweringEc2.Refusing(code, status);
        using var cloud = ec2.Cloud();
        var error = await Should.ThrowAsync<DeployException>(() => cloud.ListKeyPairsAsync(Cancellation));
        error.Message.ShouldContain(code);
        error.Message.ShouldContain("EC2's own words.");
        error.Message.ShouldContain(AnsweringEc2.RequestId);
        error.ToString().ShouldNotContain(AnsweringEc2.SecretKey);
        return error;
    }
}
