namespace LinkOverflow.Build;

/// <summary>Measures the lab: boots, terminations, images, DescribeInstances, memory. The lab's own test program does it.</summary>
internal static class LabBench
{
    private const string Mark = "bench: ";

    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        var (exitCode, output) = await Tool.CaptureAsync(
            "dotnet",
            ["run", "--project", "tests/LinkOverflow.Lab.Tests", "--configuration", "Release", "--", "-explicit", "only", "-class", "LinkOverflow.Lab.Tests.Bench.LabFigures", "-noColor"],
            quiet: true,
            cancellationToken);
        foreach (var line in output.Split('\n').Where(l => l.StartsWith(Mark, StringComparison.Ordinal)))
        {
            Console.WriteLine(line[Mark.Length..].TrimEnd());
        }

        if (exitCode != 0)
        {
            throw new TaskFailedException($"The lab cannot be measured:{Environment.NewLine}{output}", 1);
        }
    }
}
