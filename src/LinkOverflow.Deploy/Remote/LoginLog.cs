using System.Globalization;
using System.Text.RegularExpressions;

namespace LinkOverflow.Deploy.Remote;

/// <summary>
/// What the OpenSSH client wrote down of a login (ssh(1), -E). It alone knows which line of which known_hosts file the host's key was found
/// in, and tells it at DEBUG1: "Found key in FILE:LINE".
/// </summary>
internal sealed partial class LoginLog(string file) : IDisposable
{
    /// <summary>The options that have it written; they stand before all others, as the first of several counts.</summary>
    public IReadOnlyList<string> Options { get; } = ["-E", file, "-o", "LogLevel=DEBUG1"];

    /// <summary>What the client said to people.</summary>
    public async Task<string> ErrorAsync(CancellationToken cancellationToken) => string.Join(
        '\n', (await LinesAsync(cancellationToken)).Where(l => !l.StartsWith("debug1: ", StringComparison.Ordinal)));

    /// <summary>The host key that was presented and found, as "type base64"; null where a certificate authority vouches for the host instead.</summary>
    public async Task<string?> HostKeyAsync(CancellationToken cancellationToken)
    {
        var found = (await LinesAsync(cancellationToken)).Select(l => FoundKey().Match(l)).FirstOrDefault(m => m.Success);
        return found is not null && File.Exists(found.Groups["file"].Value)
            ? HostKeys.OfLine((await File.ReadAllLinesAsync(found.Groups["file"].Value, cancellationToken)).ElementAtOrDefault(
                int.Parse(found.Groups["line"].Value, CultureInfo.InvariantCulture) - 1) ?? "")
            : null;
    }

    public void Dispose() => File.Delete(file);

    private async Task<string[]> LinesAsync(CancellationToken cancellationToken) =>
        File.Exists(file) ? [.. (await File.ReadAllLinesAsync(file, cancellationToken)).Select(l => l.TrimEnd())] : [];

    [GeneratedRegex(@"^debug1: Found key in (?<file>.+):(?<line>\d{1,9})$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FoundKey();
}
