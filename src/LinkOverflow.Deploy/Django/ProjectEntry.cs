namespace LinkOverflow.Deploy.Django;

/// <summary>What an entry of a project is.</summary>
internal enum EntryKind
{
    File,
    Folder,
    Link,
}

/// <summary>A file, folder or link of a project that goes to hosts.</summary>
/// <param name="Path">Its path in the project, with slashes.</param>
/// <param name="Kind">What it is.</param>
/// <param name="FullPath">Its path on this machine.</param>
/// <param name="Executable">Whether it can be run; of a file's mode that alone is the project's.</param>
/// <param name="Link">Where a link leads.</param>
internal sealed record ProjectEntry(string Path, EntryKind Kind, string FullPath, bool Executable = false, string? Link = null);
