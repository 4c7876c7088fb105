using Amazon.EC2;
using Amazon.EC2.Model;

namespace LinkOverflow.Lab.Tests.Api;

public sealed class Volumes
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_volume_is_made_attached_detached_and_deleted()
    {
        await using var lab = await ApiLab.StartAsync();
        var instance = await RunningAsync(lab);
        var made = await CreateAsync(lab, r => r.TagSpecifications = [new TagSpecification { ResourceType = "volume", Tags = [new Tag("For", "data")] }]);
        made.State.Value.ShouldBe("creating");
        (await DescribeAsync(lab, made.VolumeId)).State.Value.ShouldBe("available");

        var attaching = await AttachAsync(lab, made.VolumeId, instance);
        attaching.State.Value.ShouldBe("attaching");
        var attached = await DescribeAsync(lab, made.VolumeId);
        attached.State.Value.ShouldBe("in-use");
        attached.Attachments.Single().Device.ShouldBe("/dev/sdf");
        attached.Attachments.Single().DeleteOnTermination.ShouldBe(false);
        (await lab.DescribeAsync(instance)).BlockDeviceMappings.Select(d => d.DeviceName).ShouldBe(["/dev/xvda", "/dev/sdf"]);

        (await ApiLab.CodeOfAsync(() => lab.Ec2.DeleteVolumeAsync(new DeleteVolumeRequest(made.VolumeId), Cancellation))).ShouldBe("VolumeInUse");
        await lab.Ec2.DetachVolumeAsync(new DetachVolumeRequest(made.VolumeId), Cancellation);
        (await DescribeAsync(lab, made.VolumeId)).State.Value.ShouldBe("available");
        await lab.Ec2.DeleteVolumeAsync(new DeleteVolumeRequest(made.VolumeId), Cancellation);

        (await ApiLab.CodeOfAsync(() => DescribeAsync(lab, made.VolumeId))).ShouldBe("InvalidVolume.NotFound");
        lab.Machines.Calls.Where(c => c.Contains(made.VolumeId, StringComparison.Ordinal)).ShouldBe(
            [$"create disk {made.VolumeId} of 2 from nothing", $"attach {made.VolumeId} to {instance} as /dev/sdf", $"detach {made.VolumeId} from {instance}", $"remove disk {made.VolumeId}"]);
    }

    [Fact]
    public async Task A_started_machine_has_its_volumes_again()
    {
        await using var lab = await ApiLab.StartAsync();
        var instance = await RunningAsync(lab);
        var volume = (await CreateAsync(lab)).VolumeId;
        await lab.Ec2.StopInstancesAsync(new StopInstancesRequest { InstanceIds = [instance] }, Cancellation);
        await lab.WaitForAsync(instance, "stopped");
        lab.Machines.SwitchOff(instance);
        await AttachAsync(lab, volume, instance);
        lab.Machines.Calls.ShouldNotContain(c => c.StartsWith("attach", StringComparison.Ordinal));

        await lab.Ec2.StartInstancesAsync(new StartInstancesRequest { InstanceIds = [instance] }, Cancellation);
        await lab.WaitForAsync(instance, "running");

        lab.Machines.Calls.ShouldContain($"attach {volume} to {instance} as /dev/sdf", StringComparer.Ordinal);
    }

    [Fact]
    public async Task Volumes_go_with_their_instance_or_stay_as_each_is_told_to()
    {
        await using var lab = await ApiLab.StartAsync();
        var instance = await RunningAsync(lab, r => r.BlockDeviceMappings =
        [
            new BlockDeviceMapping { DeviceName = "/dev/xvda", Ebs = new EbsBlockDevice { DeleteOnTermination = false } },
            new BlockDeviceMapping { DeviceName = "/dev/sdf", Ebs = new EbsBlockDevice { VolumeSize = 3 } },
            new BlockDeviceMapping { DeviceName = "/dev/sdg", Ebs = new EbsBlockDevice { VolumeSize = 4, DeleteOnTermination = false } },
        ]);

        await lab.Ec2.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = [instance] }, Cancellation);
        await lab.WaitForAsync(instance, "terminated");

        var left = (await lab.Ec2.DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation)).Volumes;
        left.Select(v => (v.Size, v.State.Value)).Order().ShouldBe([(4, "available"), (8, "available")]);
        var root = left.Single(v => v.Size == 8).VolumeId;
        lab.Machines.Calls.ShouldContain($"save {instance} as {root}", StringComparer.Ordinal);

        // What was a machine's folder can be no block device, but an image again.
        var other = await RunningAsync(lab);
        (await ApiLab.CodeOfAsync(() => AttachAsync(lab, root, other))).ShouldBe("UnsupportedOperation");
        var snapshot = (await lab.Ec2.CreateSnapshotAsync(new CreateSnapshotRequest(root, "kept"), Cancellation)).Snapshot.SnapshotId;
        await Snapshots.CompletedAsync(lab, snapshot);
        var image = (await lab.Ec2.RegisterImageAsync(
            new RegisterImageRequest
            {
                Name = "kept", RootDeviceName = "/dev/xvda", BlockDeviceMappings = [new BlockDeviceMapping { DeviceName = "/dev/xvda", Ebs = new EbsBlockDevice { SnapshotId = snapshot } }],
            },
            Cancellation)).ImageId;
        var again = await RunningAsync(lab, r => r.ImageId = image);
        lab.Machines.Spec(again).Image.ShouldBe(root);
    }

    [Fact]
    public async Task DeleteOnTermination_can_be_changed_later()
    {
        await using var lab = await ApiLab.StartAsync();
        var instance = await RunningAsync(lab);
        await lab.Ec2.ModifyInstanceAttributeAsync(
            new ModifyInstanceAttributeRequest
            {
                InstanceId = instance,
                BlockDeviceMappings = [new InstanceBlockDeviceMappingSpecification { DeviceName = "/dev/xvda", Ebs = new EbsInstanceBlockDeviceSpecification { DeleteOnTermination = false } }],
            },
            Cancellation);

        (await lab.DescribeAsync(instance)).BlockDeviceMappings.Single().Ebs.DeleteOnTermination.ShouldBe(false);
    }

    [Fact]
    public async Task A_mounted_volume_is_detached_by_force_alone()
    {
        await using var lab = await ApiLab.StartAsync();
        var instance = await RunningAsync(lab);
        var volume = (await CreateAsync(lab)).VolumeId;
        await AttachAsync(lab, volume, instance);
        lab.Machines.Mounted.Enqueue("/dev/sdf");

        (await ApiLab.CodeOfAsync(() => lab.Ec2.DetachVolumeAsync(new DetachVolumeRequest(volume), Cancellation))).ShouldBe("IncorrectState");
        await lab.Ec2.DetachVolumeAsync(new DetachVolumeRequest(volume) { Force = true }, Cancellation);

        (await DescribeAsync(lab, volume)).State.Value.ShouldBe("available");
    }

    [Fact]
    public async Task A_client_token_makes_one_volume()
    {
        await using var lab = await ApiLab.StartAsync();

        var first = await CreateAsync(lab, r => r.ClientToken = "once");
        var second = await CreateAsync(lab, r => r.ClientToken = "once");

        second.VolumeId.ShouldBe(first.VolumeId);
        (await ApiLab.CodeOfAsync(() => CreateAsync(lab, r => (r.ClientToken, r.Size) = ("once", 5)))).ShouldBe("IdempotentParameterMismatch");
    }

    public static TheoryData<string, Action<CreateVolumeRequest>> Mistakes => new()
    {
        { "InvalidZone.NotFound", r => r.AvailabilityZone = "eu-west-1a" },
        { "MissingParameter", r => r.Size = null },
        { "InvalidParameterValue", r => r.VolumeType = "floppy" },
        { "InvalidParameterValue", r => r.Size = 0 },
        { "InvalidParameterValue", r => r.Size = 70000 },
        { "MissingParameter", r => (r.VolumeType, r.Size) = ("io2", 4) },
        { "InvalidParameterCombination", r => (r.VolumeType, r.Throughput) = ("gp2", 200) },
        { "InvalidSnapshot.NotFound", r => r.SnapshotId = "snap-00000000" },
        { "InvalidSnapshotID.Malformed", r => r.SnapshotId = "mine" },
    };

    [Theory]
    [MemberData(nameof(Mistakes), DisableDiscoveryEnumeration = true)]
    public async Task A_volume_that_cannot_be_is_refused(string code, Action<CreateVolumeRequest> change)
    {
        await using var lab = await ApiLab.StartAsync();

        (await ApiLab.CodeOfAsync(() => CreateAsync(lab, change))).ShouldBe(code);

        lab.Machines.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Wrong_places_for_a_volume_are_refused()
    {
        await using var lab = await ApiLab.StartAsync();
        var instance = await RunningAsync(lab);
        var root = (await lab.DescribeAsync(instance)).BlockDeviceMappings.Single().Ebs.VolumeId;
        var elsewhere = (await CreateAsync(lab, r => r.AvailabilityZone = "us-west-2b")).VolumeId;
        var volume = (await CreateAsync(lab)).VolumeId;

        (await ApiLab.CodeOfAsync(() => AttachAsync(lab, elsewhere, instance))).ShouldBe("InvalidVolume.ZoneMismatch");
        (await ApiLab.CodeOfAsync(() => AttachAsync(lab, volume, instance, "../etc/passwd"))).ShouldBe("InvalidParameterValue");
        (await ApiLab.CodeOfAsync(() => AttachAsync(lab, volume, instance, "/dev/xvda"))).ShouldBe("InvalidParameterValue");
        (await ApiLab.CodeOfAsync(() => AttachAsync(lab, root, instance))).ShouldBe("VolumeInUse");
        (await ApiLab.CodeOfAsync(() => lab.Ec2.DetachVolumeAsync(new DetachVolumeRequest(root), Cancellation))).ShouldBe("OperationNotPermitted");
        (await ApiLab.CodeOfAsync(() => lab.Ec2.DetachVolumeAsync(new DetachVolumeRequest(volume), Cancellation))).ShouldBe("IncorrectState");
    }

    private static async Task<string> RunningAsync(ApiLab lab, Action<RunInstancesRequest>? change = null)
    {
        var id = (await lab.RunAsync(1, change))[0].InstanceId;
        await lab.WaitForAsync(id, "running");
        return id;
    }

    private static async Task<Volume> CreateAsync(ApiLab lab, Action<CreateVolumeRequest>? change = null)
    {
        var request = new CreateVolumeRequest { AvailabilityZone = "us-west-2a", Size = 2, VolumeType = VolumeType.Gp3 };
        change?.Invoke(request);
        return (await lab.Ec2.CreateVolumeAsync(request, Cancellation)).Volume;
    }

    private static async Task<Volume> DescribeAsync(ApiLab lab, string id) =>
        (await lab.Ec2.DescribeVolumesAsync(new DescribeVolumesRequest([id]), Cancellation)).Volumes.Single();

    private static async Task<VolumeAttachment> AttachAsync(ApiLab lab, string volume, string instance, string device = "/dev/sdf") =>
        (await lab.Ec2.AttachVolumeAsync(new AttachVolumeRequest(volume, instance, device), Cancellation)).Attachment;
}
