using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace LinkOverflow.Lab.Machines;

/// <summary>
/// An image that machines boot from, made on this machine by mmdebstrap. It is named after everything it is made from, so a
/// lab whose recipe or whose machine's apt settings changed makes a new one.
/// </summary>
/// <param name="distribution">What it holds.</param>
/// <param name="cache">The lab's cache folder.</param>
/// <param name="podman">Where it is kept.</param>
internal sealed class BaseImage(Distribution distribution, string cache, Podman podman)
{
    private const string Certificates = "/usr/local/share/ca-certificates";

    private string? _ready;

    private string Repository => $"localhost/lolab-{distribution.Name}";

    private string LockFile => Path.Combine(cache, $"{distribution.Name}.lock");

    private string BuildFolder => Path.Combine(cache, $"build-{distribution.Name}");

    /// <summary>Gives the image's name in podman, after making it where it is not there yet.</summary>
    /// <exception cref="MachineException">It cannot be made.</exception>
    public async Task<string> PrepareAsync(Action<string> progress, CancellationToken cancellationToken)
    {
        if (_ready is { } ready)
        {
            return ready;
        }

        // Two labs that start at once share one base image.
        using var alone = await FileLock.TakeAsync(LockFile, cancellationToken);
        var files = await FilesAsync(cancellationToken);
        var image = $"{Repository}:{Digest(files)}";
        var exists = await podman.Command("image", "exists", image).RunAsync(cancellationToken);
        if (exists.ExitCode != 0)
        {
            progress($"making the {distribution.Name} image (once, about a minute) ...");
            await MakeAsync(image, files, progress, cancellationToken);
            await RemoveOldAsync(image, cancellationToken);
            progress($"the {distribution.Name} image is ready");
        }

        return _ready = image;
    }

    /// <summary>Removes what a killed lab has half made of it, unless a lab makes it right now.</summary>
    public async Task RemoveHalfMadeAsync()
    {
        if (Directory.Exists(cache) && FileLock.TryTake(LockFile) is { } alone)
        {
            using (alone)
            {
                await RemoveBuildAsync(BuildFolder);
            }
        }
    }

    private async Task MakeAsync(string image, SortedDictionary<string, byte[]> files, Action<string> progress, CancellationToken cancellationToken)
    {
        var build = BuildFolder;
        await RemoveBuildAsync(build);
        try
        {
            foreach (var (name, content) in files)
            {
                var file = Path.Combine(build, "recipe", name);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                await File.WriteAllBytesAsync(file, content, cancellationToken);
            }

            Directory.CreateDirectory(Path.Combine(build, "recipe", "certificates"));
            var tar = Path.Combine(build, "base.tar");
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
            await podman.Command("import", "--change", "CMD [\"/sbin/init\"]", tar, image).OutputAsync(cancellationToken);
        }
        finally
        {
            await RemoveBuildAsync(build);
        }
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

    /// <summary>The files that the customize hook works with, and with them everything that decides what the image holds.</summary>
    private async Task<SortedDictionary<string, byte[]>> FilesAsync(CancellationToken cancellationToken)
    {
        const string Prefix = "Image/";
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)
            && (n.LastIndexOf('/') < Prefix.Length || n.StartsWith($"{Prefix}{distribution.Folder}/", StringComparison.Ordinal))))
        {
            using var content = new MemoryStream();
            await using var resource = assembly.GetManifestResourceStream(name)!;
            await resource.CopyToAsync(content, cancellationToken);
            files.Add(name[Prefix.Length..], content.ToArray());
        }

        files.Add("apt.conf", Encoding.UTF8.GetBytes(await AptSettings.ConfigurationAsync(cancellationToken)));
        foreach (var source in AptSettings.Sources())
        {
            files.Add($"sources/{Path.GetFileName(source)}", await File.ReadAllBytesAsync(source, cancellationToken));
        }

        if (Directory.Exists(Certificates))
        {
            foreach (var certificate in Directory.EnumerateFiles(Certificates, "*.crt", SearchOption.AllDirectories))
            {
                files.TryAdd($"certificates/{Path.GetFileName(certificate)}", await File.ReadAllBytesAsync(certificate, cancellationToken));
            }
        }

        return files;
    }

    private string Digest(SortedDictionary<string, byte[]> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Join(',', distribution.Packages)));
        foreach (var (name, content) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"\0{name}\0{content.Length}\0"));
            hash.AppendData(content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..12];
    }

    private async Task RemoveOldAsync(string current, CancellationToken cancellationToken)
    {
        var all = await podman.Command("images", "--format", "{{.Repository}}:{{.Tag}}", Repository).RunAsync(cancellationToken);
        foreach (var old in all.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(i => i != current))
        {
            // Stays, with an error that nobody needs, while another lab's machines run from it.
            await podman.Command("rmi", old).RunAsync(cancellationToken);
        }
    }

    /// <summary>Removes a build folder, and ends the build that a killed lab left running in it.</summary>
    private static async Task RemoveBuildAsync(string build)
    {
        var pidFile = Path.Combine(build, "pid");
        if (File.Exists(pidFile)
            && int.TryParse(await File.ReadAllTextAsync(pidFile), CultureInfo.InvariantCulture, out var pid)
            && IsBuild(pid, build))
        {
            await new Command("kill", "-KILL", pid.ToString(CultureInfo.InvariantCulture)).RunAsync(CancellationToken.None);
            while (IsBuild(pid, build))
            {
                await Task.Delay(20);
            }
        }

        if (Directory.Exists(build))
        {
            await new Command("rm", "-rf", "--one-file-system", "--", build).OutputAsync(CancellationToken.None);
        }
    }

    private static bool IsBuild(int pid, string build)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/cmdline").Contains(build, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
