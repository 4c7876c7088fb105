using System.Formats.Tar;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Django;

/// <summary>The files of a project that go to hosts: not what belongs to this machine alone, and not what git ignores.</summary>
internal sealed class ProjectTree
{
    private static readonly HashSet<string> IgnoredFolders = new(StringComparer.Ordinal)
    {
        ".git", ".hg", ".svn", "__pycache__", "venv", ".venv", "env", "node_modules", ".tox", ".mypy_cache", ".pytest_cache", ".idea", ".vscode",
    };

    private readonly string _root;
    private readonly List<ProjectEntry> _entries = [];
    private readonly List<string> _leftOut = [];

    private ProjectTree(string root) => _root = root;

    /// <summary>The entries, ordered by path, a folder before what it holds.</summary>
    public IReadOnlyList<ProjectEntry> Entries => _entries;

    /// <summary>Pipes, sockets and devices, which cannot be published.</summary>
    public IReadOnlyList<string> LeftOut => _leftOut;

    /// <summary>Looks through a project's folder.</summary>
    /// <exception cref="DeployException">PublishFailed: a link leaves the project.</exception>
    /// <exception cref="IOException">A folder cannot be read.</exception>
    public static ProjectTree Read(string folder)
    {
        var tree = new ProjectTree(folder);
        tree.Read(new DirectoryInfo(folder), "", []);
        tree._entries.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return tree;
    }

    private void Read(DirectoryInfo folder, string prefix, IReadOnlyList<GitIgnore> outer)
    {
        var file = System.IO.Path.Combine(folder.FullName, ".gitignore");
        IReadOnlyList<GitIgnore> rules = File.Exists(file) ? [.. outer, GitIgnore.Parse(File.ReadAllText(file), prefix)] : outer;
        foreach (var info in folder.EnumerateFileSystemInfos())
        {
            var path = prefix + info.Name;
            var isFolder = info is DirectoryInfo && info.LinkTarget is null;
            if (IsBuiltIn(info) || GitIgnore.Ignores(rules, path, isFolder))
            {
                continue;
            }

            if (info.LinkTarget is { } link)
            {
                _entries.Add(new ProjectEntry(path, EntryKind.Link, info.FullName, Link: Within(info, link)));
            }
            else if (info is DirectoryInfo inner)
            {
                _entries.Add(new ProjectEntry(path, EntryKind.Folder, info.FullName));
                Read(inner, path + "/", rules);
            }
            else if (IsSpecial((FileInfo)info))
            {
                _leftOut.Add(path);
            }
            else
            {
                _entries.Add(new ProjectEntry(path, EntryKind.File, info.FullName, IsExecutable(info)));
            }
        }
    }

    private static bool IsBuiltIn(FileSystemInfo info) =>
        info is DirectoryInfo
            ? IgnoredFolders.Contains(info.Name)
            : info.Name.EndsWith(".pyc", StringComparison.Ordinal) || info.Name.Contains(".sqlite3", StringComparison.Ordinal);

    private string Within(FileSystemInfo info, string link)
    {
        var target = System.IO.Path.GetFullPath(link, System.IO.Path.GetDirectoryName(info.FullName)!);
        return !System.IO.Path.IsPathRooted(link) && target.StartsWith(_root + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? link
            : throw new DeployException(
                ErrorId.PublishFailed, $"The link {info.FullName} leads out of the project, to {link}.", "Replace it by what it points at.");
    }

    /// <summary>
    /// Whether it is a pipe, a socket or a device. .NET does not tell, and opening a pipe waits for its writer; but all of them are empty,
    /// and a TarWriter looks at what it is given without opening what is not a file.
    /// </summary>
    private static bool IsSpecial(FileInfo info)
    {
        if (info.Length != 0 || OperatingSystem.IsWindows())
        {
            return false;
        }

        using var buffer = new MemoryStream();
        try
        {
            using (var writer = new TarWriter(buffer, TarEntryFormat.Pax, leaveOpen: true))
            {
                writer.WriteEntry(info.FullName, "entry");
            }
        }
        catch (IOException)
        {
            // A socket has no place in a tar.
            return true;
        }

        buffer.Position = 0;
        using var reader = new TarReader(buffer);
        return reader.GetNextEntry() is not { EntryType: TarEntryType.RegularFile };
    }

    private static bool IsExecutable(FileSystemInfo info) =>
        !OperatingSystem.IsWindows() && info.UnixFileMode.HasFlag(UnixFileMode.UserExecute);
}
