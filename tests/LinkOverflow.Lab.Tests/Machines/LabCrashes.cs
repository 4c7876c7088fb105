using Amazon.EC2.Model;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Machines;

/// <summary>The lab is killed in the midst of something; the next start finds what it left. Each test with a lab of its own.</summary>
public sealed class LabCrashes : IAsyncLifetime
{
    private readonly RealLab _lab = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _lab.InitializeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Killed_while_it_launches_it_comes_back_with_whole_machines_alone(int machinesThatBoot)
    {
        _lab.SkipWithoutMachines();
        var instances = await _lab.RunAsync(6);
        await RealLab.UntilAsync(() => Task.FromResult(instances.Count(i => File.Exists(FileOf(i, "pid"))) >= machinesThatBoot), "some machines boot", every: 1);
        await KillAsync();

        await _lab.StartAsync();

        foreach (var instance in instances)
        {
            await RealLab.UntilAsync(async () => await _lab.StateOfAsync(instance) is "running" or "terminated", "it is one or the other");
        }

        var states = await Task.WhenAll(instances.Select(_lab.StateOfAsync));
        var running = instances.Where((_, number) => states[number] == "running").ToList();
        running.Count.ShouldBeGreaterThanOrEqualTo(machinesThatBoot);
        foreach (var instance in running)
        {
            (await _lab.SshAsync(instance, "true")).ExitCode.ShouldBe(0);
        }

        (await ContainersAsync()).ShouldBe(running.Select(i => i.InstanceId), ignoreOrder: true);
        Directory.EnumerateDirectories(Path.Combine(_lab.State, "machines")).Select(Path.GetFileName).ShouldBe(running.Select(i => i.InstanceId), ignoreOrder: true);
        await NothingIsLeftAsync(instances[0]);
    }

    [Fact]
    public async Task Killed_while_a_machine_stands_still_for_its_image_it_comes_back_with_the_machine_and_without_the_image()
    {
        _lab.SkipWithoutMachines();
        var instance = (await _lab.RunAsync(1))[0];
        (await _lab.SshAsync(instance, "head -c 300M /dev/urandom >large; sync")).ExitCode.ShouldBe(0);
        await _lab.WaitForStateAsync(instance, "running");
        var image = (await _lab.Ec2.CreateImageAsync(new CreateImageRequest(instance.InstanceId, "half") { NoReboot = true }, Cancellation)).ImageId;
        await RealLab.UntilAsync(async () => (await _lab.PodmanAsync("ps", "--filter", "status=paused", "--filter", $"label=lolab={_lab.State}", "--quiet")).Length > 0, "the machine stands still", every: 1);
        await KillAsync();

        await _lab.StartAsync();

        await _lab.WaitForStateAsync(instance, "running");
        (await _lab.SshAsync(instance, "stat -c %s large")).Output.ShouldBe($"{300 * 1024 * 1024}\n");
        var found = (await _lab.Ec2.DescribeImagesAsync(new DescribeImagesRequest { ImageIds = [image] }, Cancellation)).Images.Single();
        found.State.Value.ShouldBe("failed");
        (await _lab.PodmanAsync("images", "--filter", $"label=lolab={_lab.State}", "--quiet")).ShouldBeEmpty();
        (await ContainersAsync()).ShouldBe([instance.InstanceId]);
        await NothingIsLeftAsync(instance);
    }

    [Fact]
    public async Task Killed_while_it_copies_a_volume_it_comes_back_without_half_a_snapshot()
    {
        _lab.SkipWithoutMachines();
        var volume = (await _lab.Ec2.CreateVolumeAsync(new CreateVolumeRequest { AvailabilityZone = "us-west-2a", Size = 1 }, Cancellation)).Volume.VolumeId;
        // The disk's content, without a machine that writes it.
        (await new Command("dd", "if=/dev/urandom", $"of={Path.Combine(_lab.State, "disks", volume)}", "bs=1M", "count=600", "conv=notrunc").RunAsync(Cancellation)).ExitCode.ShouldBe(0);
        var snapshot = (await _lab.Ec2.CreateSnapshotAsync(new CreateSnapshotRequest { VolumeId = volume }, Cancellation)).Snapshot.SnapshotId;
        await RealLab.UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(_lab.State, "disks", snapshot))), "it copies", every: 1);
        await KillAsync();

        await _lab.StartAsync();

        (await _lab.Ec2.DescribeSnapshotsAsync(new DescribeSnapshotsRequest { SnapshotIds = [snapshot] }, Cancellation)).Snapshots.Single().State.Value.ShouldBe("error");
        Directory.EnumerateFiles(Path.Combine(_lab.State, "disks")).Select(Path.GetFileName).ShouldBe([volume]);
    }

    [Fact]
    public async Task After_a_restart_of_the_computer_the_machines_come_back_from_the_state_folder_alone()
    {
        _lab.SkipWithoutMachines();
        // The run folder of podman is for all labs of one cache: this lab gets a cache of its own, with the image of the user's.
        await _lab.MoveToCacheOfItsOwnAsync();
        var kept = (await _lab.RunAsync(1))[0];
        var unknown = (await _lab.RunAsync(1))[0];
        var volume = (await _lab.Ec2.CreateVolumeAsync(new CreateVolumeRequest { AvailabilityZone = "us-west-2a", Size = 1 }, Cancellation)).Volume.VolumeId;
        (await _lab.SshAsync(kept, "echo kept >kept; sync")).ExitCode.ShouldBe(0);
        await _lab.WaitForStateAsync(kept, "running");
        await _lab.WaitForStateAsync(unknown, "running");
        await _lab.Ec2.AttachVolumeAsync(new AttachVolumeRequest(volume, kept.InstanceId, "/dev/sdf"), Cancellation);
        await KillAsync();
        await _lab.ForgetAsync(unknown);
        await _lab.LoseWhatARestartLosesAsync(kept);

        // Who has which addresses is lost too: another test's lab may have taken these, and goes.
        await RealLab.UntilAsync(
            async () =>
            {
                var started = await _lab.LabAsync("start", "--detach");
                (started.ExitCode == 0 || started.Error.Contains("addresses that another lab uses now", StringComparison.Ordinal)).ShouldBeTrue(started.Error);
                return started.ExitCode == 0;
            },
            "its addresses are free",
            minutes: 5,
            every: 1000);
        await _lab.StartAsync();

        await _lab.WaitForStateAsync(kept, "running");
        (await _lab.SshAsync(kept, "cat kept; sudo blockdev --getsize64 /dev/sdf")).Output.ShouldBe($"kept\n{1024 * 1024 * 1024}\n");
        (await ContainersAsync()).ShouldBe([kept.InstanceId]);
        Directory.EnumerateDirectories(Path.Combine(_lab.State, "machines")).Select(Path.GetFileName).ShouldBe([kept.InstanceId]);
        await NothingIsLeftAsync(kept);
    }

    [Fact]
    public async Task The_record_of_a_killed_lab_is_not_taken_for_that_of_the_one_that_starts()
    {
        _lab.SkipWithoutMachines();
        await KillAsync();
        // As the next lab, in the moment before it has removed the record.
        using (FileLock.TryTake(Path.Combine(_lab.State, "lab.lock")))
        {
            File.Exists(Path.Combine(_lab.State, "lab.json")).ShouldBeTrue();
            (await _lab.LabAsync("status")).ExitCode.ShouldBe(3);
        }
    }

    [Fact]
    public async Task A_lab_that_cannot_read_its_account_stops_its_machines_and_keeps_them()
    {
        _lab.SkipWithoutMachines();
        var instance = (await _lab.RunAsync(1))[0];
        (await _lab.SshAsync(instance, "echo kept >kept; sync")).ExitCode.ShouldBe(0);
        await _lab.WaitForStateAsync(instance, "running");
        await KillAsync();
        var file = Path.Combine(_lab.State, "account.json");
        var account = await File.ReadAllTextAsync(file, Cancellation);
        await File.WriteAllTextAsync(file, account[..100], Cancellation);

        var start = await _lab.LabAsync("start");
        var stop = await _lab.LabAsync("stop");

        foreach (var refused in (CommandResult[])[start, stop])
        {
            refused.ExitCode.ShouldBe(1);
            refused.Error.ShouldContain(file);
            refused.Error.ShouldContain("stop --terminate");
            refused.Error.ShouldNotContain("   at ");
        }

        (await _lab.TracesAsync(instance)).ShouldBeEmpty();
        // Whoever mends the file has everything back.
        await File.WriteAllTextAsync(file, account, Cancellation);
        await _lab.StartAsync();
        (await _lab.SshAsync(instance, "cat kept")).Output.ShouldBe("kept\n");
    }

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    private string FileOf(Instance instance, string name) => Path.Combine(_lab.State, "machines", instance.InstanceId, name);

    private async Task KillAsync()
    {
        await RealLab.KillAsync(_lab.Record.Pid);
        await RealLab.UntilAsync(async () => (await _lab.LabAsync("status")).ExitCode == 3, "the killed lab counts as not running");
    }

    private async Task<IEnumerable<string>> ContainersAsync() =>
        (await _lab.PodmanAsync("ps", "--all", "--filter", $"label=lolab={_lab.State}", "--format", "{{.Names}}")).Select(n => n[(n.IndexOf('-', StringComparison.Ordinal) + 1)..]);

    private async Task NothingIsLeftAsync(Instance instance)
    {
        (await _lab.LabAsync("stop", "--terminate")).ExitCode.ShouldBe(0);
        (await _lab.TracesAsync(instance)).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(_lab.State).Select(Path.GetFileName).ShouldBe(["credentials.json", "lab.lock", "lab.log", "lab.pem", "lab.pem.pub"], ignoreOrder: true);
    }
}
