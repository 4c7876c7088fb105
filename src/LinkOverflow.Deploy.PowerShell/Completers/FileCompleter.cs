using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Completes a path with the files or folders of one kind, some levels deep.</summary>
public abstract class FileCompleter : IArgumentCompleter
{
    private const int Depth = 3;
    private const int Most = 50;

    // Whoever presses Tab in a large tree waits for no more folders than this.
    private const int MostFolders = 2000;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var word = wordToComplete.Trim('\'', '"');
        var slash = word.LastIndexOfAny([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar]) + 1;
        var (typed, beginning) = (word[..slash], word[slash..]);
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var here = Here();
        var folder = typed.StartsWith('~') ? home + typed[1..] : Path.Combine(here, typed);
        return Find(new DirectoryInfo(folder))
            .Select(path => typed + Path.GetRelativePath(folder, path))
            .Concat(Known)
            .Where(path => path.StartsWith(typed + beginning, StringComparison.OrdinalIgnoreCase))
            .Distinct(StringComparer.Ordinal)
            .Take(Most)
            .Select(path => new CompletionResult(Quote(path), path, CompletionResultType.ProviderItem, path));
    }

    /// <summary>What is offered wherever one is.</summary>
    protected virtual IEnumerable<string> Known => [];

    /// <summary>The paths of this kind right in a folder.</summary>
    protected abstract IEnumerable<string> Matching(DirectoryInfo folder);

    // Breadth first: what is near comes first.
    private IEnumerable<string> Find(DirectoryInfo root)
    {
        var folders = new Queue<(DirectoryInfo Folder, int Depth)>([(root, 0)]);
        for (var seen = 0; folders.TryDequeue(out var next) && seen < MostFolders; seen++)
        {
            string[] found;
            DirectoryInfo[] below;
            try
            {
                found = [.. Matching(next.Folder)];
                below = next.Depth == Depth ? [] : [.. next.Folder.EnumerateDirectories().Where(d => d.Name[0] != '.' && d.LinkTarget is null).OrderBy(d => d.Name, StringComparer.Ordinal)];
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.SecurityException)
            {
                continue;
            }

            foreach (var path in found)
            {
                yield return path;
            }

            foreach (var folder in below)
            {
                folders.Enqueue((folder, next.Depth + 1));
            }
        }
    }

    // While an argument is completed, the session's state is to be had by a nested pipeline alone.
    private static string Here()
    {
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        return shell.AddCommand("Get-Location").AddParameter("PSProvider", "FileSystem").Invoke<PathInfo>() is [var location, ..]
            ? location.ProviderPath
            : Environment.CurrentDirectory;
    }

    private static string Quote(string path) =>
        path.All(c => char.IsLetterOrDigit(c) || c is '/' or '\\' or '.' or '-' or '_' or '~' or ':') ? path : $"'{CodeGeneration.EscapeSingleQuotedStringContent(path)}'";
}

/// <summary>Completes a folder with manage.py.</summary>
public sealed class ProjectCompleter : FileCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> Matching(DirectoryInfo folder) =>
        folder.EnumerateDirectories().Where(d => File.Exists(Path.Combine(d.FullName, "manage.py"))).Select(d => d.FullName).Order(StringComparer.Ordinal);
}

/// <summary>Completes a file such as .aws.settings.</summary>
public sealed class AwsSettingsCompleter : FileCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> Known => File.Exists(Settings.AwsSettings.DefaultPath) ? [$"~/{Settings.AwsSettings.FileName}"] : [];

    /// <inheritdoc/>
    protected override IEnumerable<string> Matching(DirectoryInfo folder) =>
        folder.EnumerateFiles("*.settings").Select(f => f.FullName).Order(StringComparer.Ordinal);
}

/// <summary>Completes a file such as instance.config.</summary>
public sealed class InstanceConfigCompleter : FileCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> Matching(DirectoryInfo folder) =>
        folder.EnumerateFiles("*.config").Select(f => f.FullName).Order(StringComparer.Ordinal);
}
