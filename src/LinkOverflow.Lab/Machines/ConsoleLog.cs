using System.Text;

namespace LinkOverflow.Lab.Machines;

/// <summary>
/// A machine's console as conmon keeps it (log driver k8s-file): each line begins with a time, the stream and F, or P for
/// a piece of a line that goes on.
/// </summary>
internal static class ConsoleLog
{
    /// <summary>The console's text; empty when there is no log yet.</summary>
    public static async Task<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            // conmon goes on writing to it.
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream);
            return Parse(await reader.ReadToEndAsync(cancellationToken));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return "";
        }
    }

    internal static string Parse(string log)
    {
        var text = new StringBuilder(log.Length);
        foreach (var line in log.Split('\n'))
        {
            var parts = line.Split(' ', 4);
            if (parts.Length == 4)
            {
                text.Append(parts[3].TrimEnd('\r'));
                if (parts[2] != "P")
                {
                    text.Append('\n');
                }
            }
        }

        return text.ToString();
    }
}
