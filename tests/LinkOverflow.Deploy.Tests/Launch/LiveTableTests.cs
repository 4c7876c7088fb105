using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Launch;
using Spectre.Console;

namespace LinkOverflow.Deploy.Tests.Launch;

/// <summary>The live table of <c>launch</c> on terminals of several sizes.</summary>
public sealed class LiveTableTests
{
    [Fact]
    public void A_terminal_with_room_shows_every_instance_in_the_order_of_their_numbers()
    {
        var lines = Draw([.. Enumerable.Range(1, 12).Select(n => (Host(n, Stage.Booting), "waiting"))], height: 24);
        Names(lines).ShouldBe(Enumerable.Range(1, 12).Select(n => $"site-{n}"));
        lines.ShouldNotContain(l => l.Contains("not shown", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(24)]
    [InlineData(12)]
    [InlineData(8)]
    [InlineData(4)]
    public void Where_there_is_no_room_for_all_those_at_work_are_shown_and_the_rest_is_counted(int height)
    {
        var rows = Enumerable.Range(1, 50).Select(n => (Host(n, n <= 20 ? Stage.Healthy : n <= 22 ? Stage.Failed : Stage.Configured), "publishing")).ToArray();
        var lines = Draw(rows, height);
        lines.Length.ShouldBeLessThan(Math.Max(height, 8));
        Names(lines).ShouldBe(Enumerable.Range(23, 28).Select(n => $"site-{n}").Take(Names(lines).Length));
        lines[^1].Trim().ShouldBe($"2 Failed, 20 Healthy, 28 Configured; {50 - Names(lines).Length} not shown");
    }

    [Fact]
    public void Once_all_have_ended_those_that_failed_come_first()
    {
        var rows = Enumerable.Range(1, 50).Select(n => (Host(n, n % 10 == 0 ? Stage.Failed : Stage.Healthy), "done")).ToArray();
        Names(Draw(rows, height: 12)).ShouldBe(["site-10", "site-20", "site-30", "site-40", "site-50"]);
    }

    [Fact]
    public void A_narrow_terminal_shortens_what_is_done_and_wraps_no_row()
    {
        var lines = Draw([(Host(1, Stage.Configured), string.Concat(Enumerable.Repeat("collecting ", 20)))], height: 24, width: 46);
        lines.ShouldAllBe(l => l.TrimEnd().Length <= 46);
        Names(lines).ShouldBe(["site-1"]);
        lines.Length.ShouldBe(5, string.Join("\n", lines));
    }

    private static string[] Draw(IReadOnlyCollection<(LOInstance Instance, string Doing)> rows, int height, int width = 80)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = width;
        console.Write(LiveTable.Draw(rows, width, height));
        return text.ToString().TrimEnd().Split('\n');
    }

    private static string[] Names(string[] lines) =>
        [.. lines.Select(l => l.Split('│', 3)).Where(cells => cells.Length == 3 && cells[1].Contains("site-", StringComparison.Ordinal)).Select(cells => cells[1].Trim())];

    private static LOInstance Host(int number, Stage stage) => new LOInstance
    {
        Deployment = "site-20261128-000000-abc",
        Project = "site",
        Name = $"site-{number}",
        InstanceId = $"i-{number:x17}",
        InstanceType = "t3.micro",
        ImageId = "ami-0",
        SshUser = "admin",
        KeyFile = "key.pem",
        Begun = DateTime.UtcNow,
    }.At(stage);
}
