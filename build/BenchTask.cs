using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

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

        await LabProgram.RunAsync(["stop", "--remove"], stop);
        await MeasureAsync("demo, cold, 3 instances", 1, "", () => new DemoTask(stop).RunAsync(3, keep: false));
        await MeasureAsync("demo, warm, 3 instances", 1, "< 100 s on 2 cores", () => new DemoTask(stop).RunAsync(3, keep: false));
        try
        {
            await LabProgram.RunAsync(["start", "--detach"], stop);
            var one = await WithoutPuppetAsync(1);
            var three = await WithoutPuppetAsync(3);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"everything but Puppet, of the deployment: T(1) {one.Deployment:0.0} s, T(3) {three.Deployment:0.0} s, T(3)/T(1) {three.Deployment / one.Deployment:0.00}, target < 1.3"));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"everything but Puppet, of the slowest host: T(1) {one.Host:0.0} s, T(3) {three.Host:0.0} s, T(3)/T(1) {three.Host / one.Host:0.00} (hosts of the lab share this machine's processors)"));
        }
        finally
        {
            await LabProgram.RunAsync(["stop", "--terminate"], CancellationToken.None);
        }

        await LabBench.RunAsync(stop);
        await HostBench.RunAsync(stop);

        // Its own lab, which its tests start and stop; three kills a round.
        var rounds = Environment.GetEnvironmentVariable("LINKOVERFLOW_KILL_ROUNDS") is { Length: > 0 } asked ? asked : "10";
        Environment.SetEnvironmentVariable("LINKOVERFLOW_KILL_ROUNDS", rounds);
        var killed = await Tool.RunAsync(
            "dotnet",
            ["tests/LinkOverflow.EndToEnd.Tests/bin/Release/net10.0/LinkOverflow.EndToEnd.Tests.dll", "-noLogo", "-class", "LinkOverflow.EndToEnd.Tests.KilledRunTests"],
            stop);
        Console.WriteLine($"launch killed at random moments and resumed, {rounds} rounds of 3 kills: {(killed == 0 ? "all end healthy" : "FAILED")}, target all");
        return killed;
    }

    /// <summary>
    /// Medians of three runs, in seconds. Of the deployment: from launch to the last host's health, less the time in which Puppet works on any
    /// of its hosts. Of the slowest host: from launch to its health, less its own Puppet run, but with whatever Puppet does beside it on others.
    /// </summary>
    private async Task<(double Deployment, double Host)> WithoutPuppetAsync(int count)
    {
        var deployments = new List<double>();
        var hosts = new List<double>();
        for (var run = 0; run < 3; run++)
        {
            var (_, output) = await Tool.CaptureAsync(
                "dotnet",
                ["bin/launch/launch.dll", "samples/linkoverflow", count.ToString(CultureInfo.InvariantCulture), "--lab", "--json"],
                quiet: true,
                stop);
            using var document = JsonDocument.Parse(output);
            var instances = document.RootElement.GetProperty("instances").EnumerateArray().ToArray();
            deployments.Add(instances.Max(i => At(i, "Healthy")) - (instances.Max(i => At(i, "Configured")) - instances.Min(i => At(i, "Reachable"))));
            hosts.Add(instances.Max(i => At(i, "Healthy") - (At(i, "Configured") - At(i, "Reachable"))));
            var deployment = document.RootElement.GetProperty("deployment").GetString()!;
            await Tool.CaptureAsync("dotnet", ["bin/launch/launch.dll", "--remove", deployment, "--lab"], quiet: true, stop);
        }

        return (deployments.Order().ElementAt(1), hosts.Order().ElementAt(1));

        static double At(JsonElement instance, string stage) =>
            TimeSpan.Parse(instance.GetProperty("reached").GetProperty(stage).GetString()!, CultureInfo.InvariantCulture).TotalSeconds;
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
