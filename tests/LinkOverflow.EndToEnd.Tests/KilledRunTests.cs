using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Shouldly;

namespace LinkOverflow.EndToEnd.Tests;

/// <summary>
/// <c>launch</c> is killed at random moments and resumed. LINKOVERFLOW_KILL_ROUNDS says how many deployments that is done to, three times
/// each; 1 unless set, ./build.sh bench does 10.
/// </summary>
[Trait("Category", "Machines")]
public sealed partial class KilledRunTests(OwnLab lab) : IClassFixture<OwnLab>
{
    private const int Kills = 3;

    [Fact]
    public async Task However_often_it_is_killed_it_ends_healthy_with_no_instance_launched_twice_and_none_left_over()
    {
        Assert.SkipWhen(lab.Missing is not null, lab.Missing ?? "");
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("LINKOVERFLOW_KILL_ROUNDS"), CultureInfo.InvariantCulture, out var asked) ? asked : 1;
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var round = 0; round < rounds; round++)
        {
            var deployment = await KillAsync(random, "samples/linkoverflow", "3", "--lab");
            for (var kill = 1; kill < Kills; kill++)
            {
                await KillAsync(random, "samples/linkoverflow", "3", "--lab", "--resume", deployment);
            }

            var run = await lab.RunAsync("bin/launch/launch", "samples/linkoverflow", "3", "--lab", "--json", "--resume", deployment);
            run.ExitCode.ShouldBe(0, $"seed {seed}, round {round}: {run.Error}");
            using var result = JsonDocument.Parse(run.Output);
            var healthy = result.RootElement.GetProperty("instances").EnumerateArray().Select(i => (i.GetProperty("instanceId").GetString()!, i.GetProperty("stage").GetString())).ToArray();
            healthy.Select(i => i.Item2).ShouldBe(["Healthy", "Healthy", "Healthy"]);

            // All that the lab ever launched for it, ended ones included, is these three.
            var status = await lab.RunAsync("dotnet", "bin/lab/LinkOverflow.Lab.dll", "status", "--json");
            using var machines = JsonDocument.Parse(status.Output);
            machines.RootElement.GetProperty("machines").EnumerateArray()
                .Where(m => m.GetProperty("state").GetString() is not ("terminated" or "shutting-down"))
                .Select(m => m.GetProperty("id").GetString()!).Order(StringComparer.Ordinal)
                .ShouldBe(healthy.Select(i => i.Item1).Order(StringComparer.Ordinal), $"seed {seed}, round {round}");
            (await lab.RunAsync("bin/launch/launch", "--remove", deployment, "--lab")).Error.ShouldContain("Removed 3 instance(s)");
        }
    }

    /// <summary>Starts a run, and kills it at some moment after it has said which deployment it works on.</summary>
    private async Task<string> KillAsync(Random random, params string[] arguments)
    {
        using var launch = lab.Start("bin/launch/launch", arguments);
        string? deployment = null;
        var said = new List<string>();
        while (deployment is null && await launch.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            said.Add(line);
            deployment = DeploymentId().Match(line) is { Success: true } match ? match.Value : null;
        }

        deployment.ShouldNotBeNull(string.Join('\n', said));
        var draining = launch.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var clock = Stopwatch.StartNew();
        var moment = TimeSpan.FromSeconds(25 * random.NextDouble());
        while (clock.Elapsed < moment && !launch.HasExited)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        launch.Kill();
        await launch.WaitForExitAsync(TestContext.Current.CancellationToken);
        await draining;
        return deployment;
    }

    [GeneratedRegex("linkoverflow-[0-9a-f]{8}", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex DeploymentId();
}
