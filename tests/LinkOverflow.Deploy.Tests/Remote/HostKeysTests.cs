using System.Diagnostics;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Tests.Remote;

public sealed class HostKeysTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

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
    public async Task Remembering_one_host_keeps_the_others_and_forgets_its_old_key()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "deep", "known_hosts");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => HostKeys.RememberAsync(file, $"i-{i}", ["ssh-ed25519 AAAA1"], Cancellation)));
        await HostKeys.RememberAsync(file, "i-3", ["ssh-ed25519 AAAA2"], Cancellation);
        var lines = await File.ReadAllLinesAsync(file, Cancellation);
        lines.Length.ShouldBe(20);
        lines.ShouldContain("i-3 ssh-ed25519 AAAA2");
        lines.ShouldContain("i-4 ssh-ed25519 AAAA1");
        (await HostKeys.ReadAsync(file, "i-3", Cancellation)).ShouldBe(["ssh-ed25519 AAAA2"]);
        (await HostKeys.ReadAsync(file, "i-", Cancellation)).ShouldBeEmpty();
        await HostKeys.RememberAsync(file, "i-3", [], Cancellation);
        (await HostKeys.ReadAsync(file, "i-3", Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_another_process_writes_is_waited_for()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "known_hosts");
        using var flock = Process.Start(new ProcessStartInfo("flock", [file + ".lock", "sh", "-c", "echo held; read _"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false,
        })!;
        try
        {
            (await flock.StandardOutput.ReadLineAsync(Cancellation)).ShouldBe("held");
            var remembering = HostKeys.RememberAsync(file, "i-1", ["ssh-ed25519 AAAA1"], Cancellation);
            (await Task.WhenAny(remembering, Task.Delay(300, Cancellation))).ShouldNotBe(remembering);
            File.Exists(file).ShouldBeFalse();
            await flock.StandardInput.WriteLineAsync("");
            await remembering;
            File.Exists(file).ShouldBeTrue();
        }
        finally
        {
            flock.StandardInput.Close();
            await flock.WaitForExitAsync(CancellationToken.None);
        }
    }
}
