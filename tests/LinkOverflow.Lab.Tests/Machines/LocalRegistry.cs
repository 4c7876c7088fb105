using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Machines;

/// <summary>A registry on loopback, after the OCI distribution specification, that gives out one image under whatever name it is asked for.</summary>
internal sealed class LocalRegistry : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly string _layout;

    private LocalRegistry(string layout, int port)
    {
        _layout = layout;
        Address = $"127.0.0.1:{port}";
        _listener.Prefixes.Add($"http://{Address}/");
        _listener.Start();
        _ = AnswerAsync();
    }

    /// <summary>Host and port.</summary>
    public string Address { get; }

    /// <summary>The paths that were asked for.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<string> Asked { get; } = new();

    /// <param name="podman">The storage that holds the image.</param>
    /// <param name="image">The image.</param>
    /// <param name="folder">Where it can be written to.</param>
    public static async Task<LocalRegistry> WithAsync(Podman podman, string image, string folder)
    {
        var layout = Directory.CreateDirectory(Path.Combine(folder, $"registry-{Guid.NewGuid():N}")).FullName;
        await podman.Command("push", "--quiet", image, $"oci:{layout}:image").OutputAsync(TestContext.Current.CancellationToken);
        return new LocalRegistry(layout, FreePort());
    }

    /// <summary>A port of loopback that nobody listens on.</summary>
    public static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    public void Dispose() => _listener.Close();

    private async Task AnswerAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = Task.Run(() => AnswerAsync(context));
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var path = context.Request.Url!.AbsolutePath;
        Asked.Enqueue(path);
        using var response = context.Response;
        var (file, type) = path.Split('/') switch
        {
            [.., "manifests", _] => (Blob(ManifestDigest()), "application/vnd.oci.image.manifest.v1+json"),
            [.., "blobs", var digest] => (Blob(digest), "application/octet-stream"),
            _ => (null, "application/json"),
        };
        response.ContentType = type;
        if (file is null)
        {
            return;
        }

        await using var content = File.OpenRead(file);
        response.ContentLength64 = content.Length;
        if (context.Request.HttpMethod != "HEAD")
        {
            await content.CopyToAsync(response.OutputStream);
        }
    }

    private string ManifestDigest()
    {
        using var index = JsonDocument.Parse(File.ReadAllText(Path.Combine(_layout, "index.json")));
        return index.RootElement.GetProperty("manifests")[0].GetProperty("digest").GetString()!;
    }

    private string Blob(string digest) => Path.Combine(_layout, "blobs", "sha256", digest["sha256:".Length..]);
}
