using Amazon.EC2.Model;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Machines;

public sealed class RealMachines(RealLab lab) : IClassFixture<RealLab>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_machines_can_be_logged_in_to_with_the_host_key_from_their_consoles()
    {
        lab.SkipWithoutMachines();
        var instances = await lab.RunAsync(2);

        var names = await Task.WhenAll(instances.Select(async i => (await lab.SshAsync(i, "hostname")).Output.Trim()));

        names.ShouldBe(instances.Select(i => $"ip-{i.PrivateIpAddress.Replace('.', '-')}"));
        var keys = await Task.WhenAll(instances.Select(async i => RealLab.HostKey(await lab.ConsoleAsync(i))!.Split(' ')[1]));
        (keys[0] == keys[1]).ShouldBeFalse();
        await lab.TerminateAsync(instances);
    }

    [Fact]
    public async Task One_can_log_in_to_a_machine_whose_status_checks_are_passed()
    {
        lab.SkipWithoutMachines();
        var group = (await lab.Ec2.CreateSecurityGroupAsync(new CreateSecurityGroupRequest { GroupName = "closed", Description = "nothing in" }, Cancellation)).GroupId;
        var instances = await lab.RunAsync(2, r => r.SecurityGroupIds = [group]);
        var request = new DescribeInstanceStatusRequest { InstanceIds = [.. instances.Select(i => i.InstanceId)] };

        // Also where the security group lets nobody in.
        await RealLab.UntilAsync(
            async () => (await lab.Ec2.DescribeInstanceStatusAsync(request, Cancellation)).InstanceStatuses is { Count: 2 } all && all.TrueForAll(s => s.Status.Status.Value == "ok"), "the status checks are passed");
        await lab.Ec2.AuthorizeSecurityGroupIngressAsync(
            new AuthorizeSecurityGroupIngressRequest { GroupId = group, IpPermissions = [new IpPermission { IpProtocol = "tcp", FromPort = 22, ToPort = 22, Ipv4Ranges = [new IpRange { CidrIp = "127.0.0.0/8" }] }] },
            Cancellation);
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(instances[0].PublicIpAddress, 22, Cancellation);

        client.Connected.ShouldBeTrue();
        await lab.TerminateAsync(instances);
    }

    [Fact]
    public async Task A_machine_has_what_an_instance_has()
    {
        lab.SkipWithoutMachines();
        var instance = (await lab.RunAsync(1))[0];

        (await lab.SshAsync(instance, "sudo id -un")).Output.Trim().ShouldBe("root");
        (await lab.SshAsync(instance, "sudo id -un")).Error.ShouldNotContain("resolve");
        (await lab.SshAsync(instance, "systemctl is-system-running --wait")).Output.Trim().ShouldBe("running");
        (await lab.SshAsync(instance, "ps -o comm= -p 1")).Output.Trim().ShouldBe("systemd");
        (await lab.SshAsync(instance, ". /etc/os-release && echo $ID $VERSION_ID")).Output.Trim().ShouldBe("debian 12");
        (await lab.SshAsync(instance, "ls /etc/ssh/ssh_host_*_key")).Output.Trim().ShouldBe("/etc/ssh/ssh_host_ed25519_key");
        (await lab.SshAsync(instance, "sudo passwd -S admin")).Output.ShouldStartWith("admin L ");
        await lab.TerminateAsync(instance);
    }

    [Fact]
    public async Task Apt_works_inside_a_machine()
    {
        lab.SkipWithoutMachines();
        var instance = (await lab.RunAsync(1))[0];

        var update = await lab.SshAsync(instance, "sudo apt-get update -qq && apt-cache policy puppet-agent");

        update.ExitCode.ShouldBe(0, update.Error);
        update.Output.ShouldContain("Candidate: 7.");
        await lab.TerminateAsync(instance);
    }

    [Fact]
    public async Task User_data_runs_once_as_root()
    {
        lab.SkipWithoutMachines();
        var script = "#!/bin/sh\nid -un >>/root/ran\necho said by user data\n"u8.ToArray();
        var instance = (await lab.RunAsync(1, r => r.UserData = Convert.ToBase64String(script)))[0];

        await RealLab.UntilAsync(async () => (await lab.SshAsync(instance, "sudo cat /root/ran")).Output.Trim() == "root", "user data has run");
        (await lab.ConsoleAsync(instance)).ShouldContain("said by user data");
        await lab.WaitForStateAsync(instance, "running");
        await lab.Ec2.StopInstancesAsync(new StopInstancesRequest { InstanceIds = [instance.InstanceId] }, Cancellation);
        await lab.WaitForStateAsync(instance, "stopped");
        await lab.Ec2.StartInstancesAsync(new StartInstancesRequest { InstanceIds = [instance.InstanceId] }, Cancellation);
        await lab.WaitForStateAsync(instance, "running");

        // The disk and the host key are those from before.
        (await lab.SshAsync(instance, "systemctl is-system-running --wait; sudo cat /root/ran")).Output.ShouldBe("running\nroot\n");
        await lab.TerminateAsync(instance);
    }

    [Fact]
    public async Task A_rebooted_machine_comes_back_with_its_disk()
    {
        lab.SkipWithoutMachines();
        var instance = (await lab.RunAsync(1))[0];
        // The first process's start in hundredths of a second: boot and reboot can fall into one second.
        var before = (await lab.SshAsync(instance, "touch kept; cut -d' ' -f22 /proc/1/stat")).Output;
        await lab.WaitForStateAsync(instance, "running");

        await lab.Ec2.RebootInstancesAsync(new RebootInstancesRequest { InstanceIds = [instance.InstanceId] }, Cancellation);

        await RealLab.UntilAsync(
            async () => await lab.SshAsync(instance, "ls kept; cut -d' ' -f22 /proc/1/stat") is { ExitCode: 0 } now && now.Output != "kept\n" + before,
            "the machine has rebooted");
        (await lab.StateOfAsync(instance)).ShouldBe("running");
        await lab.TerminateAsync(instance);
    }

    [Fact]
    public async Task A_machine_switched_off_from_inside_is_a_stopped_instance()
    {
        lab.SkipWithoutMachines();
        var instance = (await lab.RunAsync(1))[0];
        await lab.SshAsync(instance, "sudo systemctl poweroff");

        await lab.WaitForStateAsync(instance, "stopped");

        await lab.TerminateAsync(instance);
    }

    [Fact]
    public async Task Security_groups_decide_what_reaches_a_machine()
    {
        lab.SkipWithoutMachines();
        var group = (await lab.Ec2.CreateSecurityGroupAsync(new CreateSecurityGroupRequest { GroupName = "narrow", Description = "ssh alone" }, Cancellation)).GroupId;
        Task OpenAsync(int port) => lab.Ec2.AuthorizeSecurityGroupIngressAsync(
            new AuthorizeSecurityGroupIngressRequest
            {
                GroupId = group,
                IpPermissions = [new IpPermission { IpProtocol = "tcp", FromPort = port, ToPort = port, Ipv4Ranges = [new IpRange { CidrIp = "0.0.0.0/0" }] }],
            },
            Cancellation);
        await OpenAsync(22);
        var web = (await lab.RunAsync(1, r => r.SecurityGroupIds = [group]))[0];
        var other = (await lab.RunAsync(1))[0];
        await lab.SshAsync(web, "sudo systemd-run --quiet python3 -m http.server 8080");
        using var client = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) });
        async Task<bool> AnswersAsync()
        {
            try
            {
                return (await client.GetAsync($"http://{web.PublicIpAddress}:8080/", Cancellation)).IsSuccessStatusCode;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                return false;
            }
        }

        var fetch = $"python3 -c \"import urllib.request; urllib.request.urlopen('http://{web.PrivateIpAddress}:8080/', timeout=5)\"";
        (await AnswersAsync()).ShouldBeFalse();
        (await lab.SshAsync(other, fetch)).ExitCode.ShouldBe(1);

        await OpenAsync(8080);

        await RealLab.UntilAsync(AnswersAsync, "port 8080 answers");
        (await lab.SshAsync(other, fetch)).ExitCode.ShouldBe(0);
        await lab.TerminateAsync(web, other);
    }

    [Fact]
    public async Task Security_groups_decide_what_a_machine_reaches()
    {
        lab.SkipWithoutMachines();
        var group = (await lab.Ec2.CreateSecurityGroupAsync(new CreateSecurityGroupRequest { GroupName = "shut", Description = "nothing out" }, Cancellation)).GroupId;
        await lab.Ec2.AuthorizeSecurityGroupIngressAsync(
            new AuthorizeSecurityGroupIngressRequest
            {
                GroupId = group,
                IpPermissions = [new IpPermission { IpProtocol = "tcp", FromPort = 22, ToPort = 22, Ipv4Ranges = [new IpRange { CidrIp = "0.0.0.0/0" }] }],
            },
            Cancellation);
        var shut = (await lab.RunAsync(1, r => r.SecurityGroupIds = [group]))[0];
        var other = (await lab.RunAsync(1, r => r.SecurityGroupIds = [group]))[0];
        await lab.SshAsync(other, "true");
        var reach = $"python3 -c \"import socket; socket.create_connection(('{other.PrivateIpAddress}', 22), timeout=5)\"";
        (await lab.SshAsync(shut, reach)).ExitCode.ShouldBe(0);

        await lab.Ec2.RevokeSecurityGroupEgressAsync(
            new RevokeSecurityGroupEgressRequest { GroupId = group, IpPermissions = [new IpPermission { IpProtocol = "-1", Ipv4Ranges = [new IpRange { CidrIp = "0.0.0.0/0" }] }] },
            Cancellation);

        (await lab.SshAsync(shut, reach)).ExitCode.ShouldBe(1);
        await lab.TerminateAsync(shut, other);
    }

    [Fact]
    public async Task A_terminated_machine_leaves_nothing_and_its_address_leads_nowhere()
    {
        lab.SkipWithoutMachines();
        var instance = (await lab.RunAsync(1))[0];
        await lab.SshAsync(instance, "true");

        await lab.TerminateAsync(instance);

        // The program that kept its console ends by itself, on a busy machine a moment later.
        await RealLab.UntilAsync(
            async () => !(await lab.TracesAsync(instance)).Any(l => l.Contains(instance.PrivateIpAddress + " ", StringComparison.Ordinal) || l.Contains(instance.InstanceId, StringComparison.Ordinal)), "nothing of the machine is left");
        Directory.Exists(Path.Combine(lab.State, "machines", instance.InstanceId)).ShouldBeFalse();
        var ssh = await new Command("ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", $"admin@{instance.PublicIpAddress}").RunAsync(Cancellation);
        ssh.Error.ShouldContain("No route to host");
    }
}
