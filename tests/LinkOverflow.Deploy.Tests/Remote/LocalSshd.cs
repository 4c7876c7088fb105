using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Tests.Remote;

/// <summary>
/// A real sshd with its own host key, on a loopback address of its own: hosts are reached on port 22, which only root may listen on.
/// </summary>
public sealed class LocalSshd : IAsyncLifetime
{
    private const string Program = "/usr/sbin/sshd";
    private const string Alias = "i-0123456789abcdef0";
    private readonly TemporaryFolder _folder = new();
    private Process? _sshd;

    /// <summary>Why there is none, or null.</summary>
    public string? Missing { get; private set; }

    public string Address { get; } = $"127.78.{RandomNumberGenerator.GetInt32(1, 255)}.{RandomNumberGenerator.GetInt32(1, 255)}";

    public string KeyFile => Path.Combine(_folder.Path, "key");

    public string KnownHosts => Path.Combine(_folder.Path, "known_hosts");

    /// <summary>How to log in: as this user, with a key that the sshd knows.</summary>
    public SshTarget Target => new(Address, Environment.UserName, KeyFile, KnownHosts, Alias);

    /// <summary>As a login whose shell's own files print something before every command.</summary>
    public SshTarget TalkativeTarget => Target with { KeyFile = Path.Combine(_folder.Path, "talkative") };

    public async ValueTask InitializeAsync()
    {
        Missing = !File.Exists(Program) ? $"There is no {Program} (Debian: openssh-server)."
            : !Environment.IsPrivilegedProcess ? "Only root may listen on port 22."
            : null;
        if (Missing is not null)
        {
            return;
        }

        Directory.CreateDirectory("/run/sshd");
        var home = Directory.CreateDirectory(Path.Combine(_folder.Path, "home"));
        await MakeKeyAsync("host");
        await MakeKeyAsync("key");
        await MakeKeyAsync("other");
        await MakeKeyAsync("talkative");
        _folder.Write("talkative_keys", $"command=\"echo Welcome; printf here:; eval \\\"$SSH_ORIGINAL_COMMAND\\\"\" {await File.ReadAllTextAsync(Path.Combine(_folder.Path, "talkative.pub"))}");
        await HostKeys.RememberAsync(KnownHosts, Alias, [await PublicKeyAsync("host")], CancellationToken.None);
        // Logins have an empty home: what the user's own shell does at each, such as taking a lock, is no business of these tests, and would be cut off midway.
        var config = _folder.Write("sshd_config", $"""
            ListenAddress {Address}
            Port 22
            HostKey {_folder.Path}/host
            PidFile none
            AuthorizedKeysFile {_folder.Path}/key.pub {_folder.Path}/talkative_keys
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            PermitRootLogin prohibit-password
            PermitUserRC no
            SetEnv HOME={home.FullName}
            """);
        var start = new ProcessStartInfo(Program, ["-D", "-e", "-f", config]) { RedirectStandardError = true, UseShellExecute = false };
        _sshd = Process.Start(start)!;
        _sshd.ErrorDataReceived += (_, _) => { };
        _sshd.BeginErrorReadLine();
        await WaitForPortAsync();
    }

    /// <summary>A known_hosts file that has another key for the host.</summary>
    public async Task<string> WrongKnownHostsAsync()
    {
        var file = Path.Combine(_folder.Path, "wrong_hosts");
        await HostKeys.RememberAsync(file, Alias, [await PublicKeyAsync("other")], CancellationToken.None);
        return file;
    }

    /// <summary>A private key that the sshd does not know.</summary>
    public string OtherKeyFile => Path.Combine(_folder.Path, "other");

    /// <summary>The connections to it that tests have open, by their processes.</summary>
    public int[] Connections() =>
        [.. ProcessList.All().Where(p => p.Words[0] == "ssh" && p.Words.Contains("ControlMaster=yes") && p.Words.Contains(Address)).Select(p => p.Id)];

    /// <summary>Ends them, as when the network goes away: nobody says goodbye.</summary>
    public void EndConnections()
    {
        foreach (var id in Connections())
        {
            using var connection = Process.GetProcessById(id);
            connection.Kill();
        }
    }

    /// <summary>Ends it; nobody listens there any more.</summary>
    public async Task StopAsync()
    {
        if (_sshd is not null)
        {
            _sshd.Kill();
            await _sshd.WaitForExitAsync();
            _sshd.Dispose();
            _sshd = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    /// <summary>A public key of this sshd's folder, as "type base64": host is its own, other is one that it does not have.</summary>
    public async Task<string> PublicKeyAsync(string name) =>
        string.Join(' ', (await File.ReadAllTextAsync(Path.Combine(_folder.Path, name + ".pub"))).Split(' ')[..2]);

    private async Task MakeKeyAsync(string name)
    {
        using var keygen = Process.Start("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", Path.Combine(_folder.Path, name)]);
        await keygen.WaitForExitAsync();
        keygen.ExitCode.ShouldBe(0);
    }

    private async Task WaitForPortAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            using var socket = new TcpClient();
            try
            {
                await socket.ConnectAsync(IPAddress.Parse(Address), 22);
                return;
            }
            catch (SocketException) when (attempt < 200 && !_sshd!.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }
}
