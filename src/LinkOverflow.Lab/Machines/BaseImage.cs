using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace LinkOverflow.Lab.Machines;

/// <summary>
/// An image that machines boot from, made on this machine. It is named after everything it is made from, so a lab whose recipe
/// or whose machine's settings changed makes a new one.
/// </summary>
/// <param name="name">The name under which machines ask for it.</param>
/// <param name="cache">The lab's cache folder.</param>
/// <param name="podman">Where it is kept.</param>
internal abstract class BaseImage(string name, string cache, Podman podman)
{
    private const string Certificates = "/usr/local/share/ca-certificates";

    private string? _ready;

    /// <summary>The name under which machines ask for it.</summary>
    public string Name => name;

    /// <summary>The folder of Image/ that is its own; what lies in Image/ itself is everybody's.</summary>
    protected abstract string? Folder { get; }

    /// <summary>What it is made from, beside the files of its recipe.</summary>
    protected abstract string Origin { get; }

    protected Podman Podman => podman;

    private string Repository => $"localhost/lolab-{name}";

    private string LockFile => Path.Combine(cache, $"{name}.lock");

    private string BuildFolder => Path.Combine(cache, $"build-{name}");

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
            progress($"making the {name} image (once, about a minute) ...");
            await MakeAsync(image, files, progress, cancellationToken);
            await RemoveOldAsync(image, cancellationToken);
            progress($"the {name} image is ready");
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

    /// <summary>Puts a root file system into a tar file.</summary>
    /// <param name="build">A folder for it, in which recipe/ holds the recipe's files.</param>
    /// <param name="tar">The tar file.</param>
    /// <param name="progress">Told what is being done.</param>
    /// <param name="cancellationToken">Ends it.</param>
    protected abstract Task MakeRootAsync(string build, string tar, Action<string> progress, CancellationToken cancellationToken);

    /// <summary>Adds to the recipe's files what is this kind of image's own.</summary>
    protected abstract Task AddFilesAsync(SortedDictionary<string, byte[]> files, CancellationToken cancellationToken);

    /// <summary>Removes what a making that was cut off has left elsewhere than in its folder.</summary>
    protected virtual Task RemoveLeftoversAsync() => Task.CompletedTask;

    private async Task MakeAsync(string image, SortedDictionary<string, byte[]> files, Action<string> progress, CancellationToken cancellationToken)
    {
        var build = BuildFolder;
        await RemoveBuildAsync(build);
        try
        {
            foreach (var (path, content) in files)
            {
                var file = Path.Combine(build, "recipe", path);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                await File.WriteAllBytesAsync(file, content, cancellationToken);
            }

            Directory.CreateDirectory(Path.Combine(build, "recipe", "certificates"));
            var tar = Path.Combine(build, "base.tar");
            await MakeRootAsync(build, tar, progress, cancellationToken);
            await podman.Command("import", "--change", "CMD [\"/sbin/init\"]", tar, image).OutputAsync(cancellationToken);
        }
        finally
        {
            await RemoveBuildAsync(build);
        }
    }

    /// <summary>The files that it is made with, and with them everything that decides what the image holds.</summary>
    private async Task<SortedDictionary<string, byte[]>> FilesAsync(CancellationToken cancellationToken)
    {
        const string Prefix = "Image/";
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var file in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)
            && (n.LastIndexOf('/') < Prefix.Length || n.StartsWith($"{Prefix}{Folder}/", StringComparison.Ordinal))))
        {
            using var content = new MemoryStream();
            await using var resource = assembly.GetManifestResourceStream(file)!;
            await resource.CopyToAsync(content, cancellationToken);
            files.Add(file[Prefix.Length..], content.ToArray());
        }

        await AddFilesAsync(files, cancellationToken);

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
        hash.AppendData(Encoding.UTF8.GetBytes(Origin));
        foreach (var (file, content) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"\0{file}\0{content.Length}\0"));
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
    private async Task RemoveBuildAsync(string build)
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
            await RemoveLeftoversAsync();
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
