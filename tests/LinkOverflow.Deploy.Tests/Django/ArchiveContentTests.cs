using System.Diagnostics;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;
using ZstdSharp;

namespace LinkOverflow.Deploy.Tests.Django;

/// <summary>The archive as the tar of a host reads it.</summary>
public sealed class ArchiveContentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_real_tar_unpacks_what_was_packed()
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _folder.Write("site/manage.py", "#!/usr/bin/env python3\n", Private | UnixFileMode.UserExecute);
        _folder.Write("site/app/naïve name ☃.txt", "text");
        _folder.Write("site/app/-rf", "dash");
        _folder.Write($"site/{string.Join('/', Enumerable.Repeat("deep-folder-name", 12))}/file", "deep");
        _folder.Write("site/empty.txt", "");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "site", "app", "link"), "../manage.py");
        var archive = await PackAsync();
        var to = Directory.CreateDirectory(Path.Combine(_folder.Path, "out")).FullName;
        Tar("-xzf", archive, "-C", to);

        to = Path.Combine(to, "project");
        File.ReadAllText(Path.Combine(to, "manage.py")).ShouldBe("#!/usr/bin/env python3\n");
        File.ReadAllText(Path.Combine(to, "app", "naïve name ☃.txt")).ShouldBe("text");
        File.ReadAllText(Path.Combine(to, "app", "-rf")).ShouldBe("dash");
        Directory.EnumerateFiles(to, "file", SearchOption.AllDirectories).ShouldHaveSingleItem();
        new FileInfo(Path.Combine(to, "empty.txt")).Length.ShouldBe(0);
        File.ResolveLinkTarget(Path.Combine(to, "app", "link"), returnFinalTarget: true)!.FullName.ShouldBe(Path.Combine(to, "manage.py"));
    }

    [Fact]
    public async Task Everybody_on_the_host_may_read_it_and_only_what_was_a_program_is_one()
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _folder.Write("site/manage.py", "x", Private | UnixFileMode.UserExecute);
        _folder.Write("site/app/secret.py", "y", Private);
        var list = Tar("-tvzf", await PackAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        list.Single(l => l.EndsWith("manage.py", StringComparison.Ordinal)).ShouldStartWith("-rwxr-xr-x");
        list.Single(l => l.EndsWith("secret.py", StringComparison.Ordinal)).ShouldStartWith("-rw-r--r--");
        list.Single(l => l.TrimEnd('/').EndsWith("project/app", StringComparison.Ordinal)).ShouldStartWith("drwxr-xr-x");
    }

    [Fact]
    public async Task What_belongs_to_this_machine_alone_is_not_in_it()
    {
        foreach (var name in (string[])["manage.py", ".git/HEAD", ".venv/bin/python", "node_modules/x/y.js", "app/__pycache__/a.pyc", "app/a.pyc", "db.sqlite3", "app/views.py"])
        {
            _folder.Write($"site/{name}", "x");
        }

        var names = Tar("-tzf", await PackAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(n => n.TrimEnd('/'));
        names.Order(StringComparer.Ordinal).ShouldBe(["project", "project/app", "project/app/views.py", "project/manage.py"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_written_before_a_file_turns_out_to_have_changed_has_no_end_and_no_host_takes_it_for_whole(bool zstd)
    {
        var bytes = new byte[1_000_000];
        Random.Shared.NextBytes(bytes);
        _folder.Write("site/manage.py", "x");
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, "site", "a.bin"), bytes, TestContext.Current.CancellationToken);
        _folder.Write("site/z.txt", "as it was packed");
        var archive = await ProjectArchive.PackAsync(
            new DjangoProject(Path.Combine(_folder.Path, "site"), "site", "site.settings"), TestContext.Current.CancellationToken);
        _folder.Write("site/z.txt", "as it is now");
        var file = Path.Combine(_folder.Path, "release.tar.gz");
        await using (var stream = File.Create(file))
        {
            var error = await Should.ThrowAsync<DeployException>(() => archive.WriteAsync(stream, zstd ? ArchiveCompression.Zstd : ArchiveCompression.Gzip, null, TestContext.Current.CancellationToken));
            error.Id.ShouldBe(ErrorId.PublishFailed);
            error.Message.ShouldContain("z.txt has been changed while it was published");
        }

        new FileInfo(file).Length.ShouldBeGreaterThan(900_000);
        await using var written = File.OpenRead(file);
        if (zstd)
        {
            await using var stream = new DecompressionStream(written);
            await Should.ThrowAsync<EndOfStreamException>(() => stream.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
            return;
        }

        using var gzip = Process.Start(new ProcessStartInfo("gzip", ["-t", file]) { RedirectStandardError = true, UseShellExecute = false })!;
        (await gzip.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldContain("unexpected end of file");
        await gzip.WaitForExitAsync(TestContext.Current.CancellationToken);
        gzip.ExitCode.ShouldNotBe(0);
    }

    private async Task<string> PackAsync()
    {
        var project = new DjangoProject(Path.Combine(_folder.Path, "site"), "site", "site.settings");
        var archive = await ProjectArchive.PackAsync(project, TestContext.Current.CancellationToken);
        var file = Path.Combine(_folder.Path, "release.tar.gz");
        await using var stream = File.Create(file);
        await archive.WriteAsync(stream, ArchiveCompression.Gzip, null, TestContext.Current.CancellationToken);
        return file;
    }

    private static string Tar(params string[] arguments)
    {
        using var tar = Process.Start(new ProcessStartInfo("tar", arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = tar.StandardOutput.ReadToEnd();
        tar.WaitForExit();
        tar.ExitCode.ShouldBe(0);
        return output;
    }
}
