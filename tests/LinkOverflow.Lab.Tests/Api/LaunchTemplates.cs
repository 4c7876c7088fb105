using Amazon.EC2;
using Amazon.EC2.Model;

namespace LinkOverflow.Lab.Tests.Api;

public sealed class LaunchTemplates
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_template_is_shown_as_it_was_made()
    {
        await using var lab = await ApiLab.StartAsync();
        var group = (await lab.Ec2.DescribeSecurityGroupsAsync(new DescribeSecurityGroupsRequest(), Cancellation)).SecurityGroups.Single().GroupId;
        var template = await CreateAsync(lab, new RequestLaunchTemplateData
        {
            ImageId = ApiLab.Image,
            InstanceType = InstanceType.T3Micro,
            Monitoring = new LaunchTemplatesMonitoringRequest { Enabled = true },
            NetworkInterfaces = [new LaunchTemplateInstanceNetworkInterfaceSpecificationRequest { DeviceIndex = 0, AssociatePublicIpAddress = false, Groups = [group] }],
            BlockDeviceMappings = [new LaunchTemplateBlockDeviceMappingRequest { DeviceName = "/dev/sdf", Ebs = new LaunchTemplateEbsBlockDeviceRequest { VolumeSize = 3, VolumeType = VolumeType.Gp3 } }],
            TagSpecifications = [new LaunchTemplateTagSpecificationRequest { ResourceType = "instance", Tags = [new Tag("For", "web"), new Tag("By", "template")] }],
            UserData = Convert.ToBase64String("#!/bin/sh\n"u8),
        });

        template.DefaultVersionNumber.ShouldBe(1);
        template.Tags.Single().Value.ShouldBe("template");
        var version = (await VersionsAsync(lab, template.LaunchTemplateId, "$Latest")).Single();
        version.CreatedBy.ShouldStartWith("arn:aws:iam::");
        var data = version.LaunchTemplateData;
        data.ImageId.ShouldBe(ApiLab.Image);
        data.InstanceType.Value.ShouldBe("t3.micro");
        data.Monitoring.Enabled.ShouldBe(true);
        data.NetworkInterfaces.Single().Groups.ShouldBe([group]);
        data.NetworkInterfaces.Single().AssociatePublicIpAddress.ShouldBe(false);
        data.BlockDeviceMappings.Single().Ebs.VolumeSize.ShouldBe(3);
        data.TagSpecifications.Single().Tags.Select(t => t.Key).ShouldBe(["For", "By"]);
        data.UserData.ShouldBe(Convert.ToBase64String("#!/bin/sh\n"u8));
    }

    [Fact]
    public async Task An_instance_is_what_its_template_says_but_for_what_the_request_says_itself()
    {
        await using var lab = await ApiLab.StartAsync();
        var id = (await CreateAsync(lab, new RequestLaunchTemplateData
        {
            ImageId = ApiLab.Image,
            InstanceType = InstanceType.T3Micro,
            Placement = new LaunchTemplatePlacementRequest { AvailabilityZone = "us-west-2c" },
            BlockDeviceMappings = [new LaunchTemplateBlockDeviceMappingRequest { DeviceName = "/dev/sdf", Ebs = new LaunchTemplateEbsBlockDeviceRequest { VolumeSize = 3 } }],
        })).LaunchTemplateId;

        var launched = (await lab.Ec2.RunInstancesAsync(
            new RunInstancesRequest { LaunchTemplate = new LaunchTemplateSpecification { LaunchTemplateName = "web" }, InstanceType = InstanceType.T3Small, MinCount = 1, MaxCount = 1 }, Cancellation)).Reservation.Instances.Single();

        launched.ImageId.ShouldBe(ApiLab.Image);
        launched.InstanceType.Value.ShouldBe("t3.small");
        launched.Placement.AvailabilityZone.ShouldBe("us-west-2c");
        launched.BlockDeviceMappings.Select(d => d.DeviceName).ShouldBe(["/dev/xvda", "/dev/sdf"]);
        (await lab.DescribeAsync(launched.InstanceId)).Tags.ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal)
            .ShouldBe(new Dictionary<string, string>(StringComparer.Ordinal) { ["aws:ec2launchtemplate:id"] = id, ["aws:ec2launchtemplate:version"] = "1" });
    }

    [Fact]
    public async Task Versions_come_go_and_one_of_them_is_the_default()
    {
        await using var lab = await ApiLab.StartAsync();
        var id = (await CreateAsync(lab, new RequestLaunchTemplateData { ImageId = ApiLab.Image, InstanceType = InstanceType.T3Micro })).LaunchTemplateId;
        var second = (await lab.Ec2.CreateLaunchTemplateVersionAsync(
            new CreateLaunchTemplateVersionRequest
            {
                LaunchTemplateId = id, SourceVersion = "1", VersionDescription = "larger", LaunchTemplateData = new RequestLaunchTemplateData { InstanceType = InstanceType.T3Large },
            },
            Cancellation)).LaunchTemplateVersion;
        second.VersionNumber.ShouldBe(2);
        second.DefaultVersion.ShouldBe(false);
        second.LaunchTemplateData.ImageId.ShouldBe(ApiLab.Image);
        second.LaunchTemplateData.InstanceType.Value.ShouldBe("t3.large");

        Task DeleteAsync(string version) => lab.Ec2.DeleteLaunchTemplateVersionsAsync(new DeleteLaunchTemplateVersionsRequest { LaunchTemplateId = id, Versions = [version] }, Cancellation);
        (await ApiLab.CodeOfAsync(() => DeleteAsync("1"))).ShouldBe("InvalidLaunchTemplateId.VersionNotFound");
        (await lab.Ec2.ModifyLaunchTemplateAsync(new ModifyLaunchTemplateRequest { LaunchTemplateId = id, DefaultVersion = "2" }, Cancellation)).LaunchTemplate.DefaultVersionNumber.ShouldBe(2);
        await DeleteAsync("1");
        (await VersionsAsync(lab, id)).Select(v => v.VersionNumber).ShouldBe([2L]);
        (await ApiLab.CodeOfAsync(() => VersionsAsync(lab, id, "1"))).ShouldBe("InvalidLaunchTemplateId.VersionNotFound");

        await lab.Ec2.DeleteLaunchTemplateAsync(new DeleteLaunchTemplateRequest { LaunchTemplateName = "web" }, Cancellation);
        (await ApiLab.CodeOfAsync(() => VersionsAsync(lab, id))).ShouldBe("InvalidLaunchTemplateId.NotFound");
        (await lab.Ec2.DescribeLaunchTemplatesAsync(new DescribeLaunchTemplatesRequest(), Cancellation)).LaunchTemplates.ShouldBeNull();
    }

    [Fact]
    public async Task Templates_that_cannot_be_are_refused()
    {
        await using var lab = await ApiLab.StartAsync();
        var data = new RequestLaunchTemplateData { ImageId = ApiLab.Image };
        await CreateAsync(lab, data);
        Task<string> NameAsync(string name) => ApiLab.CodeOfAsync(() => CreateAsync(lab, data, name));

        (await NameAsync("web")).ShouldBe("InvalidLaunchTemplateName.AlreadyExistsException");
        (await NameAsync("a")).ShouldBe("InvalidLaunchTemplateName.MalformedException");
        Task<string> LaunchAsync(LaunchTemplateSpecification template) => ApiLab.CodeOfAsync(() => lab.RunAsync(1, r => r.LaunchTemplate = template));
        (await LaunchAsync(new LaunchTemplateSpecification { LaunchTemplateName = "other" })).ShouldBe("InvalidLaunchTemplateName.NotFoundException");
        (await LaunchAsync(new LaunchTemplateSpecification { LaunchTemplateId = "lt-00000000" })).ShouldBe("InvalidLaunchTemplateId.NotFound");
        (await LaunchAsync(new LaunchTemplateSpecification { LaunchTemplateId = "web" })).ShouldBe("InvalidLaunchTemplateId.Malformed");
        (await LaunchAsync(new LaunchTemplateSpecification { LaunchTemplateName = "web", Version = "7" })).ShouldBe("InvalidLaunchTemplateId.VersionNotFound");
    }

    private static async Task<LaunchTemplate> CreateAsync(ApiLab lab, RequestLaunchTemplateData data, string name = "web") =>
        (await lab.Ec2.CreateLaunchTemplateAsync(
            new CreateLaunchTemplateRequest
            {
                LaunchTemplateName = name, LaunchTemplateData = data, TagSpecifications = [new TagSpecification { ResourceType = "launch-template", Tags = [new Tag("As", "template")] }],
            },
            Cancellation)).LaunchTemplate;

    private static async Task<List<LaunchTemplateVersion>> VersionsAsync(ApiLab lab, string id, params List<string> versions) =>
        (await lab.Ec2.DescribeLaunchTemplateVersionsAsync(new DescribeLaunchTemplateVersionsRequest { LaunchTemplateId = id, Versions = versions }, Cancellation)).LaunchTemplateVersions;
}
