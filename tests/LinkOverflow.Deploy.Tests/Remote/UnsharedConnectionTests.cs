using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Tests.Remote;

/// <summary>The way of an OpenSSH client without ControlMaster, as on Windows: each command logs in for itself.</summary>
public sealed class UnsharedConnectionTests(LocalSshd sshd) : IClassFixture<LocalSshd>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_command_logs_in_for_itself_and_has_its_input_streams_and_exit_code()
    {
        Assert.SkipWhen(sshd.Missing is not null, sshd.Missing ?? "");
        await using var connection = await SshConnection.OpenAsync(sshd.Target, shared: false, Cancellation);
        var logins = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 2; i++)
        {
            var result = await connection.RunAsync(
                new RemoteScript("echo \"$SSH_CONNECTION\"; cat >&2; exit 7", [], AsRoot: false),
                async (stream, token) => await stream.WriteAsync("it's an input"u8.ToArray(), token),
                cancellationToken: Cancellation);
            result.ExitCode.ShouldBe(7);
            result.Error.ShouldBe("it's an input\n");
            logins.Add(result.Output);
        }

        logins.Count.ShouldBe(2);
        connection.IsOpen.ShouldBeTrue();
    }

    [Fact]
    public async Task A_host_that_is_not_the_right_one_or_not_there_is_refused_at_the_login()
    {
        Assert.SkipWhen(sshd.Missing is not null, sshd.Missing ?? "");
        var wrong = sshd.Target with { KnownHosts = await sshd.WrongKnownHostsAsync() };
        (await Should.ThrowAsync<DeployException>(() => SshConnection.OpenAsync(wrong, shared: false, Cancellation))).Id.ShouldBe(ErrorId.HostKeyMismatch);
        var nobody = sshd.Target with { Address = "127.79.255.253" };
        (await Should.ThrowAsync<DeployException>(() => SshConnection.OpenAsync(nobody, shared: false, Cancellation))).Id.ShouldBe(ErrorId.ConnectionFailed);
    }
}
