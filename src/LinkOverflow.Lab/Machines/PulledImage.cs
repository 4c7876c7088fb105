using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace LinkOverflow.Lab.Machines;

/// <summary>
/// An image of the RedHat family as its makers publish it for containers, pulled from a registry and given by its own dnf what a
/// machine has beyond a container: systemd, sshd, sudo.
/// </summary>
/// <param name="reference">Where it is, as podman pull takes it.</param>
/// <param name="cache">The lab's cache folder.</param>
/// <param name="podman">Where it is kept.</param>
internal sealed partial class PulledImage(string reference, string cache, Podman podman) : BaseImage(DistributionName, cache, podman)
{
    public const string DistributionName = "centos";

    public const string User = "ec2-user";

    public const string DefaultReference = "quay.io/centos/centos:stream9";

    /// <summary>Names another image, such as Rocky's.</summary>
    public const string Variable = "LINKOVERFLOW_LAB_CENTOS_IMAGE";

    private const string Recipe = "/run/lab-recipe";

    private static readonly string[] Proxies = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"];

    /// <summary>The one that is asked for here.</summary>
    public static string Reference => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } other ? other : DefaultReference;

    protected override string? Folder => DistributionName;

    protected override string Origin => reference;

    // One at a time is made in a cache: whoever makes it holds its lock.
    private static string Container => $"lolab-build-{DistributionName}";

    /// <summary>The registry's host and port; null where the reference names none, as a file's does.</summary>
    internal static string? RegistryOf(string reference) => Registry().Match(reference) is { Success: true } match ? match.Groups["registry"].Value : null;

    protected override Task AddFilesAsync(SortedDictionary<string, byte[]> files, CancellationToken cancellationToken)
    {
        var proxy = Proxies.Select(Environment.GetEnvironmentVariable).FirstOrDefault(p => !string.IsNullOrEmpty(p));
        files.Add("dnf.conf", Encoding.UTF8.GetBytes(proxy is null ? "" : $"proxy={proxy}\n"));
        return Task.CompletedTask;
    }

    protected override async Task MakeRootAsync(string build, string tar, Action<string> progress, CancellationToken cancellationToken)
    {
        progress($"  pulling {reference}");
        var image = await PullAsync(cancellationToken);
        progress("  installing systemd, sshd and sudo with its dnf");
        try
        {
            await Podman.Command(
                "run", "--name", Container, "--pull", "never", "--network", "host", "--user", "root", "--entrypoint", "sh", "--volume", $"{Path.Combine(build, "recipe")}:{Recipe}:ro",
                image, $"{Recipe}/{DistributionName}/prepare.sh", User).OutputAsync(cancellationToken);
        }
        catch (MachineException e)
        {
            throw new ImageUnavailableException($"{reference} was pulled and cannot be made a machine's image. {Instead} ({e.Message})", e);
        }

        await Podman.Command("export", "--output", tar, Container).OutputAsync(cancellationToken);
        await RemoveLeftoversAsync();
        // What was made of it is an image by itself. By its name, where it has one: the same image may be here under another.
        var name = RegistryOf(reference) is null ? image : reference.Replace("docker://", "", StringComparison.Ordinal);
        await Podman.Command("rmi", name).RunAsync(cancellationToken);
    }

    protected override async Task RemoveLeftoversAsync() => await Podman.Command("rm", "--force", "--ignore", "--time", "0", "--volumes", Container).RunAsync(CancellationToken.None);

    /// <returns>The image's id.</returns>
    private async Task<string> PullAsync(CancellationToken cancellationToken)
    {
        var registry = RegistryOf(reference);
        // As docker and podman build have it: nobody certifies a registry on this machine.
        string[] plain = registry is not null && IsLoopback(registry) ? ["--tls-verify=false"] : [];
        var pulled = await Podman.Command(["pull", "--quiet", .. plain, "--", reference]).RunAsync(cancellationToken);
        if (pulled.ExitCode == 0)
        {
            return pulled.Output.Trim().Split('\n')[^1];
        }

        var said = pulled.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? $"it ended with {pulled.ExitCode}";
        throw new ImageUnavailableException(
            $"There is no image of CentOS Stream 9 here, and {(registry is null ? "" : $"the registry {registry} did not give it: ")}podman pull {reference} failed. {Instead} ({said})");
    }

    private static string Instead =>
        $"Launch resolve:ssm:/lab/redhat/9 instead, which needs no registry, or name another image of the RedHat family in {Variable} or --centos-image of `start`.";

    private static bool IsLoopback(string registry) =>
        registry.Split(':')[0] is var host && (host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address)));

    [GeneratedRegex(@"^(docker://)?(?<registry>(localhost|[\w-]+(\.[\w-]+)+|[\w-]+(?=:\d))(:\d+)?)/", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Registry();
}
