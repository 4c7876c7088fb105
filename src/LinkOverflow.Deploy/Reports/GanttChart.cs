using System.Globalization;
using LinkOverflow.Deploy.Deployments;

namespace LinkOverflow.Deploy.Reports;

/// <summary>What every instance did when, one row each on a common clock.</summary>
internal static class GanttChart
{
    private static readonly string[] Steps = ["Launch", "Boot", "Puppet", "Publish", "Health"];

    // Tick marks people can count in, in seconds.
    private static readonly int[] TickSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];

    public static void Add(HtmlText html, DeploymentResult result)
    {
        var rows = result.Instances.Select(i => Timeline.Of(i, result.Started)).ToArray();
        var end = rows.SelectMany(r => r.Spans).Select(s => s.End.TotalSeconds).DefaultIfEmpty(0).Max();
        if (end <= 0)
        {
            return;
        }

        html.Add($"<h2>Timeline</h2>").Add($"<ul class=\"legend\">");
        foreach (var step in Steps)
        {
            html.Add($"<li><i class=\"{step}\"></i>{step}</li>");
        }

        html.Add($"</ul>").Add($"<div class=\"gantt\">");
        var tick = TickSteps.FirstOrDefault(t => end / t <= 8, TickSteps[^1]);
        double[] ticks = [.. Enumerable.Range(0, (int)(end / tick) + 1).Select(n => (double)n * tick)];
        html.Add($"<span class=\"name\"></span><div class=\"track axis\">");
        foreach (var at in ticks)
        {
            html.Add($"<span style=\"left:{Percent(at, end)}\">{AxisText(at, tick)}</span>");
        }

        html.Add($"</div><span class=\"time\"></span>");
        foreach (var row in rows)
        {
            html.Add($"<span class=\"name\" title=\"{row.Name}\">{row.Name}</span><div class=\"track\">");
            foreach (var at in ticks.Skip(1))
            {
                html.Add($"<i class=\"tick\" style=\"left:{Percent(at, end)}\"></i>");
            }

            foreach (var span in row.Spans)
            {
                Span(html, span, end);
            }

            html.Add($"</div><span class=\"time\">{Duration.Text(row.Spans.Count > 0 ? row.Spans[^1].End : default)}</span>");
        }

        html.Add($"</div>");
    }

    private static void Span(HtmlText html, TimelineSpan span, double end)
    {
        var length = (span.End - span.Start).TotalSeconds;
        var narrow = length / end < 0.12;
        html.Add($"<div class=\"span {span.Step}{(span.Failed ? " failed" : "")}{(narrow ? " narrow" : "")}\" style=\"left:{Percent(span.Start.TotalSeconds, end)};width:{Percent(length, end)}\" title=\"{span.Step}{(span.Failed ? " failed after" : "")} {Duration.Text(span.End - span.Start)}\">{(narrow ? "" : span.Failed ? $"{span.Step} failed" : span.Step)}</div>");
    }

    private static string AxisText(double seconds, int tick) => tick >= 60
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min")
        : string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s");

    private static string Percent(double part, double whole) => string.Create(CultureInfo.InvariantCulture, $"{100 * part / whole:0.###}%");
}
