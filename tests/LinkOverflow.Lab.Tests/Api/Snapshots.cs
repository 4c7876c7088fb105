using Amazon.EC2.Model;

namespace LinkOverflow.Lab.Tests.Api;

public sealed class Snapshots
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_volume_made_of_a_snapshot_holds_what_was_in_the_first()
    {
        await using var lab = await ApiLab.StartAsync();
        var volume = (await lab.Ec2.CreateVolumeAsync(new CreateVolumeRequest { AvailabilityZone = "us-west-2a", Size = 2 }, Cancellation)).Volume.VolumeId;

        var snapshot = await lab.Ec2.CreateSnapshotAsync(new CreateSnapshotRequest(volume, "before the upgrade"), Cancellation);
        snapshot.Snapshot.State.Value.ShouldBe("pending");
        var id = snapshot.Snapshot.SnapshotId;
        var completed = await CompletedAsync(lab, id);
        completed.Progress.ShouldBe("100%");
        completed.Description.ShouldBe("before the upgrade");
        var copy = (await lab.Ec2.CreateVolumeAsync(new CreateVolumeRequest { AvailabilityZone = "us-west-2b", SnapshotId = id }, Cancellation)).Volume;
        await lab.Ec2.DeleteSnapshotAsync(new DeleteSnapshotRequest(id), Cancellation);

        copy.Size.ShouldBe(2);
        copy.SnapshotId.ShouldBe(id);
        lab.Machines.Calls.ShouldBe(
            [$"create disk {volume} of 2 from nothing", $"create disk {id} of 2 from {volume}", $"create disk {copy.VolumeId} of 2 from {id}", $"remove disk {id}"]);
        (await ApiLab.CodeOfAsync(() => lab.Ec2.DeleteSnapshotAsync(new DeleteSnapshotRequest(id), Cancellation))).ShouldBe("InvalidSnapshot.NotFound");
    }

    [Fact]
    public async Task A_volume_smaller_than_its_snapshot_is_refused()
    {
        await using var lab = await ApiLab.StartAsync();
        var volume = (await lab.Ec2.CreateVolumeAsync(new CreateVolumeRequest { AvailabilityZone = "us-west-2a", Size = 2 }, Cancellation)).Volume.VolumeId;
        var id = (await lab.Ec2.CreateSnapshotAsync(new CreateSnapshotRequest { VolumeId = volume }, Cancellation)).Snapshot.SnapshotId;
        await CompletedAsync(lab, id);

        (await ApiLab.CodeOfAsync(() => lab.Ec2.CreateVolumeAsync(new CreateVolumeRequest { AvailabilityZone = "us-west-2a", SnapshotId = id, Size = 1 }, Cancellation)))
            .ShouldBe("InvalidParameterValue");
    }

    [Theory]
    [InlineData("status", "completed", 1)]
    [InlineData("volume-size", "2", 1)]
    [InlineData("volume-size", "3", 0)]
    [InlineData("description", "of*", 1)]
    public async Task A_filter_finds_what_matches_it(string name, string value, int expected)
    {
        await using var lab = await ApiLab.StartAsync();
        var volume = (await lab.Ec2.CreateVolumeAsync(new CreateVolumeRequest { AvailabilityZone = "us-west-2a", Size = 2 }, Cancellation)).Volume.VolumeId;
        await CompletedAsync(lab, (await lab.Ec2.CreateSnapshotAsync(new CreateSnapshotRequest(volume, "of a volume"), Cancellation)).Snapshot.SnapshotId);

        var found = await lab.Ec2.DescribeSnapshotsAsync(new DescribeSnapshotsRequest { OwnerIds = ["self"], Filters = [new Filter(name, [value])] }, Cancellation);

        (found.Snapshots?.Count ?? 0).ShouldBe(expected);
    }

    internal static async Task<Snapshot> CompletedAsync(ApiLab lab, string id)
    {
        while (true)
        {
            var found = await lab.Ec2.DescribeSnapshotsAsync(new DescribeSnapshotsRequest { SnapshotIds = [id] }, Cancellation);
            if (found.Snapshots.Single() is { } snapshot && snapshot.State.Value == "completed")
            {
                return snapshot;
            }

            await Task.Delay(10, Cancellation);
        }
    }
}
