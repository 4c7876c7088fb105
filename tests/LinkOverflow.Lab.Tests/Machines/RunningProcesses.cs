using System.Diagnostics;
using System.Globalization;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Machines;

public sealed class RunningProcesses
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void One_that_becomes_another_program_runs_all_the_while()
    {
        // As a machine's first process does: the container's runtime becomes its system.
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", "exec sh -c \"$0\" \"$0\"", "exec sh -c \"$0\" \"$0\""]))!;
        try
        {
            for (var i = 0; i < 20_000; i++)
            {
                RunningProcess.Exists(process.Id).ShouldBeTrue();
            }
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }

        RunningProcess.Exists(process.Id).ShouldBeFalse();
    }

    [Fact]
    public async Task One_that_has_ended_and_is_not_waited_for_does_not_run()
    {
        // The shell becomes a program that knows of no child, and so waits for none.
        using var parent = Process.Start(new ProcessStartInfo("sh", ["-c", "true & echo $!; exec sleep 300"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        try
        {
            var child = int.Parse((await parent.StandardOutput.ReadLineAsync(Cancellation))!, CultureInfo.InvariantCulture);
            await RealLab.UntilAsync(() => Task.FromResult(!RunningProcess.Exists(child)), "it has ended");
            Directory.Exists($"/proc/{child}").ShouldBeTrue();
            RunningProcess.Exists(parent.Id).ShouldBeTrue();
        }
        finally
        {
            parent.Kill();
        }
    }

    [Fact]
    public void A_name_in_parentheses_is_not_taken_for_its_state()
    {
        var folder = Directory.CreateTempSubdirectory("lolab-test-");
        try
        {
            var program = Path.Combine(folder.FullName, "a) Z (b");
            File.CreateSymbolicLink(program, "/bin/sleep");
            using var process = Process.Start(program, "300");
            try
            {
                RunningProcess.Exists(process.Id).ShouldBeTrue();
            }
            finally
            {
                process.Kill();
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
