using System.Buffers;
using System.Collections.Concurrent;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using LinkOverflow.Deploy.Errors;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace LinkOverflow.Deploy.Django;

/// <summary>
/// A project's files as they go to hosts, and an id that is the content's hash, so that the same content is the same release
/// everywhere. A host gets a manifest, and a compressed tar of those files that it has in no other release.
/// </summary>
public sealed class ProjectArchive
{
    private readonly IReadOnlyList<ProjectEntry> _entries;
    private readonly IReadOnlyDictionary<string, string> _hashes;
    private readonly ConcurrentDictionary<string, Lazy<SharedBytes>> _packed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _told = new(StringComparer.Ordinal);

    private ProjectArchive(string releaseId, IReadOnlyList<ProjectEntry> entries, IReadOnlyDictionary<string, string> hashes, IReadOnlyList<string> leftOut)
    {
        ReleaseId = releaseId;
        _entries = entries;
        _hashes = hashes;
        LeftOut = leftOut;
        Manifest = Encoding.UTF8.GetBytes(
            string.Concat(entries.Where(e => e.Kind == EntryKind.File).Select(e => $"{hashes[e.Path]} {(e.Executable ? 'x' : '-')} {e.Path}\0")));
    }

    /// <summary>The release's id: 16 hexadecimal digits of the content's SHA-256.</summary>
    public string ReleaseId { get; }

    /// <summary>How many entries it holds: files, folders and links.</summary>
    public int Files => _entries.Count;

    /// <summary>Pipes, sockets and devices in the project, which are not part of the release.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <summary>Every file's SHA-256, whether it can be run (x or -) and path, with spaces between them and a NUL behind; cheap to read on a host.</summary>
    internal byte[] Manifest { get; }

    /// <summary>Looks through a project and computes its release's id.</summary>
    /// <exception cref="DeployException">PublishFailed: a link leaves the project, or a file cannot be read.</exception>
    public static async Task<ProjectArchive> PackAsync(DjangoProject project, CancellationToken cancellationToken)
    {
        try
        {
            var tree = ProjectTree.Read(project.Folder);
            var hashes = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
            await Parallel.ForEachAsync(
                tree.Entries.Where(e => e.Kind == EntryKind.File),
                cancellationToken,
                (entry, token) =>
                {
                    hashes[entry.Path] = Hash(entry, token);
                    return ValueTask.CompletedTask;
                });
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var entry in tree.Entries)
            {
                var content = entry.Kind == EntryKind.File ? hashes[entry.Path] : "";
                hash.AppendData(Encoding.UTF8.GetBytes($"{entry.Kind}\0{entry.Path}\0{entry.Executable}\0{entry.Link}\0{content}\0"));
            }

            return new ProjectArchive(Convert.ToHexStringLower(hash.GetHashAndReset())[..16], tree.Entries, hashes, tree.LeftOut);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(project.Folder, e);
        }
    }

    /// <summary>Writes the compressed tar.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="compression">What the host can take.</param>
    /// <param name="wanted">The hashes of the contents that the host lacks; null: all.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <exception cref="DeployException">PublishFailed: a file cannot be read, or is not what it was any more.</exception>
    internal async Task WriteAsync(Stream stream, ArchiveCompression compression, IReadOnlySet<string>? wanted, CancellationToken cancellationToken)
    {
        // Hosts mostly want the same, and it is packed once for them, while the first of it is on its way.
        var key = $"{compression} {(wanted is null ? "all" : string.Join(' ', wanted.Order(StringComparer.Ordinal)))}";
        await _packed.GetOrAdd(key, _ => new Lazy<SharedBytes>(() => SharedBytes.Make(s => Pack(s, compression, wanted)))).Value.CopyToAsync(stream, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    /// <summary>True the first time that it is called with a text: what is true of the release is told once, not once a host.</summary>
    internal bool IsNews(string text) => _told.TryAdd(text, true);

    private void Pack(Stream stream, ArchiveCompression compression, IReadOnlySet<string>? wanted)
    {
        var tar = new TarWriter(Compressed(stream, compression), TarEntryFormat.Gnu);
        tar.WriteEntry(new GnuTarEntry(TarEntryType.Directory, "project") { Mode = Mode(executable: true) });
        foreach (var entry in _entries.Where(e => e.Kind != EntryKind.File || wanted is null || wanted.Contains(_hashes[e.Path])))
        {
            tar.WriteEntry(Entry(entry));
        }

        // Not where one of them fails: with its end, what there is of it would look whole to the hosts that have begun to read it.
        tar.Dispose();
    }

    private static Stream Compressed(Stream stream, ArchiveCompression compression)
    {
        if (compression == ArchiveCompression.Gzip)
        {
            return new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true);
        }

        var zstd = new CompressionStream(stream, leaveOpen: true);
        zstd.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        return zstd;
    }

    private GnuTarEntry Entry(ProjectEntry entry)
    {
        var name = $"project/{entry.Path}";
        switch (entry.Kind)
        {
            case EntryKind.Folder:
                return new GnuTarEntry(TarEntryType.Directory, name) { Mode = Mode(executable: true) };
            case EntryKind.Link:
                return new GnuTarEntry(TarEntryType.SymbolicLink, name) { LinkName = entry.Link! };
        }

        byte[] content;
        try
        {
            content = File.ReadAllBytes(entry.FullPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(entry.FullPath, e);
        }

        return Convert.ToHexStringLower(SHA256.HashData(content)) == _hashes[entry.Path]
            ? new GnuTarEntry(TarEntryType.RegularFile, name) { Mode = Mode(entry.Executable), DataStream = new MemoryStream(content) }
            : throw new DeployException(ErrorId.PublishFailed, $"{entry.FullPath} has been changed while it was published.", "Publish again.");
    }

    // Of many small files, asynchronous reading is most of the time.
    private static string Hash(ProjectEntry entry, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var file = File.OpenHandle(entry.FullPath);
            var offset = 0L;
            while (RandomAccess.Read(file, buffer, offset) is var count and > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, count);
                offset += count;
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // On the host the files belong to root and everybody may read them; only whether a file can be run is the project's.
    private static UnixFileMode Mode(bool executable) => (UnixFileMode)(executable ? 0b111_101_101 : 0b110_100_100);

    private static DeployException Unreadable(string path, Exception e) =>
        new(ErrorId.PublishFailed, $"{path} cannot be packed: {e.Message}", "See who may read it.", e);
}
