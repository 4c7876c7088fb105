using System.Text.RegularExpressions;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Tests.Cloud;

/// <summary>The calls that the engine makes, against an EC2 that was written from EC2's documentation by others. Nothing is connected to.</summary>
public sealed partial class MotoContractTests(MotoServer moto) : IClassFixture<MotoServer>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Key_pairs_are_listed_with_their_fingerprints()
    {
        using var cloud = Cloud();
        await moto.AskAsync("Action=CreateKeyPair&KeyName=listed");
        var pairs = await cloud.ListKeyPairsAsync(Cancellation);
        pairs.ShouldContainKey("listed");
        pairs["listed"].ShouldContain(":");
    }

    [Fact]
    public async Task A_security_group_is_made_found_and_deleted()
    {
        using var cloud = Cloud();
        var id = await CreateGroupAsync(cloud, "group-1");
        (await cloud.FindSecurityGroupAsync("group-1", Cancellation)).ShouldBe(id);
        (await cloud.FindSecurityGroupAsync(id, Cancellation)).ShouldBe(id);
        (await cloud.FindSecurityGroupsByTagAsync(DeploymentTags.Deployment, "group-1", Cancellation)).Select(g => g.Id).ShouldBe([id]);
        var rules = await moto.AskAsync($"Action=DescribeSecurityGroups&GroupId.1={id}");
        rules.ShouldContain("<fromPort>22</fromPort>");
        rules.ShouldContain("<fromPort>8080</fromPort>");
        rules.ShouldContain("10.0.0.0/8");

        await cloud.DeleteSecurityGroupAsync(id, Cancellation);
        (await cloud.FindSecurityGroupsByTagAsync(DeploymentTags.Deployment, "group-1", Cancellation)).ShouldBeEmpty();
        await cloud.DeleteSecurityGroupAsync(id, Cancellation);
        var error = await Should.ThrowAsync<DeployException>(() => cloud.FindSecurityGroupAsync("group-1", Cancellation));
        error.Id.ShouldBe(ErrorId.ValueInvalid);
        error.Message.ShouldContain("group-1");
    }

    [Fact]
    public async Task Images_and_instance_types_are_known_or_not()
    {
        using var cloud = Cloud();
        var id = await ImageAsync();
        (await cloud.FindImageAsync(id, Cancellation)).ShouldNotBeNull().ImageId.ShouldBe(id);
        (await cloud.FindImageAsync("ami-00000000000000000", Cancellation)).ShouldBeNull();
        (await cloud.ListZonesOfferingAsync("t3.small", Cancellation)).ShouldContain("us-west-2b");
        (await cloud.ListZonesOfferingAsync("t100.enormous", Cancellation)).ShouldBeEmpty();
        (await cloud.ListInstanceTypesAsync(Cancellation)).ShouldContain("t3.small");
        (await cloud.ListZonesAsync(Cancellation)).ShouldContain("us-west-2b");
    }

    [Fact]
    public async Task Instances_live_from_their_launch_to_their_end()
    {
        using var cloud = Cloud();
        await moto.AskAsync("Action=CreateKeyPair&KeyName=life");
        var request = await RequestAsync(cloud, "life", count: 2);
        var launched = await cloud.RunInstancesAsync(request, Cancellation);
        launched.Count.ShouldBe(2);
        var ids = launched.Select(i => i.InstanceId).Order(StringComparer.Ordinal).ToArray();

        var described = await cloud.DescribeInstancesAsync([.. ids, "i-00000000000000000"], Cancellation);
        described.Select(i => i.InstanceId).Order(StringComparer.Ordinal).ShouldBe(ids);
        foreach (var instance in described)
        {
            instance.State.ShouldBe("running");
            instance.InstanceType.ShouldBe("t3.small");
            instance.ImageId.ShouldBe(request.ImageId);
            instance.Zone.ShouldBe("us-west-2b");
            instance.PrivateIp.ShouldNotBeNull();
            instance.Tags[DeploymentTags.Deployment].ShouldBe("life");
            instance.IsEnding.ShouldBeFalse();
        }

        await cloud.TagInstanceAsync(ids[0], DeploymentTags.Name, "site-1", Cancellation);
        var tagged = await cloud.DescribeInstancesByTagAsync(DeploymentTags.Name, "site-1", Cancellation);
        tagged.ShouldHaveSingleItem().InstanceId.ShouldBe(ids[0]);
        (await cloud.DescribeInstancesByTagAsync(DeploymentTags.Deployment, "life", Cancellation)).Count.ShouldBe(2);
        (await cloud.GetConsoleOutputAsync(ids[0], Cancellation)).ShouldNotBeNull();

        await cloud.TerminateInstancesAsync(ids, Cancellation);
        (await cloud.DescribeInstancesAsync(ids, Cancellation)).ShouldAllBe(i => i.IsEnding);
        await cloud.TerminateInstancesAsync(["i-00000000000000000"], Cancellation);
    }

    [Fact]
    public async Task An_unknown_key_pair_or_image_is_refused_with_its_id()
    {
        using var cloud = Cloud();
        var request = await RequestAsync(cloud, "refused", count: 1);
        (await Should.ThrowAsync<DeployException>(() => cloud.RunInstancesAsync(request with { KeyPair = "nobodys" }, Cancellation)))
            .Id.ShouldBe(ErrorId.KeyPairNotFound);
        (await Should.ThrowAsync<DeployException>(() => cloud.RunInstancesAsync(request with { ImageId = "ami-00000000000000000" }, Cancellation)))
            .Id.ShouldBe(ErrorId.ImageNotFound);
        (await cloud.DescribeInstancesByTagAsync(DeploymentTags.Deployment, "refused", Cancellation)).ShouldBeEmpty();
    }

    // moto is not EC2 in two things: it does not take a root volume's size from its image, and gives no more than the minimum.
    private async Task<LaunchRequest> RequestAsync(ICloud cloud, string name, int count) => new()
    {
        ImageId = await ImageAsync(), InstanceType = "t3.small", MinimumCount = count, MaximumCount = count, KeyPair = name,
        SecurityGroupId = await CreateGroupAsync(cloud, name), ClientToken = name, Tags = Tags(name), Zone = "us-west-2b", VolumeSize = 8,
    };

    private static Task<string> CreateGroupAsync(ICloud cloud, string name) => cloud.CreateSecurityGroupAsync(
        new SecurityGroupRequest(name, "of a test", null, [new OpenPort(22, "10.0.0.0/8"), new OpenPort(8080, "0.0.0.0/0")], Tags(name)), Cancellation);

    private static Dictionary<string, string> Tags(string name) => new(StringComparer.Ordinal) { [DeploymentTags.Deployment] = name };

    private async Task<string> ImageAsync() => ImageRegex().Match(await moto.AskAsync("Action=DescribeImages&Owner.1=amazon")).Value;

    private Ec2Cloud Cloud()
    {
        Assert.SkipWhen(moto.Missing is not null, moto.Missing ?? "");
        return moto.Cloud();
    }

    [GeneratedRegex("ami-[0-9a-f]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ImageRegex();
}
