using System.Diagnostics;
using System.Net.Sockets;
using LinkOverflow.Deploy.Django;

namespace LinkOverflow.Deploy.Tests.Django;

/// <summary>Pipes and sockets lie about in projects; packing neither waits for them nor fails.</summary>
public sealed class SpecialFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task They_are_left_out_and_named()
    {
        _folder.Write("manage.py", "");
        _folder.Write("empty.py", "");
        using (var mkfifo = Process.Start("mkfifo", [Path.Combine(_folder.Path, "pipe")]))
        {
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
            mkfifo.ExitCode.ShouldBe(0);
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder.Path, "socket")));
        var archive = await ProjectArchive.PackAsync(new DjangoProject(_folder.Path, "p", "p.settings"), TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        archive.LeftOut.Order(StringComparer.Ordinal).ShouldBe(["pipe", "socket"]);
        archive.Files.ShouldBe(2);
    }
}
