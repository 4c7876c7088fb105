using System.Diagnostics;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Machines;

/// <summary>Programs that go on after the lab which started them was killed.</summary>
public sealed class OrphanPrograms
{
    private readonly string _state = $"/nonexistent/{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_that_ends_soon_is_waited_for()
    {
        using var orphan = Start("sleep 1; exit 7", _state);

        await Orphans.EndAsync(_state, TimeSpan.FromMinutes(1), Cancellation);

        orphan.WaitForExit(TimeSpan.FromSeconds(10)).ShouldBeTrue();
        orphan.ExitCode.ShouldBe(7);
    }

    [Fact]
    public async Task One_that_does_not_end_is_ended_and_another_labs_is_left_alone()
    {
        using var orphan = Start("sleep 300", _state);
        using var others = Start("sleep 300", _state + "-of-another");
        try
        {
            await Orphans.EndAsync(_state, TimeSpan.FromMilliseconds(100), Cancellation);

            orphan.WaitForExit(TimeSpan.FromSeconds(10)).ShouldBeTrue();
            others.HasExited.ShouldBeFalse();
        }
        finally
        {
            others.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(string script, string state)
    {
        var start = new ProcessStartInfo("sh", ["-c", script]) { UseShellExecute = false };
        start.Environment[Orphans.Variable] = state;
        return Process.Start(start)!;
    }
}
