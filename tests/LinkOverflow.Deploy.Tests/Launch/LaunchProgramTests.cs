using System.Diagnostics;

namespace LinkOverflow.Deploy.Tests.Launch;

/// <summary><c>launch</c> as a process: what a shell sees of it.</summary>
public sealed class LaunchProgramTests
{
    [Fact]
    public async Task Help_goes_to_stdout_and_ends_well()
    {
        var (code, output, error) = await RunAsync("-h");
        code.ShouldBe(0);
        output.ShouldContain("--instance-config");
        error.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_use_goes_to_stderr_and_ends_with_2()
    {
        var (code, output, error) = await RunAsync("a", "1", "surplus");
        code.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldContain("surplus");
        error.ShouldContain("Usage: launch");
    }

    [Fact]
    public async Task Settings_that_cannot_be_read_end_with_2_and_without_a_stack_trace()
    {
        using var folder = new TemporaryFolder();
        var (code, output, error) = await RunAsync(folder.Path, "1", "--aws-settings", folder.Path, "--instance-config", "/dev/null", "--json");
        code.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldContain("This is a folder");
        error.ShouldContain("[SectionMissing]");
        error.ShouldContain("[NotADjangoProject]");
        error.ShouldNotContain("   at ");
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        // This build's own, which stands beside the tests.
        string[] words = [Path.Combine(AppContext.BaseDirectory, "launch.dll"), .. arguments];
        using var launch = Process.Start(new ProcessStartInfo("dotnet", words) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var error = launch.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await launch.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await launch.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (launch.ExitCode, output, await error);
    }
}
