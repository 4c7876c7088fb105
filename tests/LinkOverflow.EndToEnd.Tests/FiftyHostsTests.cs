using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using Shouldly;

namespace LinkOverflow.EndToEnd.Tests;

/// <summary>
/// Fifty hosts at once. They come from an image of a machine that was brought to its desired state before, and a light manifest keeps
/// what it looks after small, so that the time goes into what is looked at here.
/// </summary>
[Trait("Category", "Machines")]
public sealed partial class FiftyHostsTests(OwnLab lab) : IClassFixture<OwnLab>
{
    private const int Count = 50;
    private const int MemoryLimit = 300;

    // One host takes about 250 MB, its site and a Puppet run included; half as much again for everything else.
    private const long MemoryWanted = 12L * 1024 * 1024 * 1024;

    [Fact]
    public async Task A_deployment_of_fifty_completes_and_the_tool_stays_below_300_MB()
    {
        Assert.SkipWhen(lab.Missing is not null, lab.Missing ?? "");
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        Assert.SkipWhen(available < MemoryWanted, $"Fifty machines want 12 GB of memory; there are {available / (1024 * 1024 * 1024)}.");
        var folder = Directory.CreateTempSubdirectory("lo-fifty-");
        try
        {
            var config = await LightConfigAsync(folder.FullName, await ImageAsync());
            using var launch = lab.Start(
                "bin/launch/launch", "samples/linkoverflow", $"{Count}", "--lab", "--instance-config", config, "--json", "--minimum", $"{Count}");
            var output = launch.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var error = launch.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var peak = 0;
            while (!launch.HasExited)
            {
                peak = Math.Max(peak, PeakMegabytes(launch));
                await Task.Delay(100, TestContext.Current.CancellationToken);
            }

            launch.ExitCode.ShouldBe(0, await error);
            using var result = JsonDocument.Parse(await output);
            var root = result.RootElement;
            root.GetProperty("instances").EnumerateArray().Count(i => i.GetProperty("stage").GetString() == "Healthy").ShouldBe(Count);
            TestContext.Current.TestOutputHelper!.WriteLine($"{Count} hosts in {root.GetProperty("elapsed").GetString()}, {peak} MB");
            peak.ShouldBeInRange(1, MemoryLimit);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The image of a machine that Puppet has brought to its desired state.</summary>
    private async Task<string> ImageAsync()
    {
        var launch = await lab.RunAsync("bin/launch/launch", "samples/linkoverflow", "1", "--lab", "--json");
        launch.ExitCode.ShouldBe(0, launch.Error);
        using var result = JsonDocument.Parse(launch.Output);
        var instance = result.RootElement.GetProperty("instances")[0].GetProperty("instanceId").GetString()!;

        var settings = await File.ReadAllTextAsync(
            Directory.EnumerateFiles(lab.State, ".aws.settings", SearchOption.AllDirectories).First(), TestContext.Current.CancellationToken);
        string Value(string key) => Regex.Match(settings, $@"(?m)^{key}\s*=\s*(\S+)", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value;
        using var ec2 = new AmazonEC2Client(
            new BasicAWSCredentials(Value("AccessKeyId"), Value("SecretAccessKey")),
            new AmazonEC2Config { ServiceURL = Value("EndpointUrl"), AuthenticationRegion = "us-west-2" });
        var image = await ec2.CreateImageAsync(new CreateImageRequest(instance, "configured"), TestContext.Current.CancellationToken);
        while ((await ec2.DescribeImagesAsync(new DescribeImagesRequest { ImageIds = [image.ImageId] }, TestContext.Current.CancellationToken))
            .Images[0].State != ImageState.Available)
        {
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }

        return image.ImageId;
    }

    private static async Task<string> LightConfigAsync(string folder, string image)
    {
        await File.WriteAllTextAsync(
            Path.Combine(folder, "light.pp"), "file { '/etc/linkoverflow/user': content => \"linkoverflow\\n\" }\n", TestContext.Current.CancellationToken);
        var config = Path.Combine(folder, "instance.config");
        await File.WriteAllTextAsync(
            config,
            $"""
            [EC2]
            ImageID = {image}
            InstanceType = t3.nano
            SshUser = admin
            MaxInstances = {Count}
            BootTimeout = 900
            [Puppet]
            PuppetConfigFile = light.pp
            [Django]
            HealthPath = /health
            HealthTimeout = 300
            """,
            TestContext.Current.CancellationToken);
        return config;
    }

    /// <summary>The most that a process ever had in memory, as proc(5) tells it; 0 once it has ended.</summary>
    private static int PeakMegabytes(Process process)
    {
        try
        {
            var status = File.ReadAllText($"/proc/{process.Id}/status");
            return Peak().Match(status) is { Success: true } match ? int.Parse(match.Groups["kilobytes"].Value, CultureInfo.InvariantCulture) / 1024 : 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    [GeneratedRegex(@"VmHWM:\s+(?<kilobytes>\d+)", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Peak();
}
