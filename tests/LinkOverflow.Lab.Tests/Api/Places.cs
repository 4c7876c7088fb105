using Amazon.EC2.Model;

namespace LinkOverflow.Lab.Tests.Api;

public sealed class Places
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task There_is_a_default_VPC_with_a_default_subnet_in_each_zone()
    {
        await using var lab = await ApiLab.StartAsync();

        var vpc = (await lab.Ec2.DescribeVpcsAsync(new DescribeVpcsRequest { Filters = [new Filter("is-default", ["true"])] }, Cancellation)).Vpcs.Single();
        var subnets = (await lab.Ec2.DescribeSubnetsAsync(new DescribeSubnetsRequest { Filters = [new Filter("vpc-id", [vpc.VpcId])] }, Cancellation)).Subnets;
        var zones = (await lab.Ec2.DescribeAvailabilityZonesAsync(new DescribeAvailabilityZonesRequest(), Cancellation)).AvailabilityZones;

        subnets.Select(s => s.AvailabilityZone).ShouldBe(zones.Select(z => z.ZoneName));
        subnets.ShouldAllBe(s => s.DefaultForAz == true && s.AvailableIpAddressCount == 59);
    }

    [Fact]
    public async Task The_Debian_image_is_found_by_owner_and_name()
    {
        await using var lab = await ApiLab.StartAsync();

        var images = await lab.Ec2.DescribeImagesAsync(
            new DescribeImagesRequest { Owners = ["136693071363"], Filters = [new Filter("name", ["debian-12-*"])] }, Cancellation);

        images.Images.Single().ImageId.ShouldBe(ApiLab.Image);
        (await lab.Ec2.DescribeImagesAsync(new DescribeImagesRequest { Owners = ["self"] }, Cancellation)).Images.ShouldBe(null);
    }

    [Fact]
    public async Task Instance_types_tell_their_size_and_where_they_are_offered()
    {
        await using var lab = await ApiLab.StartAsync();

        var type = (await lab.Ec2.DescribeInstanceTypesAsync(new DescribeInstanceTypesRequest { InstanceTypes = ["m5.large"] }, Cancellation)).InstanceTypes.Single();
        var offerings = await lab.Ec2.DescribeInstanceTypeOfferingsAsync(
            new DescribeInstanceTypeOfferingsRequest { LocationType = "availability-zone", Filters = [new Filter("instance-type", ["m5.large"])] }, Cancellation);

        type.MemoryInfo.SizeInMiB.ShouldBe(8192);
        type.VCpuInfo.DefaultVCpus.ShouldBe(2);
        offerings.InstanceTypeOfferings.Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_image_can_be_named_by_its_SSM_parameter()
    {
        await using var lab = await ApiLab.StartAsync();

        var instance = (await lab.RunAsync(1, r => r.ImageId = "resolve:ssm:/lab/debian/12"))[0];

        instance.ImageId.ShouldBe(ApiLab.Image);
    }

    [Fact]
    public async Task Tags_are_listed_over_all_resources()
    {
        await using var lab = await ApiLab.StartAsync();
        var id = (await lab.RunAsync())[0].InstanceId;
        await lab.Ec2.CreateTagsAsync(new CreateTagsRequest { Resources = [id, ApiLab.Image], Tags = [new Tag("a", "1"), new Tag("b", "2")] }, Cancellation);
        await lab.Ec2.DeleteTagsAsync(new DeleteTagsRequest { Resources = [id], Tags = [new Tag("a", "1"), new Tag("b", "other")] }, Cancellation);

        var tags = (await lab.Ec2.DescribeTagsAsync(new DescribeTagsRequest(), Cancellation)).Tags;

        tags.Select(t => $"{t.ResourceType} {t.Key}={t.Value}").Order(StringComparer.Ordinal).ShouldBe(["image a=1", "image b=2", "instance b=2"]);
    }
}
