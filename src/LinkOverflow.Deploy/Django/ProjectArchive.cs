using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Django;

/// <summary>
/// A project's files as they go to hosts: one compressed tar, and an id that is the content's hash, so that the same content is
/// the same release everywhere.
/// </summary>
public sealed class ProjectArchive
{
    private static readonly HashSet<string> IgnoredFolders = new(StringComparer.Ordinal)
    {
        ".git", ".hg", ".svn", "__pycache__", "venv", ".venv", "env", "node_modules", ".tox", ".mypy_cache", ".pytest_cache", ".idea", ".vscode",
    };

    private readonly byte[] _bytes;

    private ProjectArchive(string releaseId, byte[] bytes, int files)
    {
        ReleaseId = releaseId;
        _bytes = bytes;
        Files = files;
    }

    /// <summary>The release's id: 16 hexadecimal digits of the content's SHA-256.</summary>
    public string ReleaseId { get; }

    /// <summary>How many files it holds.</summary>
    public int Files { get; }

    /// <summary>The size of the compressed stream in bytes.</summary>
    public int Size => _bytes.Length;

    /// <summary>Packs a project.</summary>
    /// <exception cref="DeployException">PublishFailed: a link leaves the project, or a file cannot be read.</exception>
    public static async Task<ProjectArchive> PackAsync(DjangoProject project, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var buffer = new MemoryStream();
        var files = 0;
        try
        {
            await using var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true);
            await using var tar = new TarWriter(gzip, TarEntryFormat.Pax);
            foreach (var (path, info) in Entries(project.Folder, "").OrderBy(e => e.Path, StringComparer.Ordinal))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var entry = Entry(project, path, info);
                var content = entry.EntryType == TarEntryType.RegularFile ? await File.ReadAllBytesAsync(info.FullName, cancellationToken) : [];
                hash.AppendData(Encoding.UTF8.GetBytes($"{entry.EntryType}\0{path}\0{(int)entry.Mode}\0{entry.LinkName}\0{content.Length}\0"));
                hash.AppendData(content);
                if (entry.EntryType == TarEntryType.RegularFile)
                {
                    entry.DataStream = new MemoryStream(content);
                }

                await tar.WriteEntryAsync(entry, cancellationToken);
                files++;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeployException(ErrorId.PublishFailed, $"The project {project.Folder} cannot be packed: {e.Message}", null, e);
        }

        return new ProjectArchive(Convert.ToHexStringLower(hash.GetHashAndReset())[..16], buffer.ToArray(), files);
    }

    /// <summary>Writes the compressed tar.</summary>
    public async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_bytes, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    private static IEnumerable<(string Path, FileSystemInfo Info)> Entries(string folder, string prefix)
    {
        foreach (var info in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            if (IsIgnored(info))
            {
                continue;
            }

            var path = prefix + info.Name;
            yield return (path, info);
            if (info is DirectoryInfo && info.LinkTarget is null)
            {
                foreach (var entry in Entries(info.FullName, path + "/"))
                {
                    yield return entry;
                }
            }
        }
    }

    private static bool IsIgnored(FileSystemInfo info) =>
        info is DirectoryInfo
            ? IgnoredFolders.Contains(info.Name)
            : info.Name.EndsWith(".pyc", StringComparison.Ordinal) || info.Name.Contains(".sqlite3", StringComparison.Ordinal);

    private static PaxTarEntry Entry(DjangoProject project, string path, FileSystemInfo info)
    {
        var type = info.LinkTarget is not null ? TarEntryType.SymbolicLink
            : info is DirectoryInfo ? TarEntryType.Directory
            : TarEntryType.RegularFile;
        var entry = new PaxTarEntry(type, path)
        {
            // On the host the files belong to root and everybody may read them; only whether a file can be run is the project's.
            Mode = type == TarEntryType.Directory || IsExecutable(info) ? (UnixFileMode)0b111_101_101 : (UnixFileMode)0b110_100_100,
        };
        if (info.LinkTarget is { } link)
        {
            var target = Path.GetFullPath(link, Path.GetDirectoryName(info.FullName)!);
            if (Path.IsPathRooted(link) || !target.StartsWith(project.Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                throw new DeployException(
                    ErrorId.PublishFailed, $"The link {info.FullName} leads out of the project, to {link}.", "Replace it by what it points at.");
            }

            entry.LinkName = link;
        }

        return entry;
    }

    private static bool IsExecutable(FileSystemInfo info) =>
        !OperatingSystem.IsWindows() && info.LinkTarget is null && info.UnixFileMode.HasFlag(UnixFileMode.UserExecute);
}
