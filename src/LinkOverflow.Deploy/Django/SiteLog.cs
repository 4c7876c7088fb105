using System.Globalization;
using System.Text;
using System.Text.Json;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Django;

/// <summary>A line of a site's log.</summary>
/// <param name="Instance">The host's name.</param>
/// <param name="Time">When it was written, in UTC.</param>
/// <param name="Message">What it says.</param>
public sealed record LogLine(string Instance, DateTime Time, string Message)
{
    /// <summary>As journalctl prints it.</summary>
    public override string ToString() => $"{Time:yyyy-MM-dd HH:mm:ss} {Instance} {Message}";
}

/// <summary>The log of a site's service, from its host's journal.</summary>
public static class SiteLog
{
    /// <summary>Reads the last lines, and goes on with what comes where that is asked for.</summary>
    /// <param name="instance">The host.</param>
    /// <param name="lines">How many of the last lines.</param>
    /// <param name="follow">Whether to go on until it is cancelled.</param>
    /// <param name="emit">Called with each line, in order, from any thread.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DeployException">CommandFailed, or an error of the connection.</exception>
    public static async Task ReadAsync(LOInstance instance, int lines, bool follow, Action<LogLine> emit, CancellationToken cancellationToken)
    {
        var script = RemoteScript.Embedded("log.sh", instance.Project, lines.ToString(CultureInfo.InvariantCulture), follow ? "yes" : "no");
        var result = await SshConnections.RunAsync(
            instance.Ssh(),
            script,
            follow ? (_, token) => Task.Delay(Timeout.Infinite, token) : null,
            line =>
            {
                if (Read(instance.Name, line) is { } entry)
                {
                    emit(entry);
                }
            },
            cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new DeployException(
                ErrorId.CommandFailed, $"The log of {instance.Project} on {instance.Name} cannot be read (exit code {result.ExitCode}): {result.Error.Trim()}");
        }
    }

    /// <summary>An entry as `journalctl -o json` writes it; null for what is none.</summary>
    internal static LogLine? Read(string instance, string line)
    {
        if (!line.StartsWith('{'))
        {
            return null;
        }

        using var entry = JsonDocument.Parse(line);
        var microseconds = long.Parse(entry.RootElement.GetProperty("__REALTIME_TIMESTAMP").GetString()!, CultureInfo.InvariantCulture);
        var message = !entry.RootElement.TryGetProperty("MESSAGE", out var said) ? ""
            : said.ValueKind == JsonValueKind.String ? said.GetString()!
            : said.ValueKind == JsonValueKind.Array ? Encoding.UTF8.GetString([.. said.EnumerateArray().Select(b => b.GetByte())]) // not all printable
            : "";
        return new LogLine(instance, DateTime.UnixEpoch.AddMicroseconds(microseconds), message);
    }
}
