using Amazon.EC2.Model;

namespace LinkOverflow.Lab.Tests.Machines;

public sealed class RealStorage(RealLab lab) : IClassFixture<RealLab>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_machine_boots_from_an_image_of_another_with_what_is_on_its_disk_and_a_host_key_of_its_own()
    {
        lab.SkipWithoutMachines();
        var first = (await lab.RunAsync(1))[0];
        (await lab.SshAsync(first, "echo kept | sudo tee /etc/kept && sudo rm /etc/motd && sudo touch /usr/local/bin/tool && sudo chmod 4755 /usr/local/bin/tool")).ExitCode.ShouldBe(0);
        await lab.WaitForStateAsync(first, "running");

        var image = (await lab.Ec2.CreateImageAsync(new CreateImageRequest(first.InstanceId, "of first"), Cancellation)).ImageId;
        await RealLab.UntilAsync(
            async () => (await lab.Ec2.DescribeImagesAsync(new DescribeImagesRequest { ImageIds = [image] }, Cancellation)).Images[0].State.Value == "available", "the image is available");
        var second = (await lab.RunAsync(1, r => r.ImageId = image))[0];
        await lab.TerminateAsync(first);

        (await lab.SshAsync(second, "cat /etc/kept; ls /etc/motd 2>&1; stat -c %a /usr/local/bin/tool; hostname")).Output
            .ShouldBe($"kept\nls: cannot access '/etc/motd': No such file or directory\n4755\nip-{second.PrivateIpAddress.Replace('.', '-')}\n");
        RealLab.HostKey(await lab.ConsoleAsync(second)).ShouldNotBe(RealLab.HostKey(await lab.ConsoleAsync(first)));
        // A machine goes on when its image goes.
        await lab.Ec2.DeregisterImageAsync(new DeregisterImageRequest { ImageId = image, DeleteAssociatedSnapshots = true }, Cancellation);
        (await lab.SshAsync(second, "cat /etc/kept")).Output.ShouldBe("kept\n");
        await lab.TerminateAsync(second);
    }

    [Fact]
    public async Task A_volume_is_a_disk_of_the_machine_it_is_attached_to()
    {
        lab.SkipWithoutMachines();
        var machines = await lab.RunAsync(2);
        foreach (var machine in machines)
        {
            await lab.WaitForStateAsync(machine, "running");
        }

        var volume = (await lab.Ec2.CreateVolumeAsync(new CreateVolumeRequest { AvailabilityZone = "us-west-2a", Size = 1 }, Cancellation)).Volume.VolumeId;
        await lab.Ec2.AttachVolumeAsync(new AttachVolumeRequest(volume, machines[0].InstanceId, "/dev/xvdf"), Cancellation);
        var used = await lab.SshAsync(machines[0], "sudo mkfs.ext4 -q /dev/xvdf && sudo mount /dev/xvdf /mnt && echo moved | sudo tee /mnt/file && df --output=size -BM /mnt");
        used.ExitCode.ShouldBe(0, used.Error);
        (await Api.ApiLab.CodeOfAsync(() => lab.Ec2.DetachVolumeAsync(new DetachVolumeRequest(volume), Cancellation))).ShouldBe("IncorrectState");
        await lab.SshAsync(machines[0], "sudo umount /mnt");
        await lab.Ec2.DetachVolumeAsync(new DetachVolumeRequest(volume), Cancellation);
        (await lab.SshAsync(machines[0], "ls /dev/xvdf")).ExitCode.ShouldNotBe(0);

        var snapshot = (await lab.Ec2.CreateSnapshotAsync(new CreateSnapshotRequest { VolumeId = volume }, Cancellation)).Snapshot.SnapshotId;
        await lab.Ec2.AttachVolumeAsync(new AttachVolumeRequest(volume, machines[1].InstanceId, "/dev/sdg"), Cancellation);
        (await lab.SshAsync(machines[1], "sudo mount /dev/sdg /mnt && cat /mnt/file; sudo umount /mnt")).Output.ShouldBe("moved\n");
        await RealLab.UntilAsync(
            async () => (await lab.Ec2.DescribeSnapshotsAsync(new DescribeSnapshotsRequest { SnapshotIds = [snapshot] }, Cancellation)).Snapshots[0].State.Value == "completed", "the snapshot is completed");
        var copy = (await lab.Ec2.CreateVolumeAsync(new CreateVolumeRequest { AvailabilityZone = "us-west-2a", SnapshotId = snapshot, Size = 2 }, Cancellation)).Volume.VolumeId;
        await lab.Ec2.AttachVolumeAsync(new AttachVolumeRequest(copy, machines[0].InstanceId, "/dev/xvdf"), Cancellation);
        (await lab.SshAsync(machines[0], "sudo mount /dev/xvdf /mnt && cat /mnt/file; sudo blockdev --getsize64 /dev/xvdf; sudo umount /mnt")).Output.ShouldBe("moved\n2147483648\n");

        // Started again a machine has its volumes.
        await lab.Ec2.StopInstancesAsync(new StopInstancesRequest { InstanceIds = [machines[0].InstanceId] }, Cancellation);
        await lab.WaitForStateAsync(machines[0], "stopped");
        await lab.Ec2.StartInstancesAsync(new StartInstancesRequest { InstanceIds = [machines[0].InstanceId] }, Cancellation);
        await lab.WaitForStateAsync(machines[0], "running");
        (await lab.SshAsync(machines[0], "sudo mount /dev/xvdf /mnt && cat /mnt/file")).Output.ShouldBe("moved\n");

        await lab.TerminateAsync(machines);
        (await Task.WhenAll(((string[])[volume, copy]).Select(async v => (await lab.Ec2.DescribeVolumesAsync(new DescribeVolumesRequest([v]), Cancellation)).Volumes[0].State.Value)))
            .ShouldBe(["available", "available"]);
    }
}
