using System.Diagnostics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Tests.Remote;

/// <summary>The OpenSSH client against a real sshd.</summary>
[Collection(SharedConnections.Name)]
public sealed class SshConnectionTests(LocalSshd sshd) : IClassFixture<LocalSshd>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_script_runs_and_both_streams_and_the_exit_code_come_back()
    {
        await using var connection = await OpenAsync();
        var result = await connection.RunAsync(Script("echo out; echo err >&2; exit 7"), cancellationToken: Cancellation);
        result.ShouldBe(new RemoteResult(7, "out\n", "err\n"));
        result.Tail(1).ShouldBe("err");
    }

    [Fact]
    public async Task Arguments_arrive_as_they_are_whatever_they_hold()
    {
        string[] hostile = ["", " ", "-rf", "'", "\"", "\\", "$HOME", "`id`", "$(id)", "a\nb", "*", "~", "é☃𝄞", "\t", ";&|<>", "!x", "\r", "\\n", "%s"];
        var generated = Gen.Sample(ArbMap.Default.GeneratorFor<NonNull<string>>(), 150, 40).Select(s => WellFormed(s.Get));
        string[] arguments = [.. hostile, .. generated];
        await using var connection = await OpenAsync();
        var result = await connection.RunAsync(Script("printf '%s\\0' \"$@\" | base64 -w0", arguments), cancellationToken: Cancellation);
        Encoding.UTF8.GetString(Convert.FromBase64String(result.Output)).Split('\0')[..^1].ShouldBe(arguments);
    }

    [Fact]
    public async Task Input_is_streamed_to_the_script()
    {
        var bytes = new byte[3 * 1024 * 1024];
        new System.Random(1).NextBytes(bytes);
        await using var connection = await OpenAsync();
        var result = await connection.RunAsync(
            Script("sha256sum"), async (stream, token) => await stream.WriteAsync(bytes, token), cancellationToken: Cancellation);
        result.Output.ShouldStartWith(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)));
    }

    [Fact]
    public async Task A_script_without_input_reads_an_end()
    {
        await using var connection = await OpenAsync();
        (await connection.RunAsync(Script("cat; echo done"), cancellationToken: Cancellation)).Output.ShouldBe("done\n");
    }

    [Fact]
    public async Task A_script_that_ends_before_it_has_read_everything_gives_its_exit_code()
    {
        await using var connection = await OpenAsync();
        var result = await connection.RunAsync(
            Script("exit 5"),
            async (stream, token) =>
            {
                for (var i = 0; i < 64; i++)
                {
                    await stream.WriteAsync(new byte[256 * 1024], token);
                }
            },
            cancellationToken: Cancellation);
        result.ExitCode.ShouldBe(5);
    }

    [Fact]
    public async Task Lines_are_told_while_the_script_still_runs()
    {
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var connection = await OpenAsync();

        // The script waits for an input that is given only after its first line was seen.
        var result = await connection.RunAsync(
            Script("echo first; read -r word; echo \"$word\""),
            async (stream, token) =>
            {
                await first.Task.WaitAsync(TimeSpan.FromSeconds(20), token);
                await stream.WriteAsync("second\n"u8.ToArray(), token);
            },
            line => first.TrySetResult(),
            Cancellation);
        result.Output.ShouldBe("first\nsecond\n");
    }

    [Fact]
    public async Task Further_commands_reuse_the_login()
    {
        await using var connection = await OpenAsync();
        var ports = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            ports.Add((await connection.RunAsync(Script("echo $SSH_CONNECTION"), cancellationToken: Cancellation)).Output);
        }

        ports.Distinct(StringComparer.Ordinal).ShouldHaveSingleItem().ShouldContain(sshd.Address);
    }

    [Fact]
    public async Task Commands_run_side_by_side_over_one_login()
    {
        await using var connection = await OpenAsync();
        var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(
            i => connection.RunAsync(Script("sleep 0.2; echo $1", $"{i}"), cancellationToken: Cancellation)));
        results.Select(r => r.Output.Trim()).ShouldBe(["0", "1", "2", "3", "4", "5"]);
    }

    [Fact]
    public async Task A_login_shell_that_says_something_first_is_logged_in_to()
    {
        Skip();
        await using var connection = await SshConnection.OpenAsync(sshd.TalkativeTarget, Cancellation).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        (await connection.RunAsync(Script("echo well"), cancellationToken: Cancellation)).Output.ShouldBe("Welcome\nhere:well\n");
    }

    [Fact]
    public async Task Another_host_key_than_the_known_one_is_a_mismatch()
    {
        Skip();
        var target = sshd.Target with { KnownHosts = await sshd.WrongKnownHostsAsync() };
        var error = await Should.ThrowAsync<DeployException>(() => SshConnection.OpenAsync(target, Cancellation));
        error.Id.ShouldBe(ErrorId.HostKeyMismatch);
        error.Message.ShouldContain(sshd.Address);
        error.Message.ShouldContain(target.HostKeyAlias);
    }

    [Fact]
    public async Task A_host_whose_key_is_not_known_is_not_logged_in_to()
    {
        Skip();
        var target = sshd.Target with { HostKeyAlias = "i-unknown" };
        (await Should.ThrowAsync<DeployException>(() => SshConnection.OpenAsync(target, Cancellation))).Id.ShouldBe(ErrorId.HostKeyMismatch);
    }

    [Fact]
    public async Task A_refused_key_is_a_failed_connection_with_the_clients_words()
    {
        Skip();
        var target = sshd.Target with { KeyFile = sshd.OtherKeyFile };
        var error = await Should.ThrowAsync<DeployException>(() => SshConnection.OpenAsync(target, Cancellation));
        error.Id.ShouldBe(ErrorId.ConnectionFailed);
        error.Message.ShouldContain("Permission denied");
    }

    [Fact]
    public async Task Nobody_listening_is_a_failed_connection()
    {
        Skip();
        var target = sshd.Target with { Address = "127.79.255.254" };
        var error = await Should.ThrowAsync<DeployException>(() => SshConnection.OpenAsync(target, Cancellation));
        error.Id.ShouldBe(ErrorId.ConnectionFailed);
        error.Message.ShouldContain("127.79.255.254");
        error.Message.ShouldContain("refused");
    }

    [Fact]
    public async Task Cancelling_ends_a_running_command_quickly()
    {
        await using var connection = await OpenAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var clock = Stopwatch.StartNew();
        await Should.ThrowAsync<OperationCanceledException>(() => connection.RunAsync(
            Script("echo started; tail -f /dev/null --pid=$PPID"), line: _ => stop.Cancel(), cancellationToken: stop.Token));
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));

        // The login outlives the command.
        (await connection.RunAsync(Script("echo well"), cancellationToken: Cancellation)).Output.ShouldBe("well\n");
    }

    [Fact]
    public async Task Disposing_leaves_no_process_and_no_socket()
    {
        var connection = await OpenAsync();
        var (processes, sockets) = Leftovers(connection.Target);
        processes.ShouldNotBeEmpty();
        await connection.RunAsync(Script("true"), cancellationToken: Cancellation);
        await connection.DisposeAsync();
        connection.IsOpen.ShouldBeFalse();
        processes.Where(p => ProcessList.Words(p).Contains(connection.Target.Address)).ShouldBeEmpty();
        sockets.Where(File.Exists).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_login_command_for_people_works_in_a_shell_even_with_blanks_in_its_paths()
    {
        Skip();
        using var folder = new TemporaryFolder();
        var target = sshd.Target with { KeyFile = Path.Combine(folder.Path, "my key's.pem"), KnownHosts = Path.Combine(folder.Path, "my state", "known_hosts") };
        Directory.CreateDirectory(Path.GetDirectoryName(target.KnownHosts)!);
        File.Copy(sshd.KnownHosts, target.KnownHosts);
        File.Copy(sshd.KeyFile, target.KeyFile);
        foreach (var login in (string[])[sshd.Target.LoginCommand(), target.LoginCommand()])
        {
            // As people would type it, but for a terminal to ask on.
            var start = new ProcessStartInfo("bash", ["-c", login + " -o BatchMode=yes -o GlobalKnownHostsFile=none -o UpdateHostKeys=no 'echo in'"])
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
            };
            using var bash = Process.Start(start)!;
            bash.StandardInput.Close();
            var error = bash.StandardError.ReadToEndAsync(Cancellation);
            (await bash.StandardOutput.ReadToEndAsync(Cancellation)).ShouldBe("in\n", await error);
        }
    }

    [Fact]
    public async Task A_login_that_broke_is_replaced_by_a_new_one()
    {
        Skip();

        // A target of its own, as the connections are shared by target.
        var target = sshd.Target with { KnownHosts = Path.Combine(Path.GetDirectoryName(sshd.KnownHosts)!, "./known_hosts") };
        var first = await SshConnections.GetAsync(target, Cancellation);
        (await SshConnections.GetAsync(target, Cancellation)).ShouldBeSameAs(first);
        foreach (var id in Leftovers(target).Processes)
        {
            using var master = Process.GetProcessById(id);
            master.Kill();
            await master.WaitForExitAsync(Cancellation);
        }

        first.IsOpen.ShouldBeFalse();
        (await SshConnections.RunAsync(target, Script("echo again"), cancellationToken: Cancellation)).Output.ShouldBe("again\n");
        await SshConnections.CloseAllAsync();
        Leftovers(target).Processes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Hosts_that_do_not_say_goodbye_are_not_waited_for_one_after_the_other()
    {
        Skip();
        var folder = Path.GetDirectoryName(sshd.KnownHosts)!;

        // Targets of the test's own, by paths that are the same file.
        var targets = Enumerable.Range(3, 6).Select(n => sshd.Target with { KnownHosts = Path.Combine(folder, string.Concat(Enumerable.Repeat("./", n)), "known_hosts") }).ToArray();
        await Task.WhenAll(targets.Select(t => SshConnections.GetAsync(t, Cancellation)));
        var masters = targets.SelectMany(t => Leftovers(t).Processes).ToArray();
        masters.Length.ShouldBe(targets.Length);
        foreach (var id in masters)
        {
            // It takes no notice of anything, as where the network is gone.
            using var stop = Process.Start("kill", ["-STOP", $"{id}"]);
            await stop.WaitForExitAsync(Cancellation);
        }

        var clock = Stopwatch.StartNew();
        await SshConnections.CloseAllAsync();

        // Two seconds each are twelve.
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(9));
        targets.SelectMany(t => Leftovers(t).Processes).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_script_whose_connection_breaks_runs_again_once_where_it_may(bool repeatable)
    {
        Skip();
        using var folder = new TemporaryFolder();
        var runs = Path.Combine(folder.Path, "runs");
        var target = sshd.Target with { KnownHosts = Path.Combine(Path.GetDirectoryName(sshd.KnownHosts)!, $"./{(repeatable ? "." : "")}/known_hosts") };
        var script = Script("echo run >>\"$1\"; [ \"$(wc -l <\"$1\")\" -gt 1 ] || { echo first; cat >/dev/null; }; echo done", runs) with { Repeatable = repeatable };

        // The first run waits for an input that never ends, until its connection is gone.
        Task<RemoteResult> RunAsync() => SshConnections.RunAsync(
            target, script, (_, token) => Task.Delay(File.Exists(runs) ? 0 : Timeout.Infinite, token), line => Break(line, target), Cancellation);
        try
        {
            if (repeatable)
            {
                (await RunAsync()).Output.ShouldBe("done\n");
            }
            else
            {
                (await Should.ThrowAsync<DeployException>(RunAsync)).Id.ShouldBe(ErrorId.ConnectionFailed);
            }

            (await File.ReadAllLinesAsync(runs, Cancellation)).Length.ShouldBe(repeatable ? 2 : 1);
        }
        finally
        {
            await SshConnections.CloseAllAsync();
        }

        static void Break(string line, SshTarget target)
        {
            if (line == "first")
            {
                foreach (var id in Leftovers(target).Processes)
                {
                    using var master = Process.GetProcessById(id);
                    master.Kill();
                }
            }
        }
    }

    // The masters with exactly these options, and their control sockets; other tests' connections go on beside.
    private static (int[] Processes, string[] Sockets) Leftovers(SshTarget target)
    {
        var own = ProcessList.All()
            .Where(p => p.Words[0] == "ssh" && p.Words.Contains("ControlMaster=yes") && p.Words.Contains($"UserKnownHostsFile=\"{target.KnownHosts}\""))
            .ToArray();
        return ([.. own.Select(p => p.Id)], [.. own.Select(p => p.Words[Array.IndexOf(p.Words, "-S") + 1])]);
    }

    private static string WellFormed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Replace("\0", "", StringComparison.Ordinal)));

    private static RemoteScript Script(string text, params string[] arguments) => new(text, arguments, AsRoot: false);

    private void Skip() => Assert.SkipWhen(sshd.Missing is not null, sshd.Missing ?? "");

    private Task<SshConnection> OpenAsync()
    {
        Skip();
        return SshConnection.OpenAsync(sshd.Target, Cancellation);
    }
}
