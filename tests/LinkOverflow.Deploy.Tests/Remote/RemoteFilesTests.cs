using System.Formats.Tar;
using System.Net.Sockets;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Tests.Remote;

public sealed class RemoteFilesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_folder_is_an_archive_of_its_files_without_gits()
    {
        using var folder = new TemporaryFolder();
        folder.Write("site.pp", "node default {}");
        folder.Write("modules/web/manifests/init.pp", "class web {}");
        folder.Write(".git/config", "");
        using var archive = new MemoryStream();
        await RemoteFiles.WriteTreeAsync(archive, folder.Path, Cancellation);
        archive.Position = 0;
        var names = new List<string>();
        await using var reader = new TarReader(archive);
        while (await reader.GetNextEntryAsync(cancellationToken: Cancellation) is { } entry)
        {
            names.Add(entry.Name);
        }

        names.ShouldBe(["modules/web/manifests/init.pp", "site.pp"]);
    }

    [Fact]
    public async Task Where_a_file_cannot_be_read_the_archive_has_no_end()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.pp", "node default {}");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder.Path, "b")));
        using var archive = new MemoryStream();
        await Should.ThrowAsync<IOException>(() => RemoteFiles.WriteTreeAsync(archive, folder.Path, Cancellation));

        // Two blocks of zeros end an archive (tar(5)).
        archive.ToArray()[^1024..].ShouldContain(b => b != 0);
    }
}
