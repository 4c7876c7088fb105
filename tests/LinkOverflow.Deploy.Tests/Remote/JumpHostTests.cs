using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Tests.Remote;

/// <summary>A host that is reached by way of another, as ssh_config says: two real sshd.</summary>
public sealed class JumpHostTests : IAsyncLifetime
{
    private const string ConfigFolder = "/etc/ssh/ssh_config.d";
    private readonly LocalSshd _jump = new();
    private readonly LocalSshd _host = new();
    private string? _config;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _jump.InitializeAsync();
        await _host.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_config is not null)
        {
            File.Delete(_config);
        }

        await _jump.DisposeAsync();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task A_jump_host_of_the_ssh_config_is_used()
    {
        Assert.SkipWhen(_host.Missing is not null, _host.Missing ?? "");
        Assert.SkipUnless(Directory.Exists(ConfigFolder), $"There is no {ConfigFolder}.");
        var jump = _jump.Target;

        // ssh reads the user's own file by the user database, not by HOME; this one it reads in the same way, and it is about these two alone.
        _config = Path.Combine(ConfigFolder, $"lo-test-{_host.Address}.conf");
        await File.WriteAllTextAsync(
            _config,
            $"""
            Host jump-to-{_host.Address}
              HostName {_jump.Address}
              User {jump.User}
              IdentityFile {jump.KeyFile}
              UserKnownHostsFile {jump.KnownHosts}
              HostKeyAlias {jump.HostKeyAlias}
            Host {_host.Address}
              ProxyJump jump-to-{_host.Address}

            """,
            Cancellation);
        var script = new RemoteScript("echo \"$SSH_CONNECTION\"", [], AsRoot: false);
        await using (var connection = await SshConnection.OpenAsync(_host.Target, Cancellation))
        {
            (await connection.RunAsync(script, cancellationToken: Cancellation)).Output.ShouldContain(_host.Address);
        }

        // The host itself still listens.
        await _jump.StopAsync();
        (await Should.ThrowAsync<DeployException>(() => SshConnection.OpenAsync(_host.Target, Cancellation))).Id.ShouldBe(ErrorId.ConnectionFailed);
        File.Delete(_config);
        await using var direct = await SshConnection.OpenAsync(_host.Target, Cancellation);
        direct.IsOpen.ShouldBeTrue();
    }
}
