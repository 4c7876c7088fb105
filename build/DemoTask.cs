using System.Globalization;
using System.Text.Json;

namespace LinkOverflow.Build;

/// <summary>From nothing to running sites on this machine, and back to nothing.</summary>
internal sealed class DemoTask(CancellationToken stop)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private static readonly string[] Header = ["NAME", "INSTANCE", "ADDRESS", "STAGE", "URL", "SECONDS"];
    private const string Project = "samples/linkoverflow";

    public async Task<int> RunAsync(int count, bool keep)
    {
        if (count is < 1 or > 5)
        {
            throw new TaskFailedException($"--count {count} is not within 1-5.", 2);
        }

        await Prerequisites.InstallAsync(stop);
        await BuildTask.RunAsync(stop);
        var labWasThere = await LabProgram.IsRunningAsync(stop);
        IReadOnlyList<DemoInstance> instances = [];
        try
        {
            instances = await DeployAsync(count);
            WriteTable(instances);
            var answered = await FetchAsync(instances);
            Console.WriteLine($"{answered} of {count} sites answered 200 with the sample's page.");
            if (keep)
            {
                Explain(instances);
            }

            return answered == count ? 0 : 1;
        }
        finally
        {
            if (!keep)
            {
                await RemoveAsync(instances, labWasThere);
            }
        }
    }

    private async Task<IReadOnlyList<DemoInstance>> DeployAsync(int count)
    {
        if (await PowerShellHost.FindAsync(stop) is { } powerShell)
        {
            Console.Error.WriteLine($"Start-LODeployment -Project {Project} -Count {count} -Lab");
            var file = Path.GetTempFileName();
            try
            {
                await powerShell.RunFileAsync("build/demo.ps1", [$"-Count:{count}", $"-ResultFile:{file}"], stop);
                var text = await File.ReadAllTextAsync(file, stop);
                return text.Length == 0 ? [] : JsonSerializer.Deserialize<DemoInstance[]>(text, Json)!;
            }
            finally
            {
                File.Delete(file);
            }
        }

        Console.Error.WriteLine($"launch {Project} {count} --lab");
        var (_, output) = await Tool.CaptureAsync(
            "dotnet", ["bin/launch/launch.dll", Project, count.ToString(CultureInfo.InvariantCulture), "--lab", "--json"], quiet: false, stop);
        if (output.Length == 0)
        {
            return [];
        }

        using var document = JsonDocument.Parse(output);
        return [.. document.RootElement.GetProperty("instances").EnumerateArray().Select(FromLaunch)];
    }

    private static DemoInstance FromLaunch(JsonElement instance) => new(
        Text(instance, "deployment")!,
        Text(instance, "name")!,
        Text(instance, "instanceId")!,
        Text(instance, "publicIp"),
        Text(instance, "stage")!,
        Text(instance, "url"),
        TimeSpan.Parse(Text(instance, "elapsed")!, CultureInfo.InvariantCulture).TotalSeconds,
        Text(instance, "loginCommand") ?? "");

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static void WriteTable(IReadOnlyList<DemoInstance> instances)
    {
        var rows = instances
            .Select(i => new[]
            {
                i.Name, i.InstanceId, i.PublicIp ?? "-", i.Stage, i.Url ?? "-", i.Seconds.ToString("0.0", CultureInfo.InvariantCulture),
            })
            .Prepend(Header)
            .ToArray();
        foreach (var row in rows)
        {
            Console.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(rows.Max(r => r[column].Length)))).TrimEnd());
        }
    }

    private async Task<int> FetchAsync(IReadOnlyList<DemoInstance> instances)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(20) };
        var answers = await Task.WhenAll(instances.Where(i => i.Url is not null).Select(async i =>
        {
            try
            {
                using var response = await http.GetAsync(new Uri(i.Url!), stop);
                var page = await response.Content.ReadAsStringAsync(stop);

                // The page names the instance that served it, so one site cannot answer for another.
                var right = (int)response.StatusCode == 200 && page.Contains("LinkOverflow", StringComparison.Ordinal)
                    && page.Contains(i.InstanceId, StringComparison.Ordinal);
                Console.WriteLine($"GET {i.Url} {(int)response.StatusCode}{(right ? "" : ", not the sample's page")}");
                return right;
            }
            catch (HttpRequestException e)
            {
                Console.WriteLine($"GET {i.Url} {e.Message}");
                return false;
            }
        }));
        return answers.Count(right => right);
    }

    private static void Explain(IReadOnlyList<DemoInstance> instances)
    {
        if (instances.Count == 0)
        {
            return;
        }

        foreach (var instance in instances)
        {
            Console.WriteLine($"Log in:  {instance.Login}");
        }

        Console.WriteLine($"Look:    {string.Join("  ", instances.Select(i => i.Url))}");
        Console.WriteLine($"Remove:  dotnet bin/launch/launch.dll --remove {instances[0].Deployment} --lab");
        Console.WriteLine("         ./build.sh lab stop --remove (the lab and everything in it)");
    }

    private static async Task RemoveAsync(IReadOnlyList<DemoInstance> instances, bool labWasThere)
    {
        if (instances.Count > 0)
        {
            await Tool.RunAsync("dotnet", ["bin/launch/launch.dll", "--remove", instances[0].Deployment, "--lab"], CancellationToken.None);
        }

        if (!labWasThere)
        {
            // Its other machines, of an earlier run, come back with the next start.
            await LabProgram.RunAsync(["stop"], CancellationToken.None);
        }

        Console.WriteLine(instances.Count > 0
            ? "Everything is removed again, but for the base image (./build.sh lab stop --remove)."
            : "What the run left in the lab goes with ./build.sh lab stop --remove.");
    }
}
