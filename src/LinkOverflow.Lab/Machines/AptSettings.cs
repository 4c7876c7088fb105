namespace LinkOverflow.Lab.Machines;

/// <summary>
/// How this machine gets Debian packages, carried over into the base image so that apt works there too: its sources where
/// they are Debian 12's, its proxies and its policy on old repositories.
/// </summary>
internal static class AptSettings
{
    private const string Suite = "bookworm";

    private static readonly string[] Carried =
    [
        "Acquire::http::Proxy", "Acquire::https::Proxy", "Acquire::https::CaInfo", "Acquire::https::Verify-Peer", "Acquire::Check-Valid-Until",
        "Acquire::Check-Date", "Acquire::Retries",
    ];

    /// <summary>This machine's apt source files that hold nothing but Debian 12.</summary>
    public static IReadOnlyList<string> Sources()
    {
        const string Folder = "/etc/apt/sources.list.d";
        var files = Directory.Exists(Folder) ? Directory.EnumerateFiles(Folder).Order(StringComparer.Ordinal) : Enumerable.Empty<string>();
        return [.. files.Prepend("/etc/apt/sources.list").Where(File.Exists).Where(f => IsDebian(f, File.ReadAllText(f)))];
    }

    /// <summary>An apt.conf with this machine's proxies and the like; empty when it has none.</summary>
    public static async Task<string> ConfigurationAsync(CancellationToken cancellationToken)
    {
        var dump = (await new Command("apt-config", "dump", "Acquire").RunAsync(cancellationToken)).Output;
        var lines = dump.Split('\n').Where(l => Carried.Any(c => l.StartsWith(c, StringComparison.OrdinalIgnoreCase)) && !l.EndsWith(" \"\";", StringComparison.Ordinal)).ToList();
        foreach (var (variable, setting) in ((string, string)[])[("http_proxy", "Acquire::http::Proxy"), ("https_proxy", "Acquire::https::Proxy")])
        {
            if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } proxy && !lines.Any(l => l.StartsWith(setting, StringComparison.OrdinalIgnoreCase)))
            {
                lines.Add($"{setting} \"{proxy}\";");
            }
        }

        return string.Concat(lines.Select(l => l + "\n"));
    }

    /// <summary>Whether a source file names bookworm's suites alone, over the network, with Debian's own keys.</summary>
    internal static bool IsDebian(string file, string text)
    {
        var lines = text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#').ToList();
        if (Path.GetExtension(file) == ".sources")
        {
            string[] Values(string field) =>
                [.. lines.Where(l => l.StartsWith(field + ":", StringComparison.OrdinalIgnoreCase)).SelectMany(l => Words(l[(field.Length + 1)..]))];
            var suites = Values("Suites");
            return suites.Length > 0 && suites.All(IsSuite) && Values("URIs").All(IsRemote) && Values("Signed-By").All(IsDebianKey);
        }

        if (Path.GetExtension(file) != ".list")
        {
            return false;
        }

        // deb [options] uri suite components...
        var entries = lines.Where(l => l.StartsWith("deb", StringComparison.Ordinal)).Select(Split).ToList();
        return entries.Count > 0 && entries.All(e => e.Words.Length > 2 && IsRemote(e.Words[1]) && IsSuite(e.Words[2]) && IsDebianKey(e.Options));
    }

    private static (string Options, string[] Words) Split(string line)
    {
        var from = line.IndexOf('[', StringComparison.Ordinal);
        var to = line.IndexOf(']', StringComparison.Ordinal);
        return from >= 0 && to > from ? (line[from..to], Words(line[..from] + line[(to + 1)..])) : ("", Words(line));
    }

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static bool IsSuite(string suite) => suite == Suite || suite.StartsWith(Suite + "-", StringComparison.Ordinal) || suite == Suite + "/updates";

    private static bool IsRemote(string uri) => uri.StartsWith("http://", StringComparison.Ordinal) || uri.StartsWith("https://", StringComparison.Ordinal);

    private static bool IsDebianKey(string text) =>
        !text.Contains("signed-by", StringComparison.OrdinalIgnoreCase) && !text.Contains('/', StringComparison.Ordinal)
        || text.Contains("debian-archive-", StringComparison.Ordinal);
}
