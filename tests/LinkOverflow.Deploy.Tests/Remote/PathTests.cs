using System.Diagnostics;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Tests.Remote;

/// <summary>Paths of key and state that mean something to ssh are taken as they are.</summary>
[Collection(SharedConnections.Name)]
public sealed class PathTests(LocalSshd sshd) : IClassFixture<LocalSshd>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("100% sure")]
    [InlineData("%h")]
    [InlineData("%%")]
    public async Task A_percent_sign_is_no_token(string name)
    {
        Assert.SkipWhen(sshd.Missing is not null, sshd.Missing ?? "");
        using var folder = new TemporaryFolder();
        var target = sshd.Target with { KeyFile = Path.Combine(folder.Path, name, "key.pem"), KnownHosts = Path.Combine(folder.Path, name, "known_hosts") };
        Directory.CreateDirectory(Path.Combine(folder.Path, name));
        File.Copy(sshd.KeyFile, target.KeyFile);
        File.Copy(sshd.KnownHosts, target.KnownHosts);
        await using (var connection = await SshConnection.OpenAsync(target, Cancellation))
        {
            (await connection.RunAsync(new RemoteScript("echo in", [], AsRoot: false), cancellationToken: Cancellation)).Output.ShouldBe("in\n");
        }

        using var login = Process.Start(new ProcessStartInfo("bash", ["-c", target.LoginCommand() + " -o BatchMode=yes -o GlobalKnownHostsFile=none 'echo in'"])
        {
            RedirectStandardOutput = true, UseShellExecute = false,
        })!;
        (await login.StandardOutput.ReadToEndAsync(Cancellation)).ShouldBe("in\n");
        await login.WaitForExitAsync(Cancellation);
    }
}
