using System.Globalization;
using System.Management.Automation.Host;
using System.Text;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Monitoring;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>A table in the terminal's alternate screen (xterm's control sequences), so that what was there before comes back.</summary>
internal sealed class WatchScreen
{
    private const string Enter = "\u001b[?1049h\u001b[?25l";
    private const string Leave = "\u001b[?25h\u001b[?1049l";
    private const string Home = "\u001b[H";
    private const string ClearLine = "\u001b[K";
    private const string ClearRest = "\u001b[J";
    private const string Reset = "\u001b[0m";
    private const string Green = "\u001b[32m";
    private const string Yellow = "\u001b[33m";
    private const string Red = "\u001b[31m";
    private const string Dim = "\u001b[2m";

    private static readonly (string Title, int Width)[] Columns = [("Health", 8), ("ms", 6), ("Load", 9), ("Mem", 5), ("Disk", 5), ("Release", 16)];

    private readonly TextWriter _terminal = Console.Out;

    public WatchScreen() => _terminal.Write(Enter);

    /// <summary>Whether a person sits there: a console that is neither written to a file nor read from one.</summary>
    public static bool IsThere(PSHost host) => host.Name == "ConsoleHost" && !Console.IsOutputRedirected && !Console.IsInputRedirected;

    /// <summary>Whether q was pressed since the last time.</summary>
    public static bool QuitPressed()
    {
        while (Console.KeyAvailable)
        {
            if (Console.ReadKey(intercept: true).KeyChar is 'q' or 'Q')
            {
                return true;
            }
        }

        return false;
    }

    public void Draw(IReadOnlyList<InstanceHealth> all)
    {
        var (width, height) = (Console.WindowWidth, Console.WindowHeight);
        var name = Math.Clamp(all.Select(i => i.Name.Length).DefaultIfEmpty(4).Max(), 4, Math.Max(4, width - Columns.Sum(c => c.Width + 1) - 1));
        var text = new StringBuilder(Home);
        var well = all.Count(i => i.Healthy);
        Line($"{string.Join(", ", all.Select(i => i.Deployment).Distinct(StringComparer.Ordinal))}: {well} of {all.Count} healthy, {DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}", "");
        Line("", "");
        Line($"{"Name".PadRight(name)} {string.Join(' ', Columns.Select(c => c.Title.PadRight(c.Width)))}", Dim);
        var room = Math.Max(1, height - 6);
        foreach (var instance in all.OrderBy(i => i.Healthy).ThenInNameOrder(i => i.Name).Take(room))
        {
            Row(instance);
        }

        Line(all.Count > room ? $"... and {all.Count - room} more" : "", "");
        text.Append(Dim).Append("q quits").Append(Reset).Append(ClearRest);
        _terminal.Write(text);

        void Line(string line, string color) =>
            text.Append(color).Append(line.Length < width ? line : line[..Math.Max(0, width - 1)]).Append(Reset).Append(ClearLine).Append("\r\n");

        void Row(InstanceHealth i)
        {
            var why = i.Healthy ? i.Error : i.Health;
            string[] cells =
            [
                i.Healthy ? "ok" : "ill",
                Number(i.Latency?.TotalMilliseconds, "0"),
                i.Load is null ? "-" : $"{Number(i.Load, "0.00")}/{i.Processors}",
                Number(i.MemoryPercent, "0") + "%",
                Number(i.DiskPercent, "0") + "%",
                string.IsNullOrEmpty(i.Release) ? "-" : i.Release,
            ];
            var row = $"{(i.Name.Length <= name ? i.Name : i.Name[..name]).PadRight(name)} {string.Join(' ', cells.Zip(Columns, (cell, column) => cell.PadRight(column.Width)))}";
            Line(row.TrimEnd() + (why is null ? "" : $"  {why.ReplaceLineEndings(" ")}"), !i.Healthy ? Red : why is null ? Green : Yellow);
        }
    }

    /// <summary>Gives the terminal back.</summary>
    public void Close() => _terminal.Write(Leave);

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";
}
