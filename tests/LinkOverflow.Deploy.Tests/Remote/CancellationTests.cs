using System.Diagnostics;
using System.Text;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Tests.Remote;

/// <summary>What an interrupted run leaves running on a host, which sshd does not end by itself: nothing, but for what must not be cut off.</summary>
[Collection(SharedConnections.Name)]
public sealed class CancellationTests(LocalSshd sshd) : IClassFixture<LocalSshd>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Marker => Path.Combine(_folder.Path, "marker");

    public void Dispose() => _folder.Dispose();

    // A single program takes the place of its shell; several leave the shell there; a background job ignores the keyboard's signal.
    [Theory]
    [InlineData("echo go >&2; exec tail -f \"$1\"")]
    [InlineData("echo go >&2; tail -f \"$1\"; echo never")]
    [InlineData("tail -f \"$1\" & echo go >&2; wait")]
    [InlineData("echo go >&2; bash -c 'tail -f \"$1\"; true' inner \"$1\"")]
    public async Task A_command_ends_with_all_that_it_runs(string text)
    {
        await File.WriteAllTextAsync(Marker, "", Cancellation);
        await CancelAsync(new RemoteScript(text, [Marker], AsRoot: false));
        await UntilAsync(() => !Runs("tail"));
    }

    [Fact]
    public async Task A_command_that_root_runs_ends_too()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/sudo"), "There is no sudo here.");
        await File.WriteAllTextAsync(Marker, "", Cancellation);
        await CancelAsync(new RemoteScript("echo go >&2; tail -f \"$1\"; true", [Marker]));
        await UntilAsync(() => !Runs("tail"));
    }

    [Fact]
    public async Task Other_commands_on_the_same_host_go_on()
    {
        await File.WriteAllTextAsync(Marker, "", Cancellation);
        await using var connection = await OpenAsync();
        using var other = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = connection.RunAsync(
            new RemoteScript("echo go; read -r word; echo \"$word\"", [], AsRoot: false),
            async (stream, token) =>
            {
                await begun.Task.WaitAsync(token);
                await CancelAsync(connection, new RemoteScript("echo go >&2; tail -f \"$1\"", [Marker], AsRoot: false));
                await stream.WriteAsync("well\n"u8.ToArray(), token);
            },
            _ => begun.TrySetResult(),
            other.Token);
        (await running).Output.ShouldBe("go\nwell\n");
    }

    [Fact]
    public async Task A_script_of_this_program_ends_what_may_be_cut_off_and_puts_back_what_that_leaves()
    {
        await CancelAsync(Own("echo go >&2; cancellable tail -f /dev/null --pid=$$ || { finish; sleep 0.3; echo 'put back' >\"$1\"; exit 1; }; echo done >\"$1\""));
        await UntilAsync(() => Said() == "put back\n");
    }

    [Fact]
    public async Task A_script_of_this_program_does_the_rest_to_its_end_and_begins_nothing_more()
    {
        await CancelAsync(Own("echo go >&2; sleep 1; echo whole >\"$1\"; cancellable echo more >>\"$1\" || exit 1; echo done >>\"$1\""));
        await UntilAsync(() => Said() == "whole\n");
        await Task.Delay(500, Cancellation);
        Said().ShouldBe("whole\n");
    }

    [Fact]
    public async Task All_of_a_group_is_told_and_waited_for()
    {
        // What it runs takes a moment to end, below a timeout, as a site's own code is run.
        var slow = "trap 'sleep 0.5; echo ended >>\"'\"$1\"'\"; exit' TERM; echo go >&2; while :; do sleep 0.05; done";
        await CancelAsync(Own($"work() {{ cd /; exec timeout 60 bash -c {ShellText.Quote(slow)} slow \"$1\"; }}; cancellable work \"$1\" || echo after >>\"$1\""));
        await UntilAsync(() => Said() == "ended\nafter\n");
    }

    [Fact]
    public async Task What_a_script_of_this_program_says_cannot_end_it_where_nobody_hears_it()
    {
        Skip();
        await using var connection = await OpenAsync();
        var said = 0;
        var running = connection.RunAsync(
            Own("echo first; for ((n = 0; n < 20; n++)); do seq 2000; seq 2000 >&2; sleep 0.02; done; echo whole >\"$1\""),
            line: _ =>
            {
                // As kill -9 or a network that goes away: nobody tells the host.
                if (Interlocked.Increment(ref said) == 1)
                {
                    sshd.EndConnections();
                }
            },
            cancellationToken: Cancellation);
        await Should.ThrowAsync<DeployException>(() => running);
        await UntilAsync(() => Said() == "whole\n");
    }

    [Fact]
    public async Task What_a_script_of_this_program_says_comes_whole()
    {
        await using var connection = await OpenAsync();
        var result = await connection.RunAsync(Own("seq 20000; seq 20000 >&2; exit 3"), cancellationToken: Cancellation);
        (result.ExitCode, result.Output.Length, result.Error.Length).ShouldBe((3, 108894, 108894));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_begins_only_after_the_host_has_heard_of_its_interruption_ends_too(bool isOwn)
    {
        await File.WriteAllTextAsync(Marker, "", Cancellation);
        await using var connection = await OpenAsync();
        var mark = Guid.NewGuid().ToString("N");
        var script = isOwn ? Own("cancellable tail -f \"$1\"") : new RemoteScript("tail -f \"$1\"", [Marker], AsRoot: false);
        var ending = connection.RunAsync(script.Cancellation(mark), cancellationToken: Cancellation);
        await UntilAsync(() => ProcessList.All().Any(p => p.Words.Contains(mark, StringComparer.Ordinal)));

        // As sshd starts it, in a session of its own.
        using var late = Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", script.CommandLine(mark)]) { RedirectStandardInput = true, UseShellExecute = false })!;
        try
        {
            await late.StandardInput.WriteAsync(Encoding.ASCII.GetString(script.Preamble));
            await late.StandardInput.FlushAsync(Cancellation);
            (await ending).ExitCode.ShouldBe(0);
            await UntilAsync(() => late.HasExited);
        }
        finally
        {
            late.Kill(entireProcessTree: true);
        }

        Runs("tail").ShouldBeFalse();
    }

    [Fact]
    public async Task A_host_that_hears_nothing_is_not_waited_for()
    {
        await using var connection = await OpenAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var clock = new Stopwatch();
        var master = sshd.Connections().ShouldHaveSingleItem();
        await Should.ThrowAsync<OperationCanceledException>(() => connection.RunAsync(
            new RemoteScript("echo go; tail -f /dev/null --pid=$PPID", [], AsRoot: false),
            line: _ =>
            {
                // It takes no notice of anything, as where the network is gone.
                using var pause = Process.Start("kill", ["-STOP", $"{master}"]);
                pause.WaitForExit();
                clock.Start();
                stop.Cancel();
            },
            cancellationToken: stop.Token));
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }

    /// <summary>As the scripts of this program begin.</summary>
    private RemoteScript Own(string text) => new($"{RemoteScript.Resource("cancellation.sh")}\n{text}", [Marker], AsRoot: false) { IsOwn = true };

    /// <summary>Runs a script that says "go" once it is at work, and interrupts it then.</summary>
    private async Task CancelAsync(RemoteScript script)
    {
        await using var connection = await OpenAsync();
        await CancelAsync(connection, script);
    }

    private static async Task CancelAsync(SshConnection connection, RemoteScript script)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await Should.ThrowAsync<OperationCanceledException>(() => connection.RunAsync(
            script,
            line: line =>
            {
                if (line == "go")
                {
                    stop.Cancel();
                }
            },
            cancellationToken: stop.Token));
    }

    private string Said() => File.Exists(Marker) ? File.ReadAllText(Marker) : "";

    private bool Runs(string program) => ProcessList.All().Any(p => p.Words[0].EndsWith(program, StringComparison.Ordinal) && p.Words.Contains(Marker, StringComparer.Ordinal));

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        while (!holds())
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private void Skip() => Assert.SkipWhen(sshd.Missing is not null, sshd.Missing ?? "");

    private Task<SshConnection> OpenAsync()
    {
        Skip();
        return SshConnection.OpenAsync(sshd.Target, Cancellation);
    }
}
