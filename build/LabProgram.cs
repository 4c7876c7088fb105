namespace LinkOverflow.Build;

/// <summary>The lab's program, as it was built.</summary>
internal static class LabProgram
{
    private const string File = "bin/lab/LinkOverflow.Lab.dll";

    public static Task<int> RunAsync(IEnumerable<string> arguments, CancellationToken cancellationToken) =>
        Tool.RunAsync("dotnet", [File, .. arguments], cancellationToken);

    /// <summary>Whether this user can run the lab as they are.</summary>
    public static async Task<bool> CanRunAsync(CancellationToken cancellationToken) =>
        (await Tool.CaptureAsync("dotnet", [File, "check"], quiet: true, cancellationToken)).ExitCode == 0;

    public static async Task<bool> IsRunningAsync(CancellationToken cancellationToken) =>
        (await Tool.CaptureAsync("dotnet", [File, "status", "--json"], quiet: true, cancellationToken)).ExitCode == 0;
}
