using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Tests.Django;

/// <summary>The script that takes a release on a host, run here, in a site of the test's own.</summary>
public sealed class ReceiveTests : IDisposable
{
    private const UnixFileMode Program = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const string SystemPath = "/usr/sbin:/usr/bin:/sbin:/bin";

    // More than the script's own WORTH_ZSTD.
    private const int Many = 100;

    private readonly TemporaryFolder _folder = new();
    private readonly string _project = $"lo-test-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";

    // All that the script printed.
    private string _said = "";

    private string Releases => $"/srv/{_project}/releases";

    public void Dispose()
    {
        _folder.Dispose();
        if (Directory.Exists($"/srv/{_project}"))
        {
            Directory.Delete($"/srv/{_project}", recursive: true);
        }
    }

    [Fact]
    public async Task A_stream_that_breaks_off_or_is_damaged_leaves_nothing_and_a_whole_one_a_release()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may write to /srv.");
        _folder.Write("manage.py", "print('whole')");
        var random = new byte[200_000];
        RandomNumberGenerator.Fill(random);
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, "data.bin"), random, TestContext.Current.CancellationToken);
        var archive = await ProjectArchive.PackAsync(new DjangoProject(_folder.Path, _project, "p.settings"), TestContext.Current.CancellationToken);
        using var stream = new MemoryStream();
        await archive.WriteAsync(stream, ArchiveCompression.Gzip, null, TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Releases);
        foreach (var part in (double[])[0, 0.1, 0.5, 0.99])
        {
            (await ReceiveAsync(archive, stream.ToArray()[..(int)(stream.Length * part)])).ShouldNotBe(0);
            Directory.EnumerateFileSystemEntries(Releases).ShouldBeEmpty();
        }

        var damaged = stream.ToArray();
        damaged[damaged.Length / 2] ^= 1;
        (await ReceiveAsync(archive, damaged)).ShouldNotBe(0);
        Directory.EnumerateFileSystemEntries(Releases).ShouldBeEmpty();

        (await ReceiveAsync(archive, stream.ToArray())).ShouldBe(0);
        Directory.EnumerateFileSystemEntries(Releases).ShouldBe([$"{Releases}/{archive.ReleaseId}"]);
        (await File.ReadAllBytesAsync($"{Releases}/{archive.ReleaseId}/project/data.bin", TestContext.Current.CancellationToken)).ShouldBe(random);
    }

    [Fact]
    public async Task What_is_much_comes_as_zstd_whole_or_not_at_all()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may write to /srv.");
        Assert.SkipUnless(HasZstd(), "This machine's Python finds no libzstd.");
        var archive = await PackManyAsync();
        using var stream = new MemoryStream();
        await archive.WriteAsync(stream, ArchiveCompression.Zstd, null, TestContext.Current.CancellationToken);
        var bytes = stream.ToArray();
        Directory.CreateDirectory(Releases);
        foreach (var part in (double[])[0, 0.0001, 0.1, 0.5, 0.99999])
        {
            (await ReceiveAsync(archive, bytes[..(int)(bytes.Length * part)], SystemPath)).ShouldNotBe(0);
            _said.ShouldContain("What came breaks off.");
            Directory.EnumerateFileSystemEntries(Releases).ShouldBeEmpty();
        }

        var damaged = bytes.ToArray();
        damaged[damaged.Length / 2] ^= 1;
        (await ReceiveAsync(archive, damaged, SystemPath)).ShouldNotBe(0);
        _said.ShouldContain("What came is damaged: ");
        Directory.EnumerateFileSystemEntries(Releases).ShouldBeEmpty();

        (await ReceiveAsync(archive, bytes, SystemPath)).ShouldBe(0);
        _said.ShouldContain("lo:wanted zstd all\n");
        Directory.EnumerateFileSystemEntries(Releases).ShouldBe([$"{Releases}/{archive.ReleaseId}"]);
        foreach (var file in Directory.EnumerateFiles(_folder.Path))
        {
            (await File.ReadAllBytesAsync($"{Releases}/{archive.ReleaseId}/project/{Path.GetFileName(file)}", TestContext.Current.CancellationToken))
                .ShouldBe(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task Where_tar_ends_before_all_is_there_its_words_are_the_reason()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may write to /srv.");
        Assert.SkipUnless(HasZstd(), "This machine's Python finds no libzstd.");
        var archive = await PackManyAsync();
        using var stream = new MemoryStream();
        await archive.WriteAsync(stream, ArchiveCompression.Zstd, null, TestContext.Current.CancellationToken);
        using var programs = new TemporaryFolder();
        programs.Write("tar", "#!/bin/sh\necho no space left here >&2\nexit 2\n", Program);
        (await ReceiveAsync(archive, stream.ToArray(), $"{programs.Path}:{SystemPath}")).ShouldNotBe(0);
        _said.ShouldContain("no space left here");
        _said.ShouldContain("tar ended with 2.");
        _said.ShouldNotContain("Traceback");
        Directory.EnumerateFileSystemEntries(Releases).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_much_comes_as_gzip_where_libzstd_is_missing()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may write to /srv.");
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "There is no /usr/bin/python3.");
        var archive = await PackManyAsync();
        using var stream = new MemoryStream();
        await archive.WriteAsync(stream, ArchiveCompression.Gzip, null, TestContext.Current.CancellationToken);

        // A Python without ctypes, as python3-minimal is.
        using var programs = new TemporaryFolder();
        programs.Write("python3", "#!/bin/bash\nexec /usr/bin/python3 -I -S -c \"import sys; sys.modules['ctypes'] = None; exec(sys.argv.pop(1))\" \"${@:4}\"\n", Program);
        (await ReceiveAsync(archive, stream.ToArray(), $"{programs.Path}:{SystemPath}")).ShouldBe(0);
        _said.ShouldContain("lo:wanted gzip all\n");
        Directory.EnumerateFiles($"{Releases}/{archive.ReleaseId}/project").Count().ShouldBe(Many);
    }

    [Fact]
    public async Task A_release_is_on_the_disk_before_it_gets_its_name()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may write to /srv.");
        _folder.Write("manage.py", "print('whole')");
        var archive = await ProjectArchive.PackAsync(new DjangoProject(_folder.Path, _project, "p.settings"), TestContext.Current.CancellationToken);
        using var stream = new MemoryStream();
        await archive.WriteAsync(stream, ArchiveCompression.Gzip, null, TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Releases);

        // A sync(1) of the test's own, first on the path, that notes what it was asked for and what is there by then.
        using var programs = new TemporaryFolder();
        programs.Write("sync", $"#!/bin/sh\n{{ echo \"$@\"; ls -A {Releases}; cat \"$2\"/project/manage.py; echo; }} >{programs.Path}/noted\nexec /usr/bin/sync \"$@\"\n", Program);
        (await ReceiveAsync(archive, stream.ToArray(), $"{programs.Path}:{Environment.GetEnvironmentVariable("PATH")}")).ShouldBe(0);
        var noted = await File.ReadAllLinesAsync(Path.Combine(programs.Path, "noted"), TestContext.Current.CancellationToken);
        noted[0].ShouldStartWith($"-f {Releases}/.incoming-");
        noted[1].ShouldStartWith(".incoming-");
        noted[2].ShouldBe("print('whole')");
        Directory.EnumerateFileSystemEntries(Releases).ShouldBe([$"{Releases}/{archive.ReleaseId}"]);
    }

    [Fact]
    public async Task What_comes_waits_in_a_wide_pipe_and_not_in_sshd()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may write to /srv.");
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "There is no /usr/bin/python3.");
        _folder.Write("manage.py", "print('whole')");
        var archive = await PackAsync();
        using var stream = new MemoryStream();
        await archive.WriteAsync(stream, ArchiveCompression.Gzip, null, TestContext.Current.CancellationToken);

        // A tar(1) of the test's own, first on the path, that notes how much the input of all of it holds: F_GETPIPE_SZ of fcntl(2) is 1032.
        using var programs = new TemporaryFolder();
        programs.Write("tar", $"#!/bin/sh\nbash=$(ps -o ppid= $PPID | tr -d ' ')\n/usr/bin/python3 -c 'import fcntl, sys; print(fcntl.fcntl(sys.stdin, 1032))' <\"/proc/$bash/fd/0\" >{programs.Path}/noted\nexec /usr/bin/tar \"$@\"\n", Program);
        (await ReceiveAsync(archive, stream.ToArray(), $"{programs.Path}:{SystemPath}")).ShouldBe(0);
        (await File.ReadAllTextAsync(Path.Combine(programs.Path, "noted"), TestContext.Current.CancellationToken)).Trim().ShouldBe($"{1 << 20}");
    }

    [Fact]
    public async Task A_host_without_Python_takes_it_too_and_leaves_the_compiling_for_later()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may write to /srv.");
        _folder.Write("manage.py", "print('whole')");
        var archive = await PackAsync();
        using var stream = new MemoryStream();
        await archive.WriteAsync(stream, ArchiveCompression.Gzip, null, TestContext.Current.CancellationToken);

        // A path on which there is everything that the script starts, but Python.
        using var programs = new TemporaryFolder();
        foreach (var name in (string[])["find", "gzip", "head", "install", "mkdir", "mv", "rm", "sync", "tar"])
        {
            File.CreateSymbolicLink(Path.Combine(programs.Path, name), $"/usr/bin/{name}");
        }

        (await ReceiveAsync(archive, stream.ToArray(), programs.Path)).ShouldBe(0);
        File.ReadAllText($"{Releases}/{archive.ReleaseId}/project/manage.py").ShouldBe("print('whole')");
    }

    [Fact]
    public async Task What_was_compiled_of_a_file_comes_along_with_it_and_what_is_new_is_compiled_when_it_is_published()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may write to /srv.");
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "There is no /usr/bin/python3.");
        _folder.Write("app/same.py", "same = 1");
        _folder.Write("app/other.py", "other = 1");
        _folder.Write("app/wrong.py", "this is no Python");
        var first = await PackAsync();
        using var all = new MemoryStream();
        await first.WriteAsync(all, ArchiveCompression.Gzip, null, TestContext.Current.CancellationToken);
        (await ReceiveAsync(first, all.ToArray(), SystemPath)).ShouldBe(0);
        Compile(first);

        _folder.Write("app/other.py", "other = 2");
        var second = await PackAsync();
        using var changed = new MemoryStream();
        await second.WriteAsync(changed, ArchiveCompression.Gzip, new HashSet<string>(StringComparer.Ordinal) { Hash("other = 2") }, TestContext.Current.CancellationToken);
        (await ReceiveAsync(second, changed.ToArray(), SystemPath)).ShouldBe(0);

        Compiled(second).ShouldBe(["same"]);
        Compile(second);
        Compiled(second).Order(StringComparer.Ordinal).ShouldBe(["other", "same"]);
        Links("same.*.pyc").ShouldBe("2 2");
        Links("other.*.pyc").ShouldBe("1 1");
        var written = Times();
        foreach (var archive in (ProjectArchive[])[first, second])
        {
            Run("/usr/bin/python3", "-I", "-c", "import sys; sys.path.insert(0, sys.argv[1]); import other, same; print(other.other, same.same)", $"{Releases}/{archive.ReleaseId}/project/app")
                .Trim().ShouldBe(archive == first ? "1 1" : "2 1");
        }

        // Python takes it for up to date and has written nothing anew.
        Times().ShouldBe(written);
        string Times() => Run("find", Releases, "-name", "*.pyc", "-printf", "%p %T@\n");
        IEnumerable<string> Compiled(ProjectArchive archive) =>
            Directory.EnumerateFiles($"{Releases}/{archive.ReleaseId}/project/app/__pycache__").Select(f => Path.GetFileName(f).Split('.')[0]);
        string Links(string pattern) =>
            string.Join(' ', Run("find", Releases, "-name", pattern, "-printf", "%n\n").Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task What_was_asked_for_and_does_not_come_is_no_release()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may write to /srv.");
        _folder.Write("manage.py", "x");
        _folder.Write("lost.txt", "y");
        var archive = await PackAsync();
        using var stream = new MemoryStream();
        await archive.WriteAsync(stream, ArchiveCompression.Gzip, new HashSet<string>(StringComparer.Ordinal) { Hash("x") }, TestContext.Current.CancellationToken);
        (await ReceiveAsync(archive, stream.ToArray())).ShouldBe(8);
        Directory.EnumerateFileSystemEntries(Releases).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_here_is_linked_wherever_it_was_copied_for_another_mode_and_not_used_once_it_was_altered()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may write to /srv.");
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "There is no /usr/bin/python3.");
        _folder.Write("manage.py", "x");
        _folder.Write("moved.txt", "moved");
        _folder.Write("run.sh", "run");
        var first = await PackAsync();
        using var all = new MemoryStream();
        await first.WriteAsync(all, ArchiveCompression.Gzip, null, TestContext.Current.CancellationToken);
        (await ReceiveAsync(first, all.ToArray(), SystemPath)).ShouldBe(0);

        File.Move(Path.Combine(_folder.Path, "moved.txt"), Path.Combine(_folder.Path, "there.txt"));
        File.SetUnixFileMode(Path.Combine(_folder.Path, "run.sh"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var second = await PackAsync();
        using var nothing = new MemoryStream();
        await second.WriteAsync(nothing, ArchiveCompression.Gzip, new HashSet<string>(StringComparer.Ordinal), TestContext.Current.CancellationToken);
        (await ReceiveAsync(second, nothing.ToArray(), SystemPath)).ShouldBe(0);
        Run("find", $"{Releases}/{second.ReleaseId}/project", "-type", "f", "!", "-name", "*.pyc", "-printf", "%f %m %n\n")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)
            .ShouldBe(["manage.py 644 2", "run.sh 755 1", "there.txt 644 2"]);
        File.ReadAllText($"{Releases}/{second.ReleaseId}/project/there.txt").ShouldBe("moved");
        File.ReadAllText($"{Releases}/{first.ReleaseId}/project/run.sh").ShouldBe("run");

        // Of run.sh there is another one, of what is linked there is not.
        _folder.Write("new.txt", "new");
        var third = await PackAsync();
        using var changed = new MemoryStream();
        await third.WriteAsync(changed, ArchiveCompression.Gzip, new HashSet<string>(StringComparer.Ordinal) { Hash("new") }, TestContext.Current.CancellationToken);
        File.AppendAllText($"{Releases}/{second.ReleaseId}/project/run.sh", "altered");
        (await ReceiveAsync(third, changed.ToArray(), SystemPath)).ShouldBe(0);
        File.ReadAllText($"{Releases}/{third.ReleaseId}/project/run.sh").ShouldBe("run");
        File.AppendAllText($"{Releases}/{first.ReleaseId}/project/moved.txt", "altered");
        Directory.Delete($"{Releases}/{third.ReleaseId}", recursive: true);
        (await ReceiveAsync(third, changed.ToArray(), SystemPath)).ShouldBe(8);
        Directory.Exists($"{Releases}/{third.ReleaseId}").ShouldBeFalse();
    }

    [Theory]
    [InlineData("the content, and its time set back", true)]
    [InlineData("the time alone", true)]
    [InlineData("what tells of times, as if an earlier version had brought it", true)]
    [InlineData("the length", false)]
    [InlineData("the time and the content", false)]
    [InlineData("the owner", false)]
    [InlineData("the file, for another one of the same time and length", false)]
    public async Task A_file_is_used_again_if_it_is_what_came_and_is_read_only_where_its_time_length_or_inode_is_another(string altered, bool used)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may write to /srv.");
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "There is no /usr/bin/python3.");
        _folder.Write("same.txt", "same");
        _folder.Write("cake.txt", "cake");
        var first = await PackAsync();
        using var all = new MemoryStream();
        await first.WriteAsync(all, ArchiveCompression.Gzip, null, TestContext.Current.CancellationToken);
        (await ReceiveAsync(first, all.ToArray(), SystemPath)).ShouldBe(0);
        var file = $"{Releases}/{first.ReleaseId}/project/same.txt";
        switch (altered)
        {
            case "the content, and its time set back":
                // That it is used shows that it is not read.
                var written = File.GetLastWriteTimeUtc(file);
                File.WriteAllText(file, "SAME");
                File.SetLastWriteTimeUtc(file, written);
                break;
            case "the time alone":
                File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-1));
                break;
            case "the length":
                File.AppendAllText(file, "r");
                break;
            case "the time and the content":
                File.WriteAllText(file, "SAME");
                break;
            case "the owner":
                Run("chown", "1", file);
                break;
            case "the file, for another one of the same time and length":
                Run("cp", "-p", $"{Path.GetDirectoryName(file)}/cake.txt", $"{file}.new");
                File.Move($"{file}.new", file, overwrite: true);
                break;
            default:
                File.Delete($"{Releases}/{first.ReleaseId}/stamps");
                break;
        }

        _folder.Write("new.txt", "new");
        var second = await PackAsync();
        using var changed = new MemoryStream();
        await second.WriteAsync(changed, ArchiveCompression.Gzip, new HashSet<string>(StringComparer.Ordinal) { Hash("new") }, TestContext.Current.CancellationToken);
        (await ReceiveAsync(second, changed.ToArray(), SystemPath)).ShouldBe(used ? 0 : 8);
        File.Exists($"{Releases}/{second.ReleaseId}/project/same.txt").ShouldBe(used);
    }

    [Fact]
    public async Task The_sites_user_can_read_a_release_whatever_the_umask()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may write to /srv.");
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "There is no /usr/bin/python3.");
        _folder.Write("app/models.py", "x = 1");
        var archive = await PackAsync();
        using var stream = new MemoryStream();
        await archive.WriteAsync(stream, ArchiveCompression.Gzip, null, TestContext.Current.CancellationToken);
        using var programs = new TemporaryFolder();
        programs.Write("python3", "#!/bin/sh\numask 077\nexec /usr/bin/python3 \"$@\"\n", Program);
        (await ReceiveAsync(archive, stream.ToArray(), $"{programs.Path}:{SystemPath}")).ShouldBe(0);
        Compile(archive, "umask 077");
        Run("find", Releases, "(", "-name", "*.py*", "-o", "-type", "d", ")", "!", "-perm", "-o=r").ShouldBe("");
        Run("find", Releases, "-name", "*.pyc").ShouldNotBe("");
    }

    /// <summary>As activate.sh does.</summary>
    private void Compile(ProjectArchive archive, string before = ":") =>
        Run("env", $"PATH={SystemPath}", "bash", "-euc", $"{RemoteScript.Resource("release.sh")}\n{before}; folder=$1; compile_code; await_compiled; ls \"$folder/compiled\"", "bash", $"{Releases}/{archive.ReleaseId}");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
        return output;
    }

    private static bool HasZstd()
    {
        if (!File.Exists("/usr/bin/python3"))
        {
            return false;
        }

        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", "import ctypes; ctypes.CDLL('libzstd.so.1')"]) { RedirectStandardError = true, UseShellExecute = false })!;
        python.StandardError.ReadToEnd();
        python.WaitForExit();
        return python.ExitCode == 0;
    }

    // Contents that do not compress and are more than the buffers on the way.
    private async Task<ProjectArchive> PackManyAsync()
    {
        foreach (var n in Enumerable.Range(0, Many))
        {
            await File.WriteAllBytesAsync(Path.Combine(_folder.Path, $"{n}.bin"), RandomNumberGenerator.GetBytes(n == 0 ? 0 : 30_000), TestContext.Current.CancellationToken);
        }

        return await PackAsync();
    }

    private Task<ProjectArchive> PackAsync() =>
        ProjectArchive.PackAsync(new DjangoProject(_folder.Path, _project, "p.settings"), TestContext.Current.CancellationToken);

    private async Task<int> ReceiveAsync(ProjectArchive archive, byte[] bytes, string? path = null)
    {
        var script = ReleaseTransfer.Script(_project, archive, useWhatIsThere: true);
        var start = new ProcessStartInfo("bash", ["-c", script.Text, "receive", .. script.Arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        if (path is not null)
        {
            start.Environment["PATH"] = path;
        }

        using var bash = Process.Start(start)!;
        var error = bash.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            await bash.StandardInput.BaseStream.WriteAsync(archive.Manifest, TestContext.Current.CancellationToken);
            await bash.StandardInput.BaseStream.WriteAsync(bytes, TestContext.Current.CancellationToken);
            bash.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended before it had read everything; its exit code tells why.
        }

        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
        _said = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await error;
        return bash.ExitCode;
    }
}
