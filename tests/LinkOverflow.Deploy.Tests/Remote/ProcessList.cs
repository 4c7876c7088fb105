using System.Globalization;

namespace LinkOverflow.Deploy.Tests.Remote;

/// <summary>The processes of this machine by their command lines, proc_pid_cmdline(5).</summary>
internal static class ProcessList
{
    /// <summary>All that have one; who ends meanwhile is left out.</summary>
    public static IEnumerable<(int Id, string[] Words)> All() => Directory.EnumerateDirectories("/proc")
        .Select(Path.GetFileName)
        .Where(name => name!.All(char.IsAsciiDigit))
        .Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
        .Select(id => (id, Words(id)))
        .Where(p => p.Item2.Length > 0);

    /// <summary>The words of a process's command line; none of one that has ended.</summary>
    public static string[] Words(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").Split('\0', StringSplitOptions.None)[..^1];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
