using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Tests.Remote;

public sealed class HostKeysTests
{
    private const string Block = """
        -----BEGIN SSH HOST KEY KEYS-----
        ecdsa-sha2-nistp256 AAAAE2Vj root@ip-10-0-0-1
        ssh-ed25519 AAAAC3Nz root@ip-10-0-0-1
        -----END SSH HOST KEY KEYS-----
        """;

    [Fact]
    public void Keys_are_taken_from_between_cloud_inits_lines() =>
        HostKeys.FromConsole("booting\n" + Block + "\nlogin:").ShouldBe(["ecdsa-sha2-nistp256 AAAAE2Vj", "ssh-ed25519 AAAAC3Nz"]);

    [Fact]
    public void Half_a_block_gives_nothing_yet() => HostKeys.FromConsole(Block[..80]).ShouldBeEmpty();

    [Fact]
    public void A_prefix_on_every_line_does_not_matter() =>
        HostKeys.FromConsole(string.Join('\n', Block.Split('\n').Select(l => "[   12.3] cloud-init[900]: " + l))).Count.ShouldBe(2);

    [Fact]
    public void A_console_of_AWS_is_read_fingerprints_and_carriage_returns_and_all()
    {
        const string Console = """
            [   14.512] cloud-init[612]: Generating public/private rsa key pair.
            <14>Nov 24 10:00:00 ec2: #############################################################
            <14>Nov 24 10:00:00 ec2: -----BEGIN SSH HOST KEY FINGERPRINTS-----
            <14>Nov 24 10:00:00 ec2: 256 SHA256:7RWzQQIO5yYCebKVHDOIeyXmD7cr3vkkl1srYR/Kvms root@ip-10-0-0-1 (ED25519)
            <14>Nov 24 10:00:00 ec2: -----END SSH HOST KEY FINGERPRINTS-----
            <14>Nov 24 10:00:00 ec2: #############################################################
            -----BEGIN SSH HOST KEY KEYS-----
            ec2: ssh-ed25519 AAAAC3Nz root@ip-10-0-0-1
            ssh-rsa AAAAB3Nz root@ip-10-0-0-1
            -----END SSH HOST KEY KEYS-----
            [   15.000] cloud-init[700]: Cloud-init v. 22.4.2 finished
            """;
        HostKeys.FromConsole(Console.ReplaceLineEndings("\r\n")).ShouldBe(["ssh-ed25519 AAAAC3Nz", "ssh-rsa AAAAB3Nz"]);
    }

    [Fact]
    public void A_second_boot_that_has_not_printed_its_keys_whole_leaves_those_of_the_first() =>
        HostKeys.FromConsole(Block + "\n" + Block[..80]).Count.ShouldBe(2);

    [Fact]
    public void The_last_boot_counts() =>
        HostKeys.FromConsole(Block + "\n" + Block.Replace("AAAAC3Nz", "AAAAnew", StringComparison.Ordinal))[1].ShouldBe("ssh-ed25519 AAAAnew");

    [Fact]
    public void Remembering_one_host_keeps_the_others_and_forgets_its_old_key()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "deep", "known_hosts");
        Parallel.For(0, 20, i => HostKeys.Remember(file, $"i-{i}", ["ssh-ed25519 AAAA1"]));
        HostKeys.Remember(file, "i-3", ["ssh-ed25519 AAAA2"]);
        var lines = File.ReadAllLines(file);
        lines.Length.ShouldBe(20);
        lines.ShouldContain("i-3 ssh-ed25519 AAAA2");
        lines.ShouldContain("i-4 ssh-ed25519 AAAA1");
    }
}
