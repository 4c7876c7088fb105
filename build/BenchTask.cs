using System.Diagnostics;
using System.Globalization;

namespace LinkOverflow.Build;

/// <summary>Measures what README.md promises. Medians of several runs where a run is short.</summary>
internal sealed class BenchTask(CancellationToken stop)
{
    public async Task<int> RunAsync()
    {
        await Prerequisites.InstallAsync(stop);
        await BuildTask.RunAsync(stop);
        await MeasureAsync("launch -h", 9, "< 0.15 s", () => Tool.CaptureAsync("bin/launch/launch", ["-h"], quiet: true, stop));
        if (Tool.Exists("pwsh"))
        {
            var command = "(Measure-Command { Import-Module ./LinkOverflow.Deploy.psd1 }).TotalSeconds.ToString([cultureinfo]::InvariantCulture)";
            var seconds = new List<double>();
            for (var run = 0; run < 7; run++)
            {
                var (_, output) = await Tool.CaptureAsync("pwsh", ["-NoProfile", "-Command", command], quiet: false, stop);
                seconds.Add(double.Parse(output.Trim(), CultureInfo.InvariantCulture));
            }

            Print("Import-Module", seconds, "< 0.4 s");
        }
        else
        {
            Console.WriteLine("Import-Module: not measured, no pwsh on the PATH");
        }

        if (await LabProgram.IsRunningAsync(stop))
        {
            throw new TaskFailedException("A lab is running; stop it first (./build.sh lab stop), so that it is not measured too.", 2);
        }

        // Once to have the base image made, so that the others are warm.
        await LabProgram.RunAsync(["stop", "--remove"], stop);
        await MeasureAsync("demo, cold, 3 instances", 1, "", () => new DemoTask(stop).RunAsync(3, keep: false));
        await MeasureAsync("demo, warm, 1 instance", 1, "", () => new DemoTask(stop).RunAsync(1, keep: false));
        await MeasureAsync("demo, warm, 3 instances", 1, "< 100 s on 2 cores", () => new DemoTask(stop).RunAsync(3, keep: false));
        return 0;
    }

    private static async Task MeasureAsync(string what, int runs, string target, Func<Task> run)
    {
        var seconds = new List<double>();
        for (var i = 0; i < runs; i++)
        {
            var clock = Stopwatch.StartNew();
            await run();
            seconds.Add(clock.Elapsed.TotalSeconds);
        }

        Print(what, seconds, target);
    }

    private static void Print(string what, List<double> seconds, string target)
    {
        seconds.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: {seconds[seconds.Count / 2]:0.000} s (of {seconds.Count}: {seconds[0]:0.000} to {seconds[^1]:0.000}){(target.Length == 0 ? "" : $", target {target}")}"));
    }
}
