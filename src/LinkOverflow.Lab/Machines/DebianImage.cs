using System.Globalization;
using System.Text;

namespace LinkOverflow.Lab.Machines;

/// <summary>An image made by mmdebstrap from Debian's packages, with this machine's own apt settings.</summary>
/// <param name="distribution">What it holds.</param>
/// <param name="cache">The lab's cache folder.</param>
/// <param name="podman">Where it is kept.</param>
internal sealed class DebianImage(Distribution distribution, string cache, Podman podman) : BaseImage(distribution.Name, cache, podman)
{
    protected override string? Folder => distribution.Folder;

    protected override string Origin => string.Join(',', distribution.Packages);

    protected override async Task AddFilesAsync(SortedDictionary<string, byte[]> files, CancellationToken cancellationToken)
    {
        files.Add("apt.conf", Encoding.UTF8.GetBytes(await AptSettings.ConfigurationAsync(cancellationToken)));
        foreach (var source in AptSettings.Sources())
        {
            files.Add($"sources/{Path.GetFileName(source)}", await File.ReadAllBytesAsync(source, cancellationToken));
        }
    }

    protected override async Task MakeRootAsync(string build, string tar, Action<string> progress, CancellationToken cancellationToken)
    {
        var recipe = Path.Combine(build, "recipe");
        // In namespaces of its own: when its first process ends, all of its processes and mounts are gone.
        await new Command(
            "unshare",
            [
                "--mount", "--pid", "--mount-proc", "--fork", "--kill-child", "mmdebstrap", "--variant=apt", $"--include={string.Join(',', distribution.Packages)}", $"--aptopt={recipe}/apt.conf",
                $"--customize-hook=sh '{recipe}/customize.sh' \"$1\" {distribution.User}",
                .. distribution.Folder is { } folder ? [$"--customize-hook=sh '{recipe}/{folder}/customize.sh' \"$1\""] : Array.Empty<string>(),
                "bookworm", tar, .. AptSettings.Sources(),
            ])
        {
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["TMPDIR"] = build },
            OnStarted = pid => File.WriteAllText(Path.Combine(build, "pid"), pid.ToString(CultureInfo.InvariantCulture)),
            OnError = line => Report(line, progress),
        }.OutputAsync(cancellationToken);
    }

    private static void Report(string line, Action<string> progress)
    {
        if (line.StartsWith("I: ", StringComparison.Ordinal) && !line.Contains("tempdir", StringComparison.Ordinal))
        {
            progress($"  {line[3..]}");
        }
        else if (line.StartsWith("E: ", StringComparison.Ordinal) || line.StartsWith("W: ", StringComparison.Ordinal))
        {
            progress(line);
        }
    }
}
