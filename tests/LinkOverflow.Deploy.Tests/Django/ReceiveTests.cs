using System.Diagnostics;
using System.Security.Cryptography;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Tests.Django;

/// <summary>The script that takes a release on a host, run here, in a site of the test's own.</summary>
public sealed class ReceiveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _project = $"lo-test-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";

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
    public async Task A_stream_that_breaks_off_leaves_nothing_and_a_whole_one_a_release()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may write to /srv.");
        _folder.Write("manage.py", "print('whole')");
        var random = new byte[200_000];
        RandomNumberGenerator.Fill(random);
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, "data.bin"), random, TestContext.Current.CancellationToken);
        var archive = await ProjectArchive.PackAsync(new DjangoProject(_folder.Path, _project, "p.settings"), TestContext.Current.CancellationToken);
        using var stream = new MemoryStream();
        await archive.WriteAsync(stream, null, TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Releases);
        foreach (var part in (double[])[0, 0.1, 0.5, 0.99])
        {
            (await ReceiveAsync(archive, stream.ToArray()[..(int)(stream.Length * part)])).ShouldNotBe(0);
            Directory.EnumerateFileSystemEntries(Releases).ShouldBeEmpty();
        }

        (await ReceiveAsync(archive, stream.ToArray())).ShouldBe(0);
        Directory.EnumerateFileSystemEntries(Releases).ShouldBe([$"{Releases}/{archive.ReleaseId}"]);
        (await File.ReadAllBytesAsync($"{Releases}/{archive.ReleaseId}/project/data.bin", TestContext.Current.CancellationToken)).ShouldBe(random);
    }

    [Fact]
    public async Task A_release_is_on_the_disk_before_it_gets_its_name()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may write to /srv.");
        _folder.Write("manage.py", "print('whole')");
        var archive = await ProjectArchive.PackAsync(new DjangoProject(_folder.Path, _project, "p.settings"), TestContext.Current.CancellationToken);
        using var stream = new MemoryStream();
        await archive.WriteAsync(stream, null, TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Releases);

        // A sync(1) of the test's own, first on the path, that notes what it was asked for and what is there by then.
        using var programs = new TemporaryFolder();
        programs.Write("sync", $"#!/bin/sh\n{{ echo \"$@\"; ls -A {Releases}; cat \"$2\"/project/manage.py; echo; }} >{programs.Path}/noted\nexec /usr/bin/sync \"$@\"\n",
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        (await ReceiveAsync(archive, stream.ToArray(), $"{programs.Path}:{Environment.GetEnvironmentVariable("PATH")}")).ShouldBe(0);
        var noted = await File.ReadAllLinesAsync(Path.Combine(programs.Path, "noted"), TestContext.Current.CancellationToken);
        noted[0].ShouldStartWith($"-f {Releases}/.incoming-");
        noted[1].ShouldStartWith(".incoming-");
        noted[2].ShouldBe("print('whole')");
        Directory.EnumerateFileSystemEntries(Releases).ShouldBe([$"{Releases}/{archive.ReleaseId}"]);
    }

    private async Task<int> ReceiveAsync(ProjectArchive archive, byte[] bytes, string? path = null)
    {
        var start = new ProcessStartInfo("bash", ["-c", RemoteScript.Resource("receive.sh"), "receive", _project, archive.ReleaseId, $"{archive.Manifest.Length}", "yes", RemoteScript.Resource("receive.py")])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        if (path is not null)
        {
            start.Environment["PATH"] = path;
        }

        using var bash = Process.Start(start)!;
        var error = bash.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bash.StandardInput.BaseStream.WriteAsync(archive.Manifest, TestContext.Current.CancellationToken);
        await bash.StandardInput.BaseStream.WriteAsync(bytes, TestContext.Current.CancellationToken);
        bash.StandardInput.Close();
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
        await error;
        await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        return bash.ExitCode;
    }
}
