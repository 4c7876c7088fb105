using System.Diagnostics;

namespace LinkOverflow.Build;

/// <summary>Runs other programs, by argument lists.</summary>
internal static class Tool
{
    /// <summary>Runs a program on this terminal and returns its exit code.</summary>
    public static async Task<int> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Start(program, arguments, captureOutput: false, captureError: false);
        await WaitAsync(process, cancellationToken);
        return process.ExitCode;
    }

    /// <summary>Runs a program and returns its exit code and what it printed on stdout.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="quiet">Whether its stderr is dropped (else it stays on this terminal).</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<(int ExitCode, string Output)> CaptureAsync(
        string program, IEnumerable<string> arguments, bool quiet, CancellationToken cancellationToken)
    {
        using var process = Start(program, arguments, captureOutput: true, captureError: quiet);
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = quiet ? process.StandardError.ReadToEndAsync(CancellationToken.None) : Task.FromResult("");
        await WaitAsync(process, cancellationToken);
        await error;
        return (process.ExitCode, await output);
    }

    /// <summary>Whether a program of this name is on the PATH.</summary>
    public static bool Exists(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Concat(["/usr/sbin", "/sbin"])
        .Any(folder => File.Exists(Path.Combine(folder, program)) || File.Exists(Path.Combine(folder, program + ".exe")));

    private static Process Start(string program, IEnumerable<string> arguments, bool captureOutput, bool captureError)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false, RedirectStandardOutput = captureOutput, RedirectStandardError = captureError,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private static async Task WaitAsync(Process process, CancellationToken cancellationToken)
    {
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C reached it as well; it gets the time to end in order.
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }

            throw;
        }
    }
}
