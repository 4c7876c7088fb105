using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Tests.Remote;

namespace LinkOverflow.Deploy.Tests.Django;

/// <summary>A release on its way through a real remote shell, to a site of the test's own.</summary>
[Collection(SharedConnections.Name)]
public sealed class TransferTests(LocalSshd sshd) : IClassFixture<LocalSshd>, IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _project = $"lo-test-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Releases => $"/srv/{_project}/releases";

    public async ValueTask DisposeAsync()
    {
        await SshConnections.CloseAllAsync();
        _folder.Dispose();
        if (Directory.Exists($"/srv/{_project}"))
        {
            Directory.Delete($"/srv/{_project}", recursive: true);
        }
    }

    [Fact]
    public async Task Names_and_contents_arrive_as_they_are_whatever_they_hold_whole_and_by_parts()
    {
        Skip();
        string[] hostile = [" ", "-rf", "--", "'", "\"", "\\", "$HOME", "`id`", "$(id)", "a\nb", "*", "~", "é☃𝄞", "\t", ";&|<>", "!x", "\r", "\\n", "%s", " .", "...", "*?[a]", "#", "{a,b}"];
        var generated = Gen.Sample(ArbMap.Default.GeneratorFor<NonNull<string>>(), 120, 40).Select(s => FileName(s.Get)).Where(n => n is not "" and not "." and not "..");
        var names = hostile.Concat(generated).Distinct(StringComparer.Ordinal).ToArray();
        foreach (var name in names)
        {
            // A folder of that name and in it a file, which says what it is called.
            Directory.CreateDirectory(Path.Combine(_folder.Path, "d" + name));
            await File.WriteAllTextAsync(Path.Combine(_folder.Path, "d" + name, name), name, Cancellation);
        }

        foreach (var content in (string[])["one", "two"])
        {
            // The second time all but this file is taken from the first release.
            _folder.Write("changed", content);
            var archive = await SendAsync();
            var project = $"{Releases}/{archive.ReleaseId}/project";
            File.ReadAllText($"{project}/changed").ShouldBe(content);
            foreach (var name in names)
            {
                (await File.ReadAllTextAsync(Path.Combine(project, "d" + name, name), Cancellation)).ShouldBe(name);
            }

            Directory.EnumerateFiles(project, "*", SearchOption.AllDirectories).Count().ShouldBe(names.Length + 1);
        }

        Directory.EnumerateDirectories(Releases).Count().ShouldBe(2);
    }

    [Fact]
    public async Task An_upload_that_drops_half_way_is_never_half_a_release_and_is_made_up_for_once()
    {
        Skip();
        var bytes = new byte[24 * 1024 * 1024];
        RandomNumberGenerator.Fill(bytes);
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, "large.bin"), bytes, Cancellation);
        var archive = await PackAsync();
        var dropped = false;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var dropping = Task.Run(
            async () =>
            {
                // Some of it is there, and not under its name.
                while (!stop.IsCancellationRequested && !Incoming().Any(f => new FileInfo(f).Length > 1024 * 1024))
                {
                    await Task.Delay(1, stop.Token);
                }

                Directory.Exists($"{Releases}/{archive.ReleaseId}").ShouldBeFalse();
                sshd.EndConnections();
                dropped = true;
            },
            stop.Token);
        await ReleaseTransfer.SendAsync(sshd.Target, "host", _project, archive, _ => { }, Cancellation);
        await dropping.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        dropped.ShouldBeTrue();
        await stop.CancelAsync();
        (await File.ReadAllBytesAsync($"{Releases}/{archive.ReleaseId}/project/large.bin", Cancellation)).ShouldBe(bytes);

        // What broke off clears up after itself.
        for (var attempt = 0; attempt < 200 && Directory.EnumerateDirectories(Releases).Count() > 1; attempt++)
        {
            await Task.Delay(50, Cancellation);
        }

        Directory.EnumerateDirectories(Releases).ShouldBe([$"{Releases}/{archive.ReleaseId}"]);
    }

    private IEnumerable<string> Incoming() => !Directory.Exists(Releases) ? [] : Directory.EnumerateDirectories(Releases, ".incoming-*")
        .Select(f => Path.Combine(f, "project", "large.bin"))
        .Where(File.Exists);

    private async Task<ProjectArchive> SendAsync()
    {
        var archive = await PackAsync();
        await ReleaseTransfer.SendAsync(sshd.Target, "host", _project, archive, _ => { }, Cancellation);
        return archive;
    }

    private Task<ProjectArchive> PackAsync() => ProjectArchive.PackAsync(new DjangoProject(_folder.Path, _project, "p.settings"), Cancellation);

    // A name that a file can have, and that nobody ignores.
    private static string FileName(string text)
    {
        var wellFormed = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace("\0", "", StringComparison.Ordinal).Replace("/", "", StringComparison.Ordinal);
        return wellFormed.Contains(".sqlite3", StringComparison.Ordinal) || wellFormed.EndsWith(".pyc", StringComparison.Ordinal) ? "" : wellFormed;
    }

    private void Skip()
    {
        Assert.SkipWhen(sshd.Missing is not null, sshd.Missing ?? "");
        Assert.SkipUnless(File.Exists("/usr/bin/sudo"), "There is no sudo.");
    }
}
