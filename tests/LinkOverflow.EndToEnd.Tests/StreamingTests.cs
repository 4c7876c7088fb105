using System.Collections.Concurrent;
using System.Diagnostics;
using Shouldly;

namespace LinkOverflow.EndToEnd.Tests;

/// <summary>What hosts print, as <c>launch --verbose</c> shows it.</summary>
public sealed class StreamingTests(OwnLab lab) : IClassFixture<OwnLab>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Category", "Machines")]
    public async Task What_Puppet_says_is_shown_while_it_still_runs_with_the_hosts_name()
    {
        Assert.SkipWhen(lab.Missing is not null, lab.Missing ?? "");
        var folder = Directory.CreateTempSubdirectory("lo-e2e-");
        try
        {
            // A run that says something, works for eight seconds, says something else and fails.
            var manifest = Path.Combine(folder.FullName, "slow.pp");
            await File.WriteAllTextAsync(
                manifest,
                """
                exec { '/bin/echo spoken early': logoutput => true }
                -> exec { '/bin/sleep 8': }
                -> exec { '/bin/echo spoken late': logoutput => true }
                -> exec { '/bin/false': }

                """,
                Cancellation);
            var config = Path.Combine(folder.FullName, "instance.config");
            await File.WriteAllTextAsync(
                config,
                (await File.ReadAllTextAsync(Path.Combine(Repository.Root, "instance.config"), Cancellation)).Replace("puppet/linkoverflow.pp", manifest, StringComparison.Ordinal),
                Cancellation);
            using var launch = lab.Start("bin/launch/launch", "samples/linkoverflow", "1", "--lab", "--verbose", "--instance-config", config);
            var clock = Stopwatch.StartNew();
            var lines = new ConcurrentQueue<(TimeSpan At, string Text)>();
            launch.ErrorDataReceived += (_, e) => lines.Enqueue((clock.Elapsed, e.Data ?? ""));
            launch.OutputDataReceived += (_, _) => { };
            launch.BeginErrorReadLine();
            launch.BeginOutputReadLine();
            await launch.WaitForExitAsync(Cancellation);
            launch.ExitCode.ShouldBe(1);

            // Of what a host printed: the summary at the end has no bar.
            TimeSpan When(string text) => lines.First(l => l.Text.Contains(" linkoverflow-1: | ", StringComparison.Ordinal) && l.Text.Contains(text, StringComparison.Ordinal)).At;
            var said = string.Join('\n', lines.Select(l => l.Text));
            said.ShouldContain("linkoverflow-1: | ");
            said.ShouldContain("returns: spoken early");
            said.ShouldContain("returns: spoken late");
            (When("returns: spoken late") - When("returns: spoken early")).ShouldBeGreaterThan(TimeSpan.FromSeconds(6), said);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
