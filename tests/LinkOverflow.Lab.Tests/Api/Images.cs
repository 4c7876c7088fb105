using Amazon.EC2.Model;

namespace LinkOverflow.Lab.Tests.Api;

public sealed class Images
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_image_of_an_instance_is_pending_then_available_and_boots()
    {
        await using var lab = await ApiLab.StartAsync();
        var instance = await RunningAsync(lab, r => r.BlockDeviceMappings = [new BlockDeviceMapping { DeviceName = "/dev/sdf", Ebs = new EbsBlockDevice { VolumeSize = 3 } }]);

        var id = await CreateAsync(lab, instance, r => r.TagSpecifications =
        [
            new TagSpecification { ResourceType = "image", Tags = [new Tag("For", "web")] }, new TagSpecification { ResourceType = "snapshot", Tags = [new Tag("Of", "web")] },
        ]);
        var image = await AvailableAsync(lab, id);

        image.OwnerId.ShouldBe((await lab.Ec2.DescribeImagesAsync(new DescribeImagesRequest { Owners = ["self"] }, Cancellation)).Images.Single().OwnerId);
        image.Tags.Single().Value.ShouldBe("web");
        image.Public.ShouldBe(false);
        image.SourceInstanceId.ShouldBe(instance);
        image.BlockDeviceMappings.Select(d => (d.DeviceName, d.Ebs.VolumeSize)).ShouldBe([("/dev/xvda", 8), ("/dev/sdf", 3)]);
        var snapshots = (await lab.Ec2.DescribeSnapshotsAsync(new DescribeSnapshotsRequest { Filters = [new Filter("tag:Of", ["web"])] }, Cancellation)).Snapshots;
        snapshots.Select(s => s.SnapshotId).ShouldBe(image.BlockDeviceMappings.Select(d => d.Ebs.SnapshotId));
        snapshots.ShouldAllBe(s => s.State.Value == "completed" && s.Description.Contains(id));

        var next = await RunningAsync(lab, r => r.ImageId = id);
        lab.Machines.Spec(next).Image.ShouldBe(id);
        var disk = (await lab.DescribeAsync(next)).BlockDeviceMappings.Single(d => d.DeviceName == "/dev/sdf").Ebs.VolumeId;
        lab.Machines.Calls.ShouldContain($"create disk {disk} of 3 from {snapshots[1].SnapshotId}", StringComparer.Ordinal);
    }

    [Fact]
    public async Task The_machine_is_stopped_meanwhile_unless_that_is_not_wanted()
    {
        await using var lab = await ApiLab.StartAsync();
        var instance = await RunningAsync(lab);

        var first = await CreateAsync(lab, instance);
        await AvailableAsync(lab, first);
        var second = await CreateAsync(lab, instance, r => (r.Name, r.NoReboot) = ("second", true));
        await AvailableAsync(lab, second);

        lab.Machines.Calls.Where(c => !c.StartsWith("launch", StringComparison.Ordinal))
            .ShouldBe([$"stop {instance}", $"save {instance} as {first}", $"start {instance}", $"save {instance} as {second}"]);
        (await lab.DescribeAsync(instance)).State.Name.Value.ShouldBe("running");
    }

    [Fact]
    public async Task A_deregistered_image_leaves_its_snapshot_from_which_it_can_be_registered_again()
    {
        await using var lab = await ApiLab.StartAsync();
        var instance = await RunningAsync(lab);
        var id = await CreateAsync(lab, instance);
        var snapshot = (await AvailableAsync(lab, id)).BlockDeviceMappings.Single().Ebs.SnapshotId;
        Task Delete() => lab.Ec2.DeleteSnapshotAsync(new DeleteSnapshotRequest(snapshot), Cancellation);
        (await ApiLab.CodeOfAsync(Delete)).ShouldBe("InvalidSnapshot.InUse");

        await lab.Ec2.DeregisterImageAsync(new DeregisterImageRequest(id), Cancellation);
        (await ApiLab.CodeOfAsync(() => lab.RunAsync(1, r => r.ImageId = id))).ShouldBe("InvalidAMIID.NotFound");
        lab.Machines.Calls.ShouldNotContain($"remove image {id}", StringComparer.Ordinal);
        var again = (await lab.Ec2.RegisterImageAsync(
            new RegisterImageRequest
            {
                Name = "again", RootDeviceName = "/dev/xvda", BlockDeviceMappings = [new BlockDeviceMapping { DeviceName = "/dev/xvda", Ebs = new EbsBlockDevice { SnapshotId = snapshot } }],
            },
            Cancellation)).ImageId;
        lab.Machines.Spec(await RunningAsync(lab, r => r.ImageId = again)).Image.ShouldBe(id);

        await lab.Ec2.DeregisterImageAsync(new DeregisterImageRequest { ImageId = again, DeleteAssociatedSnapshots = true }, Cancellation);
        (await ApiLab.CodeOfAsync(Delete)).ShouldBe("InvalidSnapshot.NotFound");
        lab.Machines.Calls.ShouldContain($"remove image {id}", StringComparer.Ordinal);
    }

    [Fact]
    public async Task Images_that_cannot_be_are_refused()
    {
        await using var lab = await ApiLab.StartAsync();
        var instance = await RunningAsync(lab);
        await AvailableAsync(lab, await CreateAsync(lab, instance));

        (await ApiLab.CodeOfAsync(() => CreateAsync(lab, instance))).ShouldBe("InvalidAMIName.Duplicate");
        (await ApiLab.CodeOfAsync(() => CreateAsync(lab, instance, r => r.Name = "a*b"))).ShouldBe("InvalidAMIName.Malformed");
        (await ApiLab.CodeOfAsync(() => CreateAsync(lab, "i-0123456789abcdef0", r => r.Name = "other"))).ShouldBe("InvalidInstanceID.NotFound");
        (await ApiLab.CodeOfAsync(() => CreateAsync(lab, instance, r => (r.Name, r.DryRun) = ("other", true)))).ShouldBe("DryRunOperation");
        (await ApiLab.CodeOfAsync(() => lab.Ec2.DeregisterImageAsync(new DeregisterImageRequest(ApiLab.Image), Cancellation))).ShouldBe("AuthFailure");
        (await ApiLab.CodeOfAsync(() => lab.Ec2.DeregisterImageAsync(new DeregisterImageRequest("mine"), Cancellation))).ShouldBe("InvalidAMIID.Malformed");
    }

    [Fact]
    public async Task Debian_and_the_RedHat_family_are_there_from_the_start()
    {
        await using var lab = await ApiLab.StartAsync();

        var images = (await lab.Ec2.DescribeImagesAsync(new DescribeImagesRequest { Filters = [new Filter("is-public", ["true"])] }, Cancellation)).Images;

        images.Select(i => i.Name).ShouldContain(n => n.StartsWith("debian-12-", StringComparison.Ordinal));
        images.Select(i => i.Name).ShouldContain(n => n.StartsWith("redhat-family-9-", StringComparison.Ordinal));
        images.Select(i => i.Name).ShouldContain(n => n.StartsWith("centos-stream-9-", StringComparison.Ordinal));
        lab.Machines.Spec(await RunningAsync(lab, r => r.ImageId = "resolve:ssm:/lab/redhat/9")).Image.ShouldBe("redhat");
        lab.Machines.Spec(await RunningAsync(lab, r => r.ImageId = "resolve:ssm:/lab/centos/9")).Image.ShouldBe("centos");
    }

    private static async Task<string> RunningAsync(ApiLab lab, Action<RunInstancesRequest>? change = null)
    {
        var id = (await lab.RunAsync(1, change))[0].InstanceId;
        await lab.WaitForAsync(id, "running");
        return id;
    }

    private static async Task<string> CreateAsync(ApiLab lab, string instance, Action<CreateImageRequest>? change = null)
    {
        var request = new CreateImageRequest(instance, "first");
        change?.Invoke(request);
        return (await lab.Ec2.CreateImageAsync(request, Cancellation)).ImageId;
    }

    private static async Task<Image> AvailableAsync(ApiLab lab, string id)
    {
        while (true)
        {
            var image = (await lab.Ec2.DescribeImagesAsync(new DescribeImagesRequest { ImageIds = [id] }, Cancellation)).Images.Single();
            if (image.State.Value == "available")
            {
                return image;
            }

            await Task.Delay(10, Cancellation);
        }
    }
}
