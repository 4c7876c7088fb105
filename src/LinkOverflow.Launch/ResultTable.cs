using System.Globalization;
using LinkOverflow.Deploy.Deployments;

namespace LinkOverflow.Launch;

/// <summary>The table at the end: plain text, for people and for grep.</summary>
internal static class ResultTable
{
    public static void Write(TextWriter output, DeploymentResult result)
    {
        string[] header = ["NAME", "INSTANCE", "ADDRESS", "STAGE", "URL", "SECONDS"];
        var rows = result.Instances
            .Select(i => new[]
            {
                i.Name,
                i.InstanceId,
                i.PublicIp ?? i.PrivateIp ?? "-",
                i.Stage.ToString(),
                i.Url ?? "-",
                i.Elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture),
            })
            .Prepend(header)
            .ToArray();
        var widths = Enumerable.Range(0, header.Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }

        output.WriteLine();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Deployment}: {result.Healthy.Count} of {result.Requested} healthy, release {result.Release}, {result.Elapsed.TotalSeconds:0.0} s"));
    }
}
