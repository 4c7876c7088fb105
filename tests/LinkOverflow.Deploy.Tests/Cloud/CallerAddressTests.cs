using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;
using LinkOverflow.Deploy.Tests.Deployments;

namespace LinkOverflow.Deploy.Tests.Cloud;

/// <summary>From where a deployment's own security group lets SSH in.</summary>
public sealed class CallerAddressTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("203.0.113.7\n", "203.0.113.7/32")]
    [InlineData("2001:db8::7", "2001:db8::7/128")]
    public async Task It_is_the_address_that_AWS_sees_and_no_other(string said, string network)
    {
        await using var service = new AnsweringEc2(_ => (200, said));
        (await FindAsync(Plans.Aws, Plans.Config, service.Url)).ShouldBe([network]);
    }

    [Theory]
    [InlineData(200, "<html>Sign in to the hotel's network</html>")]
    [InlineData(403, "no")]
    public async Task An_answer_that_is_no_address_opens_nothing_and_says_what_to_set(int status, string said)
    {
        await using var service = new AnsweringEc2(_ => (status, said));
        var error = await Should.ThrowAsync<DeployException>(() => FindAsync(Plans.Aws, Plans.Config, service.Url));
        error.Id.ShouldBe(ErrorId.CallerAddressUnknown);
        error.Message.ShouldContain(service.Url);
        error.Message.ShouldContain("SshFrom");
    }

    [Fact]
    public async Task A_network_in_the_configuration_counts_and_nobody_is_asked()
    {
        using var folder = new TemporaryFolder();
        folder.Write("site.pp", "");
        var problems = new List<Problem>();
        var config = InstanceConfig.Read(
            folder.Write("instance.config", """
                [EC2]
                ImageID = ami-12345678
                InstanceType = t3.small
                SshFrom = 198.51.100.0/24, 203.0.113.9, 2001:db8::/32
                [Puppet]
                PuppetConfigFile = site.pp
                """),
            problems);
        problems.ShouldBeEmpty();
        (await FindAsync(Plans.Aws, config!)).ShouldBe(["198.51.100.0/24", "203.0.113.9/32", "2001:db8::/32"]);
    }

    [Fact]
    public void What_is_no_network_is_said_with_its_line()
    {
        using var folder = new TemporaryFolder();
        folder.Write("site.pp", "");
        var problems = new List<Problem>();
        InstanceConfig.Read(
            folder.Write("instance.config", "[EC2]\nImageID = ami-12345678\nInstanceType = t3.small\nSshFrom = office\n[Puppet]\nPuppetConfigFile = site.pp\n"),
            problems).ShouldBeNull();
        var problem = problems.ShouldHaveSingleItem();
        (problem.Id, problem.Line).ShouldBe((ErrorId.ValueInvalid, 4));
        problem.Message.ShouldContain("office");
    }

    [Theory]
    [InlineData("http://127.0.0.1:4566")]
    [InlineData("http://localhost:4566/")]
    public async Task Of_an_EC2_on_this_machine_it_is_this_machine(string endpoint) =>
        (await FindAsync(Plans.Aws with { EndpointUrl = endpoint }, Plans.Config)).ShouldBe(["127.0.0.0/8"]);

    [Fact]
    public async Task By_private_addresses_it_is_the_private_networks() =>
        (await FindAsync(Plans.Aws, Plans.Config with { PublicAddress = false })).ShouldBe(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]);

    // Where nobody has to be asked, nobody is there to be.
    private static Task<IReadOnlyList<string>> FindAsync(AwsSettings settings, InstanceConfig config, string service = "http://nobody.invalid/") =>
        CallerAddress.FindAsync(settings, config, new Uri(service), Cancellation);
}
