using Amazon.EC2;
using Amazon.EC2.Model;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Tests.Cloud;

/// <summary>The calls that the engine makes, against moto: an EC2 that was written from EC2's documentation by others. Nothing is connected to.</summary>
public sealed class MotoContractTests(MotoServer moto) : ContractTests(moto), IClassFixture<MotoServer>;

/// <summary>The same calls against the lab, whose instances are machines.</summary>
[Trait("Category", "Machines")]
public sealed class LabContractTests(LabEc2 lab) : ContractTests(lab), IClassFixture<LabEc2>;

/// <summary>What holds of every EC2.</summary>
public abstract class ContractTests(IContractEc2 ec2)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // What the engine does not ask, to set the stage and to look behind it.
    private AmazonEC2Client Sdk => AwsClients.For(ec2.Settings).Ec2;

    [Fact]
    public async Task Key_pairs_are_made_listed_with_their_fingerprints_and_deleted()
    {
        using var cloud = Cloud();
        (await cloud.CreateKeyPairAsync("listed", Cancellation)).Reveal().ShouldContain("PRIVATE KEY");
        (await cloud.ListKeyPairsAsync(Cancellation))["listed"].ShouldNotBeEmpty();
        (await Should.ThrowAsync<DeployException>(() => cloud.CreateKeyPairAsync("listed", Cancellation))).Id.ShouldBe(ErrorId.KeyPairExists);
        await cloud.DeleteKeyPairAsync("listed", Cancellation);
        await cloud.DeleteKeyPairAsync("listed", Cancellation);
        (await cloud.ListKeyPairsAsync(Cancellation)).ShouldNotContainKey("listed");
    }

    [Fact]
    public async Task A_security_group_is_made_found_and_deleted()
    {
        using var cloud = Cloud();
        var id = await CreateGroupAsync(cloud, "group-1");
        (await cloud.FindSecurityGroupAsync("group-1", Cancellation)).ShouldBe(id);
        (await cloud.FindSecurityGroupAsync(id, Cancellation)).ShouldBe(id);
        var found = await cloud.FindSecurityGroupsByTagAsync(DeploymentTags.Deployment, "group-1", Cancellation);
        found.ShouldHaveSingleItem().Id.ShouldBe(id);
        found[0].Tags[DeploymentTags.Deployment].ShouldBe("group-1");
        (await cloud.FindSecurityGroupsByTagAsync(DeploymentTags.Deployment, "*", Cancellation)).ShouldContain(g => g.Id == id);
        var described = await Sdk.DescribeSecurityGroupsAsync(new DescribeSecurityGroupsRequest { GroupIds = [id] }, Cancellation);
        described.SecurityGroups[0].IpPermissions.Select(p => (p.FromPort, p.Ipv4Ranges[0].CidrIp)).Order()
            .ShouldBe([(22, "10.0.0.0/8"), (8080, "0.0.0.0/0")]);

        await cloud.OpenSecurityGroupAsync(id, [new OpenPort(22, "10.0.0.0/8"), new OpenPort(22, "192.0.2.1/32")], Cancellation);
        described = await Sdk.DescribeSecurityGroupsAsync(new DescribeSecurityGroupsRequest { GroupIds = [id] }, Cancellation);
        described.SecurityGroups[0].IpPermissions.Where(p => p.FromPort == 22).SelectMany(p => p.Ipv4Ranges).Select(r => r.CidrIp).Order(StringComparer.Ordinal)
            .ShouldBe(["10.0.0.0/8", "192.0.2.1/32"]);

        await cloud.DeleteSecurityGroupAsync(id, Cancellation);
        (await cloud.FindSecurityGroupsByTagAsync(DeploymentTags.Deployment, "group-1", Cancellation)).ShouldBeEmpty();
        await cloud.DeleteSecurityGroupAsync(id, Cancellation);
        var error = await Should.ThrowAsync<DeployException>(() => cloud.FindSecurityGroupAsync("group-1", Cancellation));
        error.Id.ShouldBe(ErrorId.ValueInvalid);
        error.Message.ShouldContain("group-1");
    }

    [Fact]
    public async Task Images_zones_and_instance_types_are_known_or_not()
    {
        using var cloud = Cloud();
        var image = (await cloud.FindImageAsync(ec2.Image, Cancellation)).ShouldNotBeNull();
        image.ImageId.ShouldBe(ec2.Image);
        image.RootDevice.ShouldStartWith("/dev/");
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
        var request = await RequestAsync(cloud, "life", count: 2);
        var launched = await cloud.RunInstancesAsync(request, Cancellation);
        launched.Count.ShouldBe(2);
        launched.Select(i => i.LaunchIndex).Order().ShouldBe([0, 1]);
        var ids = launched.Select(i => i.InstanceId).Order(StringComparer.Ordinal).ToArray();

        // moto knows no client tokens.
        if (ec2 is LabEc2)
        {
            (await cloud.RunInstancesAsync(request, Cancellation)).Select(i => i.InstanceId).Order(StringComparer.Ordinal).ShouldBe(ids);
        }

        (await cloud.DescribeInstancesByTagAsync(DeploymentTags.Deployment, "life", Cancellation)).Count.ShouldBe(2);

        var described = await UntilAsync(
            () => cloud.DescribeInstancesAsync([.. ids, "i-00000000000000000"], Cancellation), all => all.All(i => i.State == "running"));
        described.Select(i => i.InstanceId).Order(StringComparer.Ordinal).ShouldBe(ids);
        foreach (var instance in described)
        {
            instance.InstanceType.ShouldBe("t3.small");
            instance.ImageId.ShouldBe(request.ImageId);
            instance.Zone.ShouldBe("us-west-2b");
            instance.PrivateIp.ShouldNotBeNull();
            instance.Tags[DeploymentTags.Deployment].ShouldBe("life");
            instance.IsEnding.ShouldBeFalse();
        }

        await AreSafeAsync(ids);
        var volumes = await cloud.FindVolumesByTagAsync(DeploymentTags.Deployment, "life", Cancellation);
        volumes.Select(v => v.State).ShouldBe(["in-use", "in-use"]);
        await cloud.TagInstanceAsync(ids[0], DeploymentTags.Name, "site-1", Cancellation);
        var tagged = await cloud.DescribeInstancesByTagAsync(DeploymentTags.Name, "site-1", Cancellation);
        tagged.ShouldHaveSingleItem().InstanceId.ShouldBe(ids[0]);
        (await cloud.GetConsoleOutputAsync(ids[0], Cancellation)).ShouldNotBeNull();

        await cloud.TerminateInstancesAsync([.. ids, "i-00000000000000000"], Cancellation);
        (await UntilAsync(() => cloud.DescribeInstancesAsync(ids, Cancellation), all => all.All(i => i.State == "terminated"))).ShouldAllBe(i => i.IsEnding);
        await UntilAsync(
            () => cloud.FindVolumesByTagAsync(DeploymentTags.Deployment, "life", Cancellation), all => all.All(v => v.State is not "in-use"));
        await cloud.DeleteSecurityGroupAsync(request.SecurityGroupId, Cancellation);
    }

    [Fact]
    public async Task A_volume_of_its_own_is_found_by_its_tag_and_deleted()
    {
        using var cloud = Cloud();
        try
        {
            await Sdk.CreateVolumeAsync(
                new CreateVolumeRequest
                {
                    AvailabilityZone = "us-west-2b", Size = 1,
                    TagSpecifications = [new TagSpecification { ResourceType = ResourceType.Volume, Tags = Ec2Tags.From(Tags("volume")) }],
                },
                Cancellation);
        }
        catch (AmazonEC2Exception e) when (e.ErrorCode == "InvalidAction")
        {
            Assert.Skip("This EC2 makes no volumes of their own.");
        }

        var volume = (await UntilAsync(
            () => cloud.FindVolumesByTagAsync(DeploymentTags.Deployment, "volume", Cancellation), all => all.All(v => v.State == "available"))).ShouldHaveSingleItem();
        await cloud.DeleteVolumeAsync(volume.Id, Cancellation);
        await UntilAsync(() => cloud.FindVolumesByTagAsync(DeploymentTags.Deployment, "volume", Cancellation), all => all.Count == 0);
        await cloud.DeleteVolumeAsync(volume.Id, Cancellation);
    }

    [Fact]
    public async Task An_unknown_key_pair_or_image_is_refused_with_its_id_EC2s_code_and_the_requests_id()
    {
        using var cloud = Cloud();
        var request = await RequestAsync(cloud, "refused", count: 1);
        var error = await Should.ThrowAsync<CloudException>(() => cloud.RunInstancesAsync(request with { KeyPair = "nobodys" }, Cancellation));
        error.Id.ShouldBe(ErrorId.KeyPairNotFound);
        error.Code.ShouldBe("InvalidKeyPair.NotFound");
        error.RequestId.ShouldNotBeNullOrEmpty();
        error.Message.ShouldContain(error.RequestId);
        (await Should.ThrowAsync<DeployException>(() => cloud.RunInstancesAsync(request with { ImageId = "ami-00000000000000000" }, Cancellation)))
            .Id.ShouldBe(ErrorId.ImageNotFound);
        (await cloud.DescribeInstancesByTagAsync(DeploymentTags.Deployment, "refused", Cancellation)).ShouldBeEmpty();
        await cloud.DeleteSecurityGroupAsync(request.SecurityGroupId, Cancellation);
    }

    /// <summary>IMDSv2 required, root volumes encrypted and deleted with their instances.</summary>
    private async Task AreSafeAsync(string[] ids)
    {
        var reservations = (await Sdk.DescribeInstancesAsync(new DescribeInstancesRequest { InstanceIds = [.. ids] }, Cancellation)).Reservations;
        foreach (var instance in reservations.SelectMany(r => r.Instances))
        {
            instance.MetadataOptions.HttpTokens.ShouldBe(HttpTokensState.Required);
            instance.BlockDeviceMappings.ShouldHaveSingleItem().Ebs.DeleteOnTermination.ShouldBe(true);
        }

        var filter = new Filter("attachment.instance-id", [.. ids]);
        var volumes = (await Sdk.DescribeVolumesAsync(new DescribeVolumesRequest { Filters = [filter] }, Cancellation)).Volumes;
        volumes.Select(v => v.Encrypted).ShouldBe([true, true]);
    }

    // moto does not take a root volume's size from its image, and gives no more than the minimum; so both are said.
    private async Task<LaunchRequest> RequestAsync(Ec2Cloud cloud, string name, int count)
    {
        await cloud.CreateKeyPairAsync(name, Cancellation);
        return new LaunchRequest
        {
            ImageId = ec2.Image, InstanceType = "t3.small", MinimumCount = count, MaximumCount = count, KeyPair = name,
            SecurityGroupId = await CreateGroupAsync(cloud, name), ClientToken = name, Tags = Tags(name), Zone = "us-west-2b", VolumeSize = 8,
        };
    }

    private static Task<string> CreateGroupAsync(Ec2Cloud cloud, string name) => cloud.CreateSecurityGroupAsync(
        new SecurityGroupRequest(name, "of a test", null, [new OpenPort(22, "10.0.0.0/8"), new OpenPort(8080, "0.0.0.0/0")], Tags(name)), Cancellation);

    private static Dictionary<string, string> Tags(string name) => new(StringComparer.Ordinal) { [DeploymentTags.Deployment] = name };

    private static async Task<IReadOnlyList<T>> UntilAsync<T>(Func<Task<IReadOnlyList<T>>> ask, Func<IReadOnlyList<T>, bool> wanted)
    {
        for (var pause = 100; ; pause = Math.Min(1000, pause * 2))
        {
            if (await ask() is { } answer && wanted(answer))
            {
                return answer;
            }

            await Task.Delay(pause, Cancellation);
        }
    }

    private Ec2Cloud Cloud()
    {
        Assert.SkipWhen(ec2.Missing is not null, ec2.Missing ?? "");
        return new Ec2Cloud(ec2.Settings);
    }
}
