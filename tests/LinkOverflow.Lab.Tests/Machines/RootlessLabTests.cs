using System.Net.Sockets;
using Amazon.EC2;
using Amazon.EC2.Model;

namespace LinkOverflow.Lab.Tests.Machines;

/// <summary>The lab of a user who is not root, with real machines.</summary>
public sealed class RootlessLabTests(RootlessLab rootless) : IClassFixture<RootlessLab>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RealLab Lab => rootless.Lab;

    [Fact]
    public async Task A_users_machine_is_a_machine_as_roots_lab_has_it()
    {
        rootless.SkipWithoutMachines();
        var instances = await Lab.RunAsync(2);

        (await Lab.SshAsync(instances[0], "hostname")).Output.Trim().ShouldBe($"ip-{instances[0].PrivateIpAddress.Replace('.', '-')}");
        (await Lab.SshAsync(instances[0], "systemctl is-system-running --wait")).Output.Trim().ShouldBe("running");
        (await Lab.SshAsync(instances[0], "sudo id -un")).Output.Trim().ShouldBe("root");
        (await Lab.SshAsync(instances[0], $"exec 3<>/dev/tcp/{instances[1].PrivateIpAddress}/22 && head -c 7 <&3")).Output.ShouldBe("SSH-2.0", "machines of one group reach each other");
        (await File.ReadAllTextAsync("/proc/self/mounts", Cancellation)).ShouldNotContain(Lab.Folder, customMessage: "its mounts are its own");
        (await rootless.User.ProcessesAsync()).ShouldNotBeEmpty();
        await Lab.TerminateAsync(instances);
    }

    [Fact]
    public async Task Puppet_can_be_installed_and_brings_a_users_machine_to_what_is_declared()
    {
        rootless.SkipWithoutMachines();
        var instance = (await Lab.RunAsync(1))[0];

        var installed = await Lab.SshAsync(instance, "sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive apt-get install -qq -y puppet-agent", minutes: 5);
        installed.ExitCode.ShouldBe(0, installed.Error);
        var applied = await Lab.SshAsync(instance, "sudo puppet apply -e 'package { \"nginx-light\": ensure => installed } -> service { \"nginx\": ensure => running }' && systemctl is-active nginx", minutes: 5);

        applied.ExitCode.ShouldBe(0, applied.Output + applied.Error);
        applied.Output.ShouldEndWith("active\n");
        await Lab.TerminateAsync(instance);
    }

    [Fact]
    public async Task Security_groups_decide_which_ports_of_a_users_machine_are_open()
    {
        rootless.SkipWithoutMachines();
        var group = (await Lab.Ec2.CreateSecurityGroupAsync(new CreateSecurityGroupRequest { GroupName = "rootless", Description = "ssh" }, Cancellation)).GroupId;
        await OpenAsync(group, 22, "0.0.0.0/0");
        var instance = (await Lab.RunAsync(1, r => r.SecurityGroupIds = [group]))[0];
        (await Lab.SshAsync(instance, "sudo systemd-run --quiet python3 -m http.server 8080")).ExitCode.ShouldBe(0);
        await RealLab.UntilAsync(async () => (await Lab.SshAsync(instance, "ss -Hltn 'sport = :8080'")).Output.Length > 0, "the machine listens");

        (await AnswersAsync(instance, 8080)).ShouldBeFalse();
        await OpenAsync(group, 8080, "203.0.113.0/24");
        (await AnswersAsync(instance, 8080)).ShouldBeFalse("it is opened to others");
        await OpenAsync(group, 8080, "127.0.0.0/8");
        await RealLab.UntilAsync(() => AnswersAsync(instance, 8080), "it answers");
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        (await http.GetStringAsync(new Uri($"http://{instance.PublicIpAddress}:8080/"), Cancellation)).ShouldContain("Directory listing");
        await Lab.Ec2.RevokeSecurityGroupIngressAsync(new RevokeSecurityGroupIngressRequest { GroupId = group, IpPermissions = [Permission(8080, "127.0.0.0/8")] }, Cancellation);
        await RealLab.UntilAsync(async () => !await AnswersAsync(instance, 8080), "it no longer answers");
        await Lab.TerminateAsync(instance);
    }

    [Fact]
    public async Task Large_transfers_come_through_whole_in_both_directions()
    {
        rootless.SkipWithoutMachines();
        var instance = (await Lab.RunAsync(1))[0];

        var sum = await Lab.SshAsync(instance, "head -c 50000000 /dev/zero | tee /dev/stderr 2>/tmp/copy | sha256sum; sha256sum </tmp/copy");
        var back = await Lab.SshAsync(instance, "head -c 20000000 /dev/zero | tr '\\0' x");

        sum.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Count().ShouldBe(1);
        back.Output.Length.ShouldBe(20000000);
        await Lab.TerminateAsync(instance);
    }

    [Fact]
    public async Task A_volume_of_a_users_lab_is_made_but_not_attached_and_the_error_says_why()
    {
        rootless.SkipWithoutMachines();
        var instance = (await Lab.RunAsync(1))[0];
        await Lab.WaitForStateAsync(instance, "running");
        var volume = (await Lab.Ec2.CreateVolumeAsync(new CreateVolumeRequest { AvailabilityZone = instance.Placement.AvailabilityZone, Size = 1 }, Cancellation)).Volume.VolumeId;

        var attached = await Should.ThrowAsync<AmazonEC2Exception>(
            () => Lab.Ec2.AttachVolumeAsync(new AttachVolumeRequest { InstanceId = instance.InstanceId, VolumeId = volume, Device = "/dev/sdf" }, Cancellation));
        var launched = await Should.ThrowAsync<AmazonEC2Exception>(
            () => Lab.RunAsync(1, r => r.BlockDeviceMappings = [new BlockDeviceMapping { DeviceName = "/dev/sdf", Ebs = new EbsBlockDevice { VolumeSize = 1 } }]));

        foreach (var refused in (AmazonEC2Exception[])[attached, launched])
        {
            refused.ErrorCode.ShouldBe("UnsupportedOperation");
            refused.Message.ShouldContain("without root");
            refused.Message.ShouldContain("sudo");
        }

        await Lab.Ec2.DeleteVolumeAsync(new DeleteVolumeRequest { VolumeId = volume }, Cancellation);
        await Lab.TerminateAsync(instance);
    }

    [Fact]
    public async Task An_image_of_a_users_machine_boots_with_what_the_machine_had()
    {
        rootless.SkipWithoutMachines();
        var instance = (await Lab.RunAsync(1))[0];
        await Lab.SshAsync(instance, "echo kept >kept; sudo rm /etc/motd; sudo sync");

        var image = (await Lab.Ec2.CreateImageAsync(new CreateImageRequest { InstanceId = instance.InstanceId, Name = "rootless" }, Cancellation)).ImageId;
        await RealLab.UntilAsync(async () => (await Lab.Ec2.DescribeImagesAsync(new DescribeImagesRequest { ImageIds = [image] }, Cancellation)).Images[0].State == ImageState.Available, "the image is there");
        var copy = (await Lab.RunAsync(1, r => r.ImageId = image))[0];

        (await Lab.SshAsync(copy, "cat kept; test -e /etc/motd || echo gone")).Output.ShouldBe("kept\ngone\n");
        await Lab.TerminateAsync(instance, copy);
    }

    [Fact]
    public async Task Faults_strike_a_users_machines_too()
    {
        rootless.SkipWithoutMachines();
        var instance = (await Lab.RunAsync(1))[0];
        (await Lab.SshAsync(instance, "true")).ExitCode.ShouldBe(0);

        await FaultAsync("add", "network-cut", "--instance", instance.InstanceId);
        await RealLab.UntilAsync(async () => !await AnswersAsync(instance, 22), "nothing reaches it");
        await FaultAsync("clear");
        await FaultAsync("add", "disk-full", "--instance", instance.InstanceId);
        (await Lab.SshAsync(instance, "echo more >more")).Error.ShouldContain("No space left on device");
        await FaultAsync("clear");

        (await Lab.SshAsync(instance, "echo more >more")).ExitCode.ShouldBe(0);
        await Lab.TerminateAsync(instance);
    }

    [Fact]
    public async Task A_users_stopped_lab_comes_back_with_its_machines()
    {
        rootless.SkipWithoutMachines();
        var instance = (await Lab.RunAsync(1))[0];
        (await Lab.SshAsync(instance, "echo kept >kept")).ExitCode.ShouldBe(0);

        (await Lab.LabAsync("stop")).ExitCode.ShouldBe(0);
        (await Lab.LabAsync("status")).ExitCode.ShouldBe(3);
        await NothingRunsAsync();
        await Lab.StartAsync();

        await Lab.WaitForStateAsync(instance, "running");
        var kept = await Lab.SshAsync(instance, "cat kept");
        kept.Output.ShouldBe("kept\n", kept.Error);
        await Lab.TerminateAsync(instance);
    }

    [Theory]
    [InlineData("the process outside")]
    [InlineData("the lab inside")]
    public async Task A_users_lab_that_is_killed_runs_nothing_any_more_and_the_next_start_brings_its_machines_back(string killed)
    {
        rootless.SkipWithoutMachines();
        var instance = (await Lab.RunAsync(1))[0];
        (await Lab.SshAsync(instance, "echo kept >kept")).ExitCode.ShouldBe(0);
        var lab = (await rootless.User.ProcessesAsync()).Where(p => p.Contains("LinkOverflow.Lab.dll start", StringComparison.Ordinal) && p.Contains(" /", StringComparison.Ordinal))
            .Select(p => p.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(f => f[3].EndsWith("dotnet", StringComparison.Ordinal)).Select(f => int.Parse(f[2], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        lab.Count.ShouldBe(2);

        await RealLab.KillAsync(killed == "the process outside" ? Lab.Record.Pid : lab.Single(p => p != Lab.Record.Pid));
        await NothingRunsAsync();
        (await Lab.LabAsync("status")).ExitCode.ShouldBe(3);
        await Lab.StartAsync();

        await Lab.WaitForStateAsync(instance, "running");
        var kept = await Lab.SshAsync(instance, "cat kept");
        kept.Output.ShouldBe("kept\n", kept.Error);
        await Lab.TerminateAsync(instance);
    }

    [Fact]
    public async Task A_users_lab_stopped_for_good_leaves_nothing_but_its_keys()
    {
        rootless.SkipWithoutMachines();
        await Lab.SshAsync((await Lab.RunAsync(1))[0], "true");

        (await Lab.LabAsync("stop", "--terminate")).ExitCode.ShouldBe(0);

        await NothingRunsAsync();
        Directory.EnumerateFileSystemEntries(Lab.State).Select(Path.GetFileName).ShouldBe(["credentials.json", "lab.lock", "lab.log", "lab.outside.lock", "lab.pem", "lab.pem.pub"], ignoreOrder: true);
        Directory.EnumerateDirectories(rootless.User.Cgroup).Select(Path.GetFileName).ShouldBe(["shell"]);
        await Lab.StartAsync();
    }

    [Fact]
    public async Task A_port_in_use_is_named_to_a_user_too()
    {
        rootless.SkipWithoutMachines();
        var port = new Uri(Lab.Record.Endpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var state = Path.Combine(Lab.Folder, "other");

        var refused = await rootless.User.Command("dotnet", typeof(Host.LabRecord).Assembly.Location, "start", "--port", port, "--state", state, "--cache", Lab.Cache).RunAsync(Cancellation);

        refused.ExitCode.ShouldBe(1);
        refused.Error.ShouldContain($"Port {port} on 127.0.0.1 cannot be used");
    }

    [Fact]
    public async Task A_second_start_of_a_user_gives_the_lab_that_runs()
    {
        rootless.SkipWithoutMachines();
        var first = Lab.Record;

        await Lab.StartAsync();

        Lab.Record.ShouldBe(first);
        (await Lab.LabAsync("start")).ExitCode.ShouldBe(Host.ExitCodes.AlreadyRunning);
        (await Lab.LabAsync("fault", "list")).ExitCode.ShouldBe(0, "the lab is still reached");
    }

    private async Task FaultAsync(params string[] command)
    {
        var said = await Lab.LabAsync("fault", command);
        said.ExitCode.ShouldBe(0, said.Output + said.Error + await File.ReadAllTextAsync(Path.Combine(Lab.State, "lab.log"), Cancellation));
    }

    private Task NothingRunsAsync() => RealLab.UntilAsync(async () => (await rootless.User.ProcessesAsync()).Count == 0, "no process of the user's is left", minutes: 1);

    private async Task OpenAsync(string group, int port, string range) =>
        await Lab.Ec2.AuthorizeSecurityGroupIngressAsync(new AuthorizeSecurityGroupIngressRequest { GroupId = group, IpPermissions = [Permission(port, range)] }, Cancellation);

    private static IpPermission Permission(int port, string range) =>
        new() { IpProtocol = "tcp", FromPort = port, ToPort = port, Ipv4Ranges = [new IpRange { CidrIp = range }] };

    private static async Task<bool> AnswersAsync(Instance instance, int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(instance.PublicIpAddress, port, Cancellation);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
