using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Amazon.EC2.Model;
using LinkOverflow.Lab.Tests.Api;
using LinkOverflow.Lab.Tests.Machines;
using LabState = LinkOverflow.Lab.Model.InstanceState;

namespace LinkOverflow.Lab.Tests.Bench;

/// <summary>What `./build.sh bench` measures of the lab. Explicit: figures of a loaded machine prove nothing.</summary>
public sealed class LabFigures(RealLab lab) : IClassFixture<RealLab>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task Machines()
    {
        lab.SkipWithoutMachines();
        Print("idle lab, resident", IdleMegabytes(), "MB", "< 100 MB");
        var before = (await lab.RunAsync(1))[0];
        await lab.SshAsync(before, "true");
        foreach (var (count, target) in new[] { (1, "< 1.5 s"), (5, "< 4 s"), (20, "< 15 s") })
        {
            var clock = Stopwatch.StartNew();
            var instances = await lab.RunAsync(count);
            await Task.WhenAll(instances.Select(i => lab.SshAsync(i, "true")));
            Print($"RunInstances to SSH login, {count}", clock.Elapsed.TotalSeconds, "s", target);
            clock.Restart();
            await lab.TerminateAsync(instances);
            Print($"TerminateInstances to terminated, {count}", clock.Elapsed.TotalSeconds, "s", count == 20 ? "< 5 s" : "");
        }

        var watch = Stopwatch.StartNew();
        var image = (await lab.Ec2.CreateImageAsync(new CreateImageRequest { InstanceId = before.InstanceId, Name = "measured" }, Cancellation)).ImageId;
        await RealLab.UntilAsync(
            async () => (await lab.Ec2.DescribeImagesAsync(new DescribeImagesRequest { ImageIds = [image] }, Cancellation)).Images[0].State.Value == "available", "the image is available");
        Print("CreateImage to available", watch.Elapsed.TotalSeconds, "s", "< 8 s");
    }

    [Fact(Explicit = true)]
    public async Task Describing_a_thousand_instances()
    {
        const int Count = 1000;
        var folder = Directory.CreateTempSubdirectory("lolab-bench-");
        try
        {
            var file = Path.Combine(folder.FullName, "account.json");
            await using (var first = await ApiLab.StartAsync(accountFile: file))
            {
                var id = (await first.RunAsync())[0].InstanceId;
                await first.WaitForAsync(id, "running");
            }

            var kept = JsonNode.Parse(await File.ReadAllTextAsync(file, Cancellation))!;
            var instances = kept["Instances"]!.AsArray();
            var volumes = kept["Volumes"]!.AsArray();
            for (var number = 1; number < Count; number++)
            {
                var copy = instances[0]!.DeepClone();
                copy["Id"] = $"i-{number.ToString("x17", CultureInfo.InvariantCulture)}";
                var volume = volumes[0]!.DeepClone();
                volume["Id"] = $"vol-{number.ToString("x17", CultureInfo.InvariantCulture)}";
                copy["RootVolumeId"] = volume["Id"]!.GetValue<string>();
                volume["Attachment"]!["InstanceId"] = copy["Id"]!.GetValue<string>();
                volumes.Add(volume);
                copy["State"] = (int)LabState.Stopped;
                copy["ReservationId"] = $"r-{number.ToString("x17", CultureInfo.InvariantCulture)}";
                instances.Add(copy);
            }

            await File.WriteAllTextAsync(file, kept.ToJsonString(), Cancellation);
            await using var many = await ApiLab.StartAsync(accountFile: file);
            await RealLab.UntilAsync(() => Task.FromResult(many.Machines.Calls.Count(c => c.StartsWith("resume", StringComparison.Ordinal)) == Count), "the lab has found its machines");
            using var client = new SignedClient(many.Endpoint);
            var milliseconds = new List<double>();
            var busy = TimeSpan.Zero;
            for (var run = 0; run < 51; run++)
            {
                var before = Environment.CpuUsage.TotalTime;
                var clock = Stopwatch.StartNew();
                var (status, body) = await client.PostForBytesAsync("Action=DescribeInstances&Version=2016-11-15");
                milliseconds.Add(clock.Elapsed.TotalMilliseconds);
                busy += Environment.CpuUsage.TotalTime - before;
                status.ShouldBe(200);
                Encoding.UTF8.GetString(body).Split("<instanceId>").Length.ShouldBe(Count + 1);
            }

            Print($"DescribeInstances of {Count}, median of {milliseconds.Count} (fastest {milliseconds.Min():0})", milliseconds.Order().ElementAt(milliseconds.Count / 2), "ms", "< 50 ms");
            // Of the lab and of the client that asks it, which are one process here; tells more than the clock where others work beside.
            Print($"DescribeInstances of {Count}, processor time of both ends", busy.TotalMilliseconds / milliseconds.Count, "ms", "");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private double IdleMegabytes()
    {
        var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{lab.Record.Pid}/status")).First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
    }

    private static void Print(string what, double value, string unit, string target) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bench: {what}: {value:0.0} {unit}{(target.Length == 0 ? "" : $", target {target}")}"));
}
