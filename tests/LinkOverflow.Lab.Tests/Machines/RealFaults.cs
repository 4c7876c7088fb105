
namespace LinkOverflow.Lab.Tests.Machines;

public sealed class RealFaults(RealLab lab) : IClassFixture<RealLab>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_machine_that_fails_to_boot_says_so_on_its_console()
    {
        lab.SkipWithoutMachines();
        await FaultAsync("boot-failure", "--nth", "2");

        var instances = await lab.RunAsync(2);

        await lab.WaitForStateAsync(instances[1], "terminated");
        (await lab.ConsoleAsync(instances[1])).ShouldContain("boot failure, as asked for");
        (await lab.SshAsync(instances[0], "true")).ExitCode.ShouldBe(0);
        await lab.TerminateAsync(instances[0]);
    }

    [Fact]
    public async Task A_slow_machine_shows_its_host_key_later()
    {
        lab.SkipWithoutMachines();
        await FaultAsync("slow-boot", "--seconds", "4");
        var instance = (await lab.RunAsync(1))[0];
        await lab.WaitForStateAsync(instance, "running");

        var uptime = (await lab.SshAsync(instance, "stat -c %Y /etc/ssh/ssh_host_ed25519_key; date -d \"$(ps -o lstart= -p 1)\" +%s")).Output.Split('\n');

        (long.Parse(uptime[0], System.Globalization.CultureInfo.InvariantCulture) - long.Parse(uptime[1], System.Globalization.CultureInfo.InvariantCulture)).ShouldBeGreaterThanOrEqualTo(3);
        await lab.TerminateAsync(instance);
    }

    [Fact]
    public async Task A_wrong_host_key_on_the_console_is_noticed_by_ssh()
    {
        lab.SkipWithoutMachines();
        await FaultAsync("wrong-host-key");
        var instance = (await lab.RunAsync(1))[0];

        var refused = await lab.SshAsync(instance, "true");

        refused.ExitCode.ShouldBe(255);
        refused.Error.ShouldContain("Host key verification failed");
        await lab.TerminateAsync(instance);
    }

    [Fact]
    public async Task A_lost_answer_is_asked_for_again_by_its_client_and_is_no_failure_of_the_lab()
    {
        lab.SkipWithoutMachines();
        await lab.LabAsync("calls", "--reset");
        await FaultAsync("lost-answer", "--action", "DescribeRegions");

        (await lab.Ec2.DescribeRegionsAsync(Cancellation)).Regions.ShouldNotBeEmpty();

        (await lab.LabAsync("calls")).Output.ShouldMatch(@"DescribeRegions\s+2|2\s+DescribeRegions");
        var log = await File.ReadAllTextAsync(Path.Combine(lab.State, "lab.log"), Cancellation);
        log.ShouldNotContain("Kestrel");
    }

    [Fact]
    public async Task A_machine_is_cut_off_and_comes_back()
    {
        lab.SkipWithoutMachines();
        var instance = (await lab.RunAsync(1))[0];
        await lab.SshAsync(instance, "true");
        await lab.WaitForStateAsync(instance, "running");

        await FaultAsync("network-cut", "--instance", instance.InstanceId);
        (await lab.SshAsync(instance, "true")).Error.ShouldContain("timed out");
        await FaultAsync("clear");

        (await lab.SshAsync(instance, "true")).ExitCode.ShouldBe(0);
        await lab.TerminateAsync(instance);
    }

    [Theory]
    [InlineData("touch /srv/x")]
    [InlineData("sh -c 'echo more >>/etc/hosts'")]
    [InlineData("dpkg --set-selections </dev/null && apt-get update")]
    public async Task A_full_disk_takes_nothing_more(string command)
    {
        lab.SkipWithoutMachines();
        await FaultAsync("disk-full");
        var instance = (await lab.RunAsync(1))[0];

        var refused = await lab.SshAsync(instance, $"sudo {command}");

        refused.ExitCode.ShouldNotBe(0);
        refused.Error.ShouldContain("No space left on device");
        await lab.TerminateAsync(instance);
    }

    [Fact]
    public async Task A_running_machines_disk_is_full_and_has_room_again_with_all_that_was_there()
    {
        lab.SkipWithoutMachines();
        var instance = (await lab.RunAsync(1))[0];
        await lab.SshAsync(instance, "echo kept >kept");
        await lab.WaitForStateAsync(instance, "running");

        await FaultAsync("disk-full", "--instance", instance.InstanceId);
        (await lab.SshAsync(instance, "cat kept && getent hosts localhost && echo more >>kept")) .ShouldSatisfyAllConditions(
            r => r.ExitCode.ShouldNotBe(0), r => r.Output.ShouldStartWith("kept\n"), r => r.Error.ShouldContain("No space left on device"));
        await FaultAsync("clear");

        (await lab.SshAsync(instance, "echo more >>kept && cat kept && mount")).Output.ShouldSatisfyAllConditions(
            o => o.ShouldStartWith("kept\nmore\n"), o => o.ShouldNotContain("lab-disk-full"));
        await lab.TerminateAsync(instance);
    }

    private async Task FaultAsync(string what, params string[] options)
    {
        string[] command = what == "clear" ? ["fault", "clear"] : ["fault", "add", what];
        var result = await lab.LabAsync(command[0], [.. command[1..], .. options]);
        result.ExitCode.ShouldBe(0, result.Error);
    }
}
