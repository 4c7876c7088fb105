using LinkOverflow.Lab.Host;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Machines;

/// <summary>What the lab tells a user who is not root of what is missing.</summary>
public sealed class RootlessChecks
{
    private static readonly string Program = typeof(LabRecord).Assembly.Location;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_check_says_is_missing_is_there_once_its_commands_were_run()
    {
        if (await OtherUser.ObstacleAsync() is { } obstacle)
        {
            Assert.Skip(obstacle);
        }

        Assert.SkipWhen(Directory.Exists("/run/systemd/system"), "systemd gives cgroups to users who log in, which none made for a test does");
        Assert.SkipUnless(await Prerequisites.FindMissingAsync(Cancellation) is [], "programs are missing here");
        await using var user = await OtherUser.MakeAsync();
        var before = await user.Command("dotnet", Program, "check").RunAsync(Cancellation);
        var refused = await user.Command("dotnet", Program, "start", "--state", "/nonexistent/lab", "--cache", "/nonexistent/cache").RunAsync(Cancellation);

        before.ExitCode.ShouldBe(1);
        before.Output.ShouldContain("a cgroup of this user's own: systemd, a machine's first process, ends at once");
        refused.ExitCode.ShouldBe(1);
        before.Output.ShouldContain(refused.Error.Trim(), customMessage: "start refuses in the same words");

        // The commands are the lines that begin with sudo, and here one is root already.
        await user.OpenPortsAsync();
        var commands = before.Output.Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("sudo ", StringComparison.Ordinal) && !l.Contains("sysctl", StringComparison.Ordinal)).Select(l => l["sudo ".Length..]);
        var after = await user.After(string.Join("; ", commands), "dotnet", Program, "check").RunAsync(Cancellation);

        after.ExitCode.ShouldBe(0, after.Output + after.Error);
        after.Output.ShouldContain("This machine has everything that the lab needs.");
        after.Output.ShouldContain("volumes cannot be attached");
    }

    [Theory]
    [InlineData("", 0, 100000)]
    [InlineData("else:100000:65536\n", 0, 165536)]
    [InlineData("me:100000:65536\nelse:165536:65536\n", 65536, 231072)]
    [InlineData("1000:100000:1000\nme:200000:70000\n", 70000, 270000)]
    [InlineData("# a comment\nme:broken\n", 0, 100000)]
    public void Subordinate_ids_are_read_as_subuid_5_describes(string text, int count, int free) =>
        SubordinateIds.Read(text, "me", 1000).ShouldBe((count, free));

    [Fact]
    public void A_port_is_open_where_something_listens_and_a_group_lets_this_machine_in()
    {
        AllowedTraffic Rule(int port, string? cidr, string? group = null, string protocol = "tcp") => new(protocol, port, port, cidr, group);
        var policy = new NetworkPolicy(
            [
                new MachineAddress("10.77.3.4", "127.77.3.4", ["sg-1"]),
                new MachineAddress("10.77.3.5", "127.77.3.5", ["sg-1"], IsCutOff: true),
                new MachineAddress("10.77.3.6", null, ["sg-1"]),
                new MachineAddress("10.77.3.7", "127.77.3.7", ["sg-2"]),
            ],
            [
                new GroupPolicy("sg-1", [Rule(22, "0.0.0.0/0"), Rule(80, "192.0.2.0/24"), Rule(81, "198.51.100.0/24"), Rule(82, null, "sg-1"), Rule(83, "127.0.0.1/32", protocol: "udp"), Rule(9, "0.0.0.0/0")], []),
                new GroupPolicy("sg-2", [new AllowedTraffic("-1", -1, -1, "0.0.0.0/0", null)], []),
            ]);

        var open = OpenPorts.Of(policy, [System.Net.IPAddress.Parse("192.0.2.2")], _ => new HashSet<int> { 22, 80, 81, 82, 83 });

        open.Select(o => o.ToString()).ShouldBe(
            ["127.77.3.4:22", "127.77.3.4:80", .. ((int[])[22, 80, 81, 82, 83]).Select(p => $"127.77.3.7:{p.ToString(System.Globalization.CultureInfo.InvariantCulture)}")], ignoreOrder: true);
    }
}
