using System.Globalization;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Tests.Remote.Multiplexing;

/// <summary>Commands that share a login, with a real OpenSSH client and a real sshd.</summary>
[Collection(SharedConnections.Name)]
public sealed class SharedLoginTests(LocalSshd sshd) : IClassFixture<LocalSshd>
{
    private const int Megabyte = 1024 * 1024;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_command_has_no_ssh_process_of_its_own()
    {
        await using var connection = await OpenAsync();
        int[] Clients() => [.. ProcessList.All().Where(p => p.Words[0] == "ssh" && p.Words.Contains(sshd.Address)).Select(p => p.Id)];
        var before = Clients();
        int[] meanwhile = [];
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await connection.RunAsync(
            Script("echo begun; cat"),
            async (_, token) =>
            {
                await begun.Task.WaitAsync(token);
                meanwhile = Clients();
            },
            _ => begun.TrySetResult(),
            Cancellation);
        meanwhile.ShouldBe(before);
    }

    // sshd allows ten sessions over a connection (MaxSessions, sshd_config(5)), and the login itself is one.
    [Fact]
    public async Task More_commands_than_the_host_allows_over_a_connection_log_in_for_themselves()
    {
        await using var connection = await OpenAsync();
        var results = await Task.WhenAll(Enumerable.Range(0, 13).Select(
            i => connection.RunAsync(Script("sleep 1; echo \"$1 $SSH_CONNECTION\"", $"{i}"), cancellationToken: Cancellation)));
        results.Select(r => r.Output.Split(' ')[0]).ShouldBe(Enumerable.Range(0, 13).Select(i => i.ToString(CultureInfo.InvariantCulture)));
        results.Select(r => r.Output.Split(' ', 2)[1]).Distinct(StringComparer.Ordinal).Count().ShouldBe(5);
    }

    [Fact]
    public async Task More_than_a_channels_window_comes_whole_on_both_streams()
    {
        await using var connection = await OpenAsync();
        var result = await connection.RunAsync(Script("seq 1000000 & seq 1000000 >&2; wait"), cancellationToken: Cancellation);
        (result.ExitCode, result.Output.Length, result.Error.Length).ShouldBe((0, 6888896, 6888896));
        result.Output.ShouldEndWith("\n999999\n1000000\n");
    }

    [Fact]
    public async Task More_than_a_channels_window_goes_whole_to_several_commands_at_once()
    {
        await using var connection = await OpenAsync();
        var bytes = new byte[7 * Megabyte];
        new System.Random(2).NextBytes(bytes);
        var sum = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => connection.RunAsync(
            Script("sha256sum"), async (stream, token) => await stream.WriteAsync(bytes, token), cancellationToken: Cancellation)));
        results.Select(r => r.Output.Split(' ')[0]).ShouldBe([sum, sum, sum, sum]);
    }

    [Fact]
    public async Task A_command_that_nobody_listens_to_keeps_no_other_one()
    {
        await using var connection = await OpenAsync();
        using var listen = new ManualResetEventSlim();
        var blocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = connection.RunAsync(
            Script("seq 1000000"),
            line: _ =>
            {
                blocked.TrySetResult();
                listen.Wait(Cancellation);
            },
            cancellationToken: Cancellation);
        await blocked.Task.WaitAsync(Cancellation);
        (await connection.RunAsync(Script("echo well"), cancellationToken: Cancellation)).Output.ShouldBe("well\n");
        first.IsCompleted.ShouldBeFalse();
        listen.Set();
        (await first).Output.Length.ShouldBe(6888896);
    }

    [Fact]
    public async Task A_command_that_closes_its_input_is_sent_no_more_of_it()
    {
        await using var connection = await OpenAsync();
        var written = 0L;
        var result = await connection.RunAsync(
            Script("exec <&-; sleep 1; echo well; exit 3"),
            async (stream, token) =>
            {
                for (; written < 4096L * Megabyte; written += Megabyte)
                {
                    await stream.WriteAsync(new byte[Megabyte], token);
                }
            },
            cancellationToken: Cancellation);
        result.ShouldBe(new RemoteResult(3, "well\n", ""));
        written.ShouldBeLessThan(64L * Megabyte);
    }

    // As a folder's archive, of which a file cannot be read.
    [Fact]
    public async Task An_input_that_fails_here_fails_the_command_and_ends_it_on_the_host()
    {
        using var folder = new TemporaryFolder();
        var whole = Path.Combine(folder.Path, "whole");
        var begun = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var connection = await OpenAsync();
        await Should.ThrowAsync<FileNotFoundException>(() => connection.RunAsync(
            Script("echo $$; cat >/dev/null; sleep 20; echo >\"$1\"", whole),
            async (stream, token) =>
            {
                await begun.Task.WaitAsync(token);
                await stream.WriteAsync("half"u8.ToArray(), token);
                await File.ReadAllBytesAsync(Path.Combine(folder.Path, "missing"), token);
            },
            line => begun.TrySetResult(int.Parse(line, CultureInfo.InvariantCulture)),
            Cancellation));

        // It is told to end, at once where the host is not busy, and goes on by itself for a while where it is not told.
        while (ProcessList.Words(await begun.Task).Length > 0)
        {
            await Task.Delay(50, Cancellation);
        }

        File.Exists(whole).ShouldBeFalse();
    }

    // As what ends an archive does, whatever becomes of what is before.
    [Fact]
    public async Task An_interruption_does_not_wait_for_a_host_that_reads_nothing()
    {
        await using var connection = await OpenAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        stop.CancelAfter(TimeSpan.FromSeconds(1));
        var command = connection.RunAsync(
            Script("sleep 60"), async (stream, _) => await stream.WriteAsync(new byte[16 * Megabyte], CancellationToken.None), cancellationToken: stop.Token);
        await Should.ThrowAsync<OperationCanceledException>(() => command.WaitAsync(TimeSpan.FromSeconds(20), Cancellation));
        (await connection.RunAsync(Script("echo well"), cancellationToken: Cancellation)).Output.ShouldBe("well\n");
    }

    [Fact]
    public async Task The_exit_code_that_ssh_has_for_its_own_errors_is_a_commands_as_any_other()
    {
        await using var connection = await OpenAsync();
        (await connection.RunAsync(Script("echo said >&2; exit 255"), cancellationToken: Cancellation)).ShouldBe(new RemoteResult(255, "", "said\n"));
    }

    [Fact]
    public async Task A_login_shell_that_a_signal_ends_is_a_failed_connection_and_the_next_command_runs()
    {
        await using var connection = await OpenAsync();
        var error = await Should.ThrowAsync<DeployException>(() => connection.RunAsync(Script("kill -KILL $PPID"), cancellationToken: Cancellation));
        error.Id.ShouldBe(ErrorId.ConnectionFailed);
        error.Message.ShouldContain("the login shell was ended");
        (await connection.RunAsync(Script("echo well"), cancellationToken: Cancellation)).Output.ShouldBe("well\n");
    }

    [Fact]
    public async Task A_connection_that_breaks_fails_its_commands_at_once()
    {
        await using var connection = await OpenAsync();
        var begun = 0;
        var running = Enumerable.Range(0, 3).Select(_ => connection.RunAsync(
            Script("echo begun; sleep 30"),
            line: _ =>
            {
                if (Interlocked.Increment(ref begun) == 3)
                {
                    sshd.EndConnections();
                }
            },
            cancellationToken: Cancellation)).ToArray();
        foreach (var command in running)
        {
            (await Should.ThrowAsync<DeployException>(() => command.WaitAsync(TimeSpan.FromSeconds(20), Cancellation))).Id.ShouldBe(ErrorId.ConnectionFailed);
        }

        connection.IsOpen.ShouldBeFalse();
        (await Should.ThrowAsync<DeployException>(() => connection.RunAsync(Script("true"), cancellationToken: Cancellation))).Id.ShouldBe(ErrorId.ConnectionFailed);
    }

    [Fact]
    public async Task Commands_that_are_interrupted_as_they_begin_leave_the_connection_as_it_was()
    {
        await using var connection = await OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            var command = connection.RunAsync(Script("sleep 20"), cancellationToken: stop.Token);
            await Task.Delay(i / 2, Cancellation);
            await stop.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => command);
        }

        var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => connection.RunAsync(Script("echo well"), cancellationToken: Cancellation)));
        results.Select(r => r.Output).ShouldAllBe(o => o == "well\n");
    }

    private static RemoteScript Script(string text, params string[] arguments) => new(text, arguments, AsRoot: false);

    private Task<SshConnection> OpenAsync()
    {
        Assert.SkipWhen(sshd.Missing is not null, sshd.Missing ?? "");
        return SshConnection.OpenAsync(sshd.Target, Cancellation);
    }
}
