using System.Net;
using System.Net.Sockets;
using Amazon.EC2.Model;
using LinkOverflow.Lab.Host;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Machines;

/// <summary>Each test with a lab of its own, for it ends it in a way of its own.</summary>
public sealed class LabLifetimes : IAsyncLifetime
{
    private readonly RealLab _lab = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _lab.InitializeAsync();

    [Fact]
    public async Task A_stopped_lab_comes_back_with_its_machines()
    {
        _lab.SkipWithoutMachines();
        var instances = await _lab.RunAsync(2, r => r.ClientToken = "once");
        await _lab.SshAsync(instances[0], "echo kept >kept; sync");
        await _lab.WaitForStateAsync(instances[0], "running");
        await _lab.WaitForStateAsync(instances[1], "running");
        await _lab.Ec2.StopInstancesAsync(new StopInstancesRequest { InstanceIds = [instances[1].InstanceId] }, Cancellation);
        await _lab.WaitForStateAsync(instances[1], "stopped");
        var volume = (await _lab.Ec2.CreateVolumeAsync(new CreateVolumeRequest { AvailabilityZone = "us-west-2a", Size = 1, VolumeType = "gp3" }, Cancellation)).Volume.VolumeId;

        (await _lab.LabAsync("stop")).ExitCode.ShouldBe(0);
        (await _lab.TracesAsync(instances[0])).ShouldBeEmpty();
        (await _lab.LabAsync("status")).ExitCode.ShouldBe(3);
        await _lab.StartAsync();

        await _lab.WaitForStateAsync(instances[0], "running");
        // The host key that the first boot made; the machine is the same one.
        (await _lab.SshAsync(instances[0], "cat kept")).Output.ShouldBe("kept\n");
        (await _lab.StateOfAsync(instances[1])).ShouldBe("stopped");
        await _lab.Ec2.StartInstancesAsync(new StartInstancesRequest { InstanceIds = [instances[1].InstanceId] }, Cancellation);
        (await _lab.SshAsync(instances[1], "true")).ExitCode.ShouldBe(0);
        (await _lab.RunAsync(2, r => r.ClientToken = "once")).Select(i => i.InstanceId).ShouldBe(instances.Select(i => i.InstanceId));
        (await _lab.Ec2.DescribeVolumesAsync(new DescribeVolumesRequest { VolumeIds = [volume] }, Cancellation)).Volumes.Count.ShouldBe(1);
        await _lab.TerminateAsync(instances);
    }

    [Fact]
    public async Task A_killed_labs_machines_come_back_with_the_next_start()
    {
        _lab.SkipWithoutMachines();
        var instance = (await _lab.RunAsync(1))[0];
        await _lab.SshAsync(instance, "true");
        await RealLab.KillAsync(_lab.Record.Pid);
        await RealLab.UntilAsync(async () => (await _lab.LabAsync("status")).ExitCode == 3, "the killed lab counts as not running");

        await _lab.StartAsync();

        await _lab.WaitForStateAsync(instance, "running");
        (await _lab.SshAsync(instance, "true")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task What_a_killed_lab_leaves_and_nobody_knows_of_is_removed_by_the_next_start()
    {
        _lab.SkipWithoutMachines();
        var instance = (await _lab.RunAsync(1))[0];
        await _lab.SshAsync(instance, "true");
        await RealLab.KillAsync(_lab.Record.Pid);
        await RealLab.UntilAsync(async () => (await _lab.LabAsync("status")).ExitCode == 3, "the killed lab counts as not running");
        File.Delete(Path.Combine(_lab.State, "account.json"));

        var said = await _lab.StartAsync();

        said.ShouldContain("removed what a killed lab left: container ");
        (await _lab.TracesAsync(instance)).ShouldNotContain(l => l.Contains(instance.InstanceId, StringComparison.Ordinal) || l.Contains(instance.PrivateIpAddress + " ", StringComparison.Ordinal));
        var again = (await _lab.RunAsync(1))[0];
        (await _lab.SshAsync(again, "true")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_killed_lab_can_be_stopped()
    {
        _lab.SkipWithoutMachines();
        var instance = (await _lab.RunAsync(1))[0];
        await _lab.SshAsync(instance, "true");
        await RealLab.KillAsync(_lab.Record.Pid);

        (await _lab.LabAsync("stop", "--terminate")).ExitCode.ShouldBe(0);

        (await _lab.TracesAsync(instance)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_lab_stopped_for_good_leaves_nothing_but_its_keys()
    {
        _lab.SkipWithoutMachines();
        var instance = (await _lab.RunAsync(1))[0];
        await _lab.SshAsync(instance, "true");
        (await _lab.TracesAsync(instance)).ShouldNotBeEmpty();
        var key = await File.ReadAllTextAsync(_lab.Record.KeyFile, Cancellation);

        (await _lab.LabAsync("stop", "--terminate")).ExitCode.ShouldBe(0);

        (await _lab.TracesAsync(instance)).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(_lab.State).Select(Path.GetFileName).ShouldBe(["credentials.json", "lab.lock", "lab.log", "lab.pem", "lab.pem.pub"], ignoreOrder: true);
        (await _lab.LabAsync("stop")).ExitCode.ShouldBe(0, "a second stop has nothing to do");
        await _lab.StartAsync();
        (await File.ReadAllTextAsync(_lab.Record.KeyFile, Cancellation)).ShouldBe(key);
    }

    [Fact]
    public async Task A_removed_lab_leaves_nothing_at_all()
    {
        _lab.SkipWithoutMachines();
        await _lab.MoveToCacheOfItsOwnAsync();
        var instance = (await _lab.RunAsync(1))[0];
        await _lab.SshAsync(instance, "true");

        (await _lab.LabAsync("stop", "--remove")).ExitCode.ShouldBe(0);

        (await _lab.TracesAsync(instance)).ShouldBeEmpty();
        Directory.Exists(_lab.State).ShouldBeFalse();
        Directory.Exists(_lab.Cache).ShouldBeFalse();
        Directory.Exists(new Podman(_lab.Cache).RunFolder).ShouldBeFalse();
    }

    [Fact]
    public async Task A_second_start_gives_the_lab_that_runs()
    {
        _lab.SkipWithoutMachines();
        var first = _lab.Record;

        await _lab.StartAsync();

        _lab.Record.ShouldBe(first);
        (await _lab.LabAsync("start")).ExitCode.ShouldBe(ExitCodes.AlreadyRunning);
    }

    [Fact]
    public async Task Two_labs_side_by_side_do_not_meet()
    {
        _lab.SkipWithoutMachines();
        await using var other = new RealLab();
        await other.InitializeAsync();
        var mine = (await _lab.RunAsync(1))[0];
        var others = (await other.RunAsync(1))[0];

        (await _lab.SshAsync(mine, "hostname")).ExitCode.ShouldBe(0);
        (await other.SshAsync(others, "hostname")).ExitCode.ShouldBe(0);
        (mine.PublicIpAddress.Split('.')[2] == others.PublicIpAddress.Split('.')[2]).ShouldBeFalse();
        (await other.LabAsync("stop", "--terminate")).ExitCode.ShouldBe(0);

        (await _lab.SshAsync(mine, "sudo apt-get update -qq")).ExitCode.ShouldBe(0);
        (await other.TracesAsync(others)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Files_with_secrets_are_their_owners_alone()
    {
        _lab.SkipWithoutMachines();

        File.GetUnixFileMode(_lab.State).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.GetUnixFileMode(_lab.Record.Settings).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(Path.Combine(_lab.State, "aws-config")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(_lab.Record.KeyFile).ShouldBe(UnixFileMode.UserRead);
        var arguments = await new Command("ps", "-eo", "args").OutputAsync(TestContext.Current.CancellationToken);
        arguments.ShouldNotContain(_lab.Secret);
        (await File.ReadAllTextAsync(Path.Combine(_lab.State, "lab.log"), TestContext.Current.CancellationToken)).ShouldNotContain(_lab.Secret);
    }

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        _lab.SkipWithoutMachines();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        await _lab.LabAsync("stop");

        var refused = await _lab.LabAsync("start", "--detach", "--port", port);

        refused.ExitCode.ShouldBe(1);
        refused.Error.ShouldContain($"Port {port} on 127.0.0.1 cannot be used");
        refused.Error.ShouldNotContain("   at ");
        refused.Error.ShouldContain("--port 0");
        (await _lab.LabAsync("status")).ExitCode.ShouldBe(3);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("192.0.2.1")]
    [InlineData("::")]
    [InlineData("localhost")]
    public async Task Other_than_loopback_addresses_are_refused(string address)
    {
        _lab.SkipWithoutMachines();

        var refused = await _lab.LabAsync("start", "--listen", address);

        refused.ExitCode.ShouldNotBe(0);
        refused.Error.ShouldContain("loopback addresses only");
    }

    public ValueTask DisposeAsync() => _lab.DisposeAsync();
}
