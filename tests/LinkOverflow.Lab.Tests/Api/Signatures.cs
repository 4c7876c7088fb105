using System.Net;
using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;

namespace LinkOverflow.Lab.Tests.Api;

public sealed class Signatures
{
    [Fact]
    public async Task A_request_signed_by_the_AWS_SDK_is_answered()
    {
        await using var lab = await ApiLab.StartAsync();

        var regions = await lab.Ec2.DescribeRegionsAsync(new DescribeRegionsRequest(), TestContext.Current.CancellationToken);

        regions.Regions.Single().RegionName.ShouldBe("us-west-2");
    }

    [Fact]
    public async Task A_wrong_secret_is_refused_in_AWSs_words()
    {
        await using var lab = await ApiLab.StartAsync();
        using var client = lab.Client(secret: "not-the-secret");

        var refusal = await Should.ThrowAsync<AmazonEC2Exception>(() => client.DescribeRegionsAsync(new DescribeRegionsRequest()));

        refusal.ErrorCode.ShouldBe("SignatureDoesNotMatch");
        refusal.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        refusal.Message.ShouldContain("does not match the signature you provided");
    }

    [Fact]
    public async Task An_unknown_key_is_refused()
    {
        await using var lab = await ApiLab.StartAsync();
        using var client = lab.Client(accessKeyId: "AKIAAAAAAAAAAAAAAAAA");

        (await ApiLab.CodeOfAsync(() => client.DescribeRegionsAsync(new DescribeRegionsRequest()))).ShouldBe("AuthFailure");
    }

    [Fact]
    public async Task STS_refuses_an_unknown_key_with_its_own_code()
    {
        await using var lab = await ApiLab.StartAsync();
        using var sts = Sts(lab, "AKIAAAAAAAAAAAAAAAAA");

        var refusal = await Should.ThrowAsync<AmazonSecurityTokenServiceException>(() => sts.GetCallerIdentityAsync(new GetCallerIdentityRequest()));

        refusal.ErrorCode.ShouldBe("InvalidClientTokenId");
    }

    [Fact]
    public async Task STS_says_whose_key_it_is()
    {
        await using var lab = await ApiLab.StartAsync();
        using var sts = Sts(lab, ApiLab.Credentials.AccessKeyId);

        var identity = await sts.GetCallerIdentityAsync(new GetCallerIdentityRequest(), TestContext.Current.CancellationToken);

        identity.Account.Length.ShouldBe(12);
        identity.Arn.ShouldBe($"arn:aws:iam::{identity.Account}:user/lab");
    }

    [Theory]
    [InlineData(16)]
    [InlineData(-16)]
    public async Task A_clock_that_is_wrong_by_more_than_a_quarter_of_an_hour_is_refused(int minutes)
    {
        await using var lab = await ApiLab.StartAsync(new OffsetClock(TimeSpan.FromMinutes(minutes)));

        // The SDK corrects its clock by the Date header, which is this machine's real time, and tries again in vain.
        (await ApiLab.CodeOfAsync(() => lab.Ec2.DescribeRegionsAsync(new DescribeRegionsRequest()))).ShouldBe("RequestExpired");
    }

    [Fact]
    public async Task A_clock_that_is_a_little_wrong_is_accepted()
    {
        await using var lab = await ApiLab.StartAsync(new OffsetClock(TimeSpan.FromMinutes(14)));

        (await lab.Ec2.DescribeRegionsAsync(new DescribeRegionsRequest(), TestContext.Current.CancellationToken)).Regions.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData(null, "MissingAuthenticationToken", 403)]
    [InlineData("Basic bGFiOmxhYg==", "IncompleteSignature", 400)]
    [InlineData("AWS4-HMAC-SHA256 Credential=a/b/c", "IncompleteSignature", 400)]
    [InlineData("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00", "IncompleteSignature", 400)]
    [InlineData("AWS4-HMAC-SHA256 ====,,,;;;", "IncompleteSignature", 400)]
    public async Task A_request_without_a_whole_signature_is_refused(string? authorization, string code, int status)
    {
        await using var lab = await ApiLab.StartAsync();
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, lab.Endpoint) { Content = new StringContent("Action=DescribeRegions&Version=2016-11-15") };
        request.Headers.TryAddWithoutValidation("X-Amz-Date", "20260101T000000Z");
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        ((int)response.StatusCode).ShouldBe(status);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain($"<Response><Errors><Error><Code>{code}</Code>");
    }

    private static AmazonSecurityTokenServiceClient Sts(ApiLab lab, string accessKeyId) => new(
        new BasicAWSCredentials(accessKeyId, ApiLab.Credentials.SecretAccessKey),
        new AmazonSecurityTokenServiceConfig { ServiceURL = lab.Endpoint, AuthenticationRegion = "us-west-2", MaxErrorRetry = 0 });

    private sealed class OffsetClock(TimeSpan offset) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + offset;
    }
}
