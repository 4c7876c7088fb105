using System.Diagnostics;

namespace LinkOverflow.Deploy.Tests.Remote;

/// <summary>
/// A line in the known_hosts file of the user who runs the tests, for a loopback address; taken out again with the test. The OpenSSH client
/// looks for that file in the home folder that the user database names, so no environment leads it elsewhere.
/// </summary>
internal sealed class UsersKnownHosts : IAsyncDisposable
{
    private readonly string _file;
    private readonly string _line;
    private bool _madeFolder;

    private UsersKnownHosts(string file, string line)
    {
        _file = file;
        _line = line;
    }

    /// <summary>Adds a host's key.</summary>
    /// <param name="address">The host's address.</param>
    /// <param name="key">Its key, as "type base64".</param>
    public static async Task<UsersKnownHosts> WithAsync(string address, string key)
    {
        var known = new UsersKnownHosts(await FileAsync(address), $"{address} {key} of-a-test");
        await known.ChangeAsync(lines => [.. lines, known._line]);
        return known;
    }

    public async ValueTask DisposeAsync()
    {
        await ChangeAsync(lines => [.. lines.Where(l => l != _line)]);
        try
        {
            if (_madeFolder)
            {
                Directory.Delete(Path.GetDirectoryName(_file)!);
            }
        }
        catch (IOException)
        {
            // Somebody else has put something there meanwhile.
        }
    }

    private async Task ChangeAsync(Func<string[], string[]> change)
    {
        var folder = Path.GetDirectoryName(_file)!;
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            _madeFolder = true;
        }

        while (true)
        {
            try
            {
                // Tests of several processes may change it at once.
                await using var held = new FileStream(
                    Path.Combine(Path.GetTempPath(), "linkoverflow-tests-known-hosts.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
                var lines = change(File.Exists(_file) ? await File.ReadAllLinesAsync(_file) : []);
                if (lines.Length == 0)
                {
                    File.Delete(_file);
                }
                else
                {
                    await File.WriteAllLinesAsync(_file, lines);
                }

                return;
            }
            catch (IOException)
            {
                await Task.Delay(20);
            }
        }
    }

    private static async Task<string> FileAsync(string address)
    {
        using var ssh = Process.Start(new ProcessStartInfo("ssh", ["-G", address]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var said = await ssh.StandardOutput.ReadToEndAsync();
        await ssh.WaitForExitAsync();
        return said.Split('\n').First(l => l.StartsWith("userknownhostsfile ", StringComparison.Ordinal)).Split(' ')[1];
    }
}
