using System.Net;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Machines;

public sealed class PacketFilterRules
{
    private static readonly IPAddress[] Own = [IPAddress.Loopback, IPAddress.Parse("192.0.2.7")];

    [Theory]
    [InlineData("0.0.0.0/0", "    tcp dport 80-80 accept")]
    [InlineData("192.0.2.0/24", "    ip saddr { 127.0.0.0/8, 10.77.3.1 } tcp dport 80-80 accept")]
    [InlineData("127.0.0.0/8", "    ip saddr { 127.0.0.0/8, 10.77.3.1 } tcp dport 80-80 accept")]
    public void A_rule_that_covers_this_machine_opens_the_port_for_it(string cidr, string line) => Script(cidr).ShouldContain(line);

    [Fact]
    public void A_rule_for_others_does_not_open_the_port_for_this_machine()
    {
        var script = Script("198.51.100.0/24");

        script.ShouldContain("    ip saddr 198.51.100.0/24 tcp dport 80-80 accept");
        script.ShouldNotContain("10.77.3.1 } tcp");
    }

    [Fact]
    public void A_rule_for_a_group_lets_its_machines_in() =>
        Script(null, "sg-0a").ShouldContain("    ip saddr @in_sg_0a tcp dport 80-80 accept");

    [Fact]
    public void A_rule_for_a_group_that_is_gone_lets_nobody_in() => Script(null, "sg-0b").ShouldNotContain("in_sg_0b");

    [Theory]
    [InlineData(".list", "deb http://deb.debian.org/debian bookworm main\ndeb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] https://deb.debian.org/debian bookworm-updates main", true)]
    [InlineData(".list", "deb https://packages.example.org/apt cloud-sdk-bookworm main", false)]
    [InlineData(".list", "deb http://deb.debian.org/debian trixie main", false)]
    [InlineData(".list", "deb [signed-by=/usr/share/keyrings/other.gpg] https://example.org/x bookworm main", false)]
    [InlineData(".list", "deb cdrom:[Debian]/ bookworm main", false)]
    [InlineData(".list", "# nothing", false)]
    [InlineData(".sources", "Types: deb\nURIs: http://deb.debian.org/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg", true)]
    [InlineData(".sources", "Types: deb\nURIs: https://deb.example.org/\nSuites: nodistro\nComponents: main", false)]
    [InlineData(".sources.disabled", "Types: deb\nURIs: http://deb.debian.org/debian\nSuites: bookworm", false)]
    public void Only_Debians_own_apt_sources_are_carried_over(string extension, string text, bool expected) =>
        AptSettings.IsDebian("/etc/apt/sources.list.d/some" + extension, text).ShouldBe(expected);

    [Fact]
    public void The_console_is_read_without_what_the_log_adds() => ConsoleLog.Parse(
        "2026-01-01T00:00:00.1+00:00 stdout F one\r\n2026-01-01T00:00:00.2+00:00 stdout P two \n2026-01-01T00:00:00.2+00:00 stdout F three\r\n2026-01-01T00:00:00.3+00:00 stdout F \n")
        .ShouldBe("one\ntwo three\n\n");

    private static string Script(string? cidr, string? group = null) => new PacketFilter(new LabSlot(3)).Script(
        new NetworkPolicy(
            [new MachineAddress("10.77.3.4", "127.77.3.4", ["sg-0a"])],
            [new GroupPolicy("sg-0a", [new AllowedTraffic("tcp", 80, 80, cidr, group)], [])]),
        Own);
}
