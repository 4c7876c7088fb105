using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Tests.Cloud;

namespace LinkOverflow.Deploy.Tests.Deployments;

/// <summary>What EC2 knows is asked before anything is launched, in as few round trips as there can be.</summary>
public sealed class ChecklistTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ChecklistTests() => _folder.Write("site.pp", "");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task All_that_is_right_is_told_with_the_credentials_and_nothing_is_started()
    {
        await using var ec2 = new AnsweringEc2(new AgreeableEc2().Answer);
        var checks = await RunAsync(ec2, "us-west-2a");
        checks.Select(c => (c.Check, c.Status)).ShouldBe(
        [
            ("AwsSettings", CheckStatus.Ok), ("InstanceConfig", CheckStatus.Ok), ("Manifest", Manifest(checks).Status), ("Credentials", CheckStatus.Ok), ("Zone", CheckStatus.Ok),
            ("KeyPair", CheckStatus.Ok), ("Image", CheckStatus.Ok), ("InstanceType", CheckStatus.Ok), ("Permission", CheckStatus.Ok),
        ]);
        checks.Single(c => c.Check == "Credentials").Message.ShouldContain("AKIAEXAMPLE");
        ec2.Requests.ShouldAllBe(r => r.Contains("Action=Describe") || r.Contains("DryRun=true"));
        ec2.Requests.ShouldContain(r => r.Contains("Action=CreateSecurityGroup"));
        var run = Uri.UnescapeDataString(ec2.Requests.Single(r => r.Contains("Action=RunInstances")));
        run.ShouldContain("Ebs.Encrypted=true");
        run.ShouldContain("DeviceName=/dev/sda1");
    }

    [Fact]
    public async Task Questions_that_do_not_need_each_other_are_asked_at_once()
    {
        // Answers the first four only when all four are there: asked one after the other, they would wait for each other for ever.
        var four = new TaskCompletionSource();
        var waiting = 0;
        var agreeable = new AgreeableEc2();
        await using var ec2 = new AnsweringEc2(async form =>
        {
            if (Interlocked.Increment(ref waiting) == 4)
            {
                four.SetResult();
            }

            await four.Task;
            return agreeable.Answer(form);
        });
        var checks = await RunAsync(ec2, "us-west-2a").WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        checks.ShouldAllBe(c => c.Status != CheckStatus.Error);

        // Then the two dry runs, which need the image's root device; nothing is asked twice.
        ec2.Requests.Length.ShouldBe(6);
        ec2.Requests[..4].ShouldAllBe(r => r.Contains("Action=Describe"));
    }

    [Fact]
    public async Task A_zone_that_the_region_lacks_is_named_with_those_it_has()
    {
        await using var ec2 = new AnsweringEc2(new AgreeableEc2().Answer);
        var zone = (await RunAsync(ec2, "us-west-2x")).Single(c => c.Check == "Zone");
        zone.Id.ShouldBe(ErrorId.ZoneUnknown);
        zone.Message.ShouldContain("us-west-2x");
        zone.Fix!.ShouldContain("us-west-2a, us-west-2b");
        zone.Line.ShouldBe(4);
    }

    [Fact]
    public async Task A_type_that_the_zone_lacks_is_named_with_the_zones_that_have_it()
    {
        await using var ec2 = new AnsweringEc2(
            new AgreeableEc2().With("DescribeInstanceTypeOfferings", AgreeableEc2.Offering("t3.small", "us-west-2b")).Answer);
        var type = (await RunAsync(ec2, "us-west-2a")).Single(c => c.Check == "InstanceType");
        type.Id.ShouldBe(ErrorId.InstanceTypeUnknown);
        type.Message.ShouldContain("t3.small is not offered in zone us-west-2a of region us-west-2");
        type.Fix!.ShouldContain("us-west-2b");
        type.Line.ShouldBe(3);
        (await RunAsync(ec2, "us-west-2b")).Single(c => c.Check == "InstanceType").Status.ShouldBe(CheckStatus.Ok);
    }

    [Fact]
    public async Task Row_23_close_names_are_told_for_a_type_that_nobody_knows()
    {
        var agreeable = new AgreeableEc2();
        await using var ec2 = new AnsweringEc2(form =>
            !form.Contains("Action=DescribeInstanceTypeOfferings", StringComparison.Ordinal) ? agreeable.Answer(form)
            : form.Contains("instance-type", StringComparison.Ordinal) ? (200, AgreeableEc2.Response("<instanceTypeOfferingSet/>"))
            : (200, AgreeableEc2.Response($"{AgreeableEc2.Offering("t3.small", "r").Replace("</instanceTypeOfferingSet>", "", StringComparison.Ordinal)}<item><instanceType>r6i.32xlarge</instanceType></item><item><instanceType>t3.large</instanceType></item><item><instanceType>t3.smaller</instanceType></item></instanceTypeOfferingSet>")));
        var type = (await RunAsync(ec2, "us-west-2a", type: "t3.smal")).Single(c => c.Check == "InstanceType");
        type.Id.ShouldBe(ErrorId.InstanceTypeUnknown);
        type.Message.ShouldContain("t3.smal is not offered in region us-west-2");
        type.Fix!.ShouldContain("t3.small, t3.smaller, t3.large");
    }

    [Fact]
    public async Task What_the_policies_forbid_is_said_before_a_launch()
    {
        await using var ec2 = new AnsweringEc2(new AgreeableEc2().With("RunInstances", 403, AnsweringEc2.Error("UnauthorizedOperation")).Answer);
        var permission = (await RunAsync(ec2, "us-west-2a")).Single(c => c.Check == "Permission");
        permission.Status.ShouldBe(CheckStatus.Error);
        permission.Id.ShouldBe(ErrorId.PermissionDenied);
        permission.Message.ShouldContain("RunInstances");
        permission.Message.ShouldContain("AKIAEXAMPLE");
    }

    [Fact]
    public async Task Who_may_launch_need_not_be_allowed_to_look()
    {
        await using var ec2 = new AnsweringEc2(new AgreeableEc2().With("DescribeKeyPairs", 403, AnsweringEc2.Error("UnauthorizedOperation")).Answer);
        var checks = await RunAsync(ec2, "us-west-2a");
        checks.Single(c => c.Check == "KeyPair").Status.ShouldBe(CheckStatus.Warning);
        checks.Single(c => c.Check == "Permission").Status.ShouldBe(CheckStatus.Ok);
        checks.ShouldAllBe(c => c.Status != CheckStatus.Error);
    }

    [Fact]
    public async Task What_stands_in_the_list_already_is_not_said_again_by_the_dry_run()
    {
        await using var ec2 = new AnsweringEc2(new AgreeableEc2()
            .With("DescribeKeyPairs", "<keySet/>").With("RunInstances", 400, AnsweringEc2.Error("InvalidKeyPair.NotFound")).Answer);
        var checks = await RunAsync(ec2, "us-west-2a");
        checks.Where(c => c.Status == CheckStatus.Error).ShouldHaveSingleItem().Check.ShouldBe("KeyPair");
    }

    [Fact]
    public async Task An_alias_is_resolved_and_the_image_behind_it_looked_up()
    {
        const string Alias = "resolve:ssm:/aws/service/debian/release/12/latest/amd64";
        var agreeable = new AgreeableEc2();
        await using var ec2 = new AnsweringEc2(form => form.Contains("/aws/service/debian", StringComparison.Ordinal) && !form.Contains("Action=", StringComparison.Ordinal)
            ? (200, """{"Parameter":{"Name":"/aws/service/debian/release/12/latest/amd64","Value":"ami-12345678"}}""")
            : agreeable.Answer(form));
        var image = (await RunAsync(ec2, "us-west-2a", image: Alias)).Single(c => c.Check == "Image");
        image.Status.ShouldBe(CheckStatus.Ok);
        image.Message.ShouldContain("ami-12345678");
        ec2.Requests.ShouldContain(r => r.Contains("Action=DescribeImages") && r.Contains("ami-12345678"));
    }

    [Fact]
    public async Task An_alias_that_stands_for_nothing_is_an_unknown_image()
    {
        var agreeable = new AgreeableEc2();
        await using var ec2 = new AnsweringEc2(form => form.Contains("Action=", StringComparison.Ordinal)
            ? agreeable.Answer(form)
            : (400, """{"__type":"ParameterNotFound"}"""));
        var image = (await RunAsync(ec2, "us-west-2a", image: "resolve:ssm:/aws/service/debian/nothing")).Single(c => c.Check == "Image");
        image.Id.ShouldBe(ErrorId.ImageNotFound);
        image.Message.ShouldContain("/aws/service/debian/nothing");
        image.Line.ShouldBe(2);
    }

    [Fact]
    public async Task An_existing_security_group_is_looked_up_and_none_is_asked_to_be_made()
    {
        await using var ec2 = new AnsweringEc2(new AgreeableEc2().With("DescribeSecurityGroups", "<securityGroupInfo/>").Answer);
        var group = (await RunAsync(ec2, "us-west-2a", more: "SecurityGroup = web")).Single(c => c.Check == "SecurityGroup");
        group.Id.ShouldBe(ErrorId.ValueInvalid);
        group.Message.ShouldContain("web");
        group.Line.ShouldBe(4);
        ec2.Requests.ShouldNotContain(r => r.Contains("Action=CreateSecurityGroup"));
    }

    private static SettingsCheck Manifest(IReadOnlyList<SettingsCheck> checks) => checks.Single(c => c.Check == "Manifest");

    private Task<IReadOnlyList<SettingsCheck>> RunAsync(
        AnsweringEc2 ec2, string zone, string type = "t3.small", string image = "ami-12345678", string more = "") => Checklist.RunAsync(
        null,
        _folder.Write(".aws.settings", $"[EC2]\nAccessKeyId = AKIAEXAMPLE\nSecretAccessKey = {AnsweringEc2.SecretKey}\nAvailabilityZone = {zone}\nSSHKeyPair = my-pair\nSSHKeyPairFile = {_folder.Write("key.pem", "none")}\nEndpointUrl = {ec2.Url}\n"),
        _folder.Write("instance.config", $"[EC2]\nImageID = {image}\nInstanceType = {type}\n{more}\n[Puppet]\nPuppetConfigFile = site.pp\n"),
        settings => new Ec2Cloud(settings),
        Cancellation);
}
