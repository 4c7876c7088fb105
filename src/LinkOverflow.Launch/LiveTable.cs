using System.Globalization;
using LinkOverflow.Deploy.Deployments;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace LinkOverflow.Launch;

/// <summary>The table of a deployment's instances as a terminal has room for it.</summary>
internal static class LiveTable
{
    // Border, heading, a line between, border, the line below, the one that the cursor is on, and one to spare: a table that just fits leaves
    // its first border behind where a terminal scrolls.
    private const int Frame = 7;

    // Five borders, and a blank on both sides of each of four cells.
    private const int Lines = 13;
    private const string Seconds = "Seconds";

    /// <summary>Draws it. Where there is no room for all, those at work come first, then those that failed.</summary>
    /// <param name="rows">Each instance, and what it does now.</param>
    /// <param name="width">The terminal's columns: what an instance does is cut to them, as a row that wraps takes another one's room.</param>
    /// <param name="height">The terminal's lines.</param>
    public static IRenderable Draw(IReadOnlyCollection<(LOInstance Instance, string Doing)> rows, int width, int height)
    {
        var room = Math.Max(height - Frame, 1);
        var shown = rows.OrderBy(r => Rank(r.Instance.Stage)).ThenInNameOrder(r => r.Instance.Name).Take(room).ToArray();
        var table = new Table().Border(TableBorder.Rounded)
            .AddColumn(new TableColumn("Instance").NoWrap())
            .AddColumn(new TableColumn("Stage").NoWrap())
            .AddColumn(new TableColumn(Seconds).NoWrap())
            .AddColumn("Now");
        var taken = Lines + Seconds.Length + Widest(shown, r => r.Instance.Name, "Instance") + Widest(shown, r => r.Instance.Stage.ToString(), "Stage");
        foreach (var (instance, doing) in shown.InNameOrder(r => r.Instance.Name))
        {
            var color = instance.Stage switch { Stage.Healthy => "green", Stage.Failed => "red", _ => "yellow" };
            var seconds = HasEnded(instance) ? instance.Elapsed : DateTime.UtcNow - instance.Begun;
            table.AddRow(
                new Text(instance.Name),
                new Markup($"[{color}]{instance.Stage}[/]"),
                new Text(seconds.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)).RightJustified(),
                new Text(Cut(doing, Math.Max(width - taken, 3))));
        }

        if (rows.Count == shown.Length)
        {
            return table;
        }

        // Below it and not its caption, which wraps where the table is narrow.
        var stages = rows.GroupBy(r => r.Instance.Stage).OrderByDescending(g => g.Key).Select(g => $"{g.Count()} {g.Key}");
        return new Rows(table, new Text(Cut($"{string.Join(", ", stages)}; {rows.Count - shown.Length} not shown", width)));
    }

    private static int Widest<T>(IEnumerable<T> rows, Func<T, string> text, string heading) =>
        rows.Select(r => text(r).Length).Append(heading.Length).Max();

    private static string Cut(string text, int width) => text.Length <= width ? text : string.Concat(text.AsSpan(0, width - 1), "…");

    private static bool HasEnded(LOInstance instance) => instance.Stage is Stage.Healthy or Stage.Failed;

    private static int Rank(Stage stage) => stage switch { Stage.Healthy => 2, Stage.Failed => 1, _ => 0 };
}
