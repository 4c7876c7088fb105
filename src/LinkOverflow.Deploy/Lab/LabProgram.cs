using System.Diagnostics;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Lab;

/// <summary>The lab's program, which is beside this one and is asked by its command line.</summary>
internal static class LabProgram
{
    /// <summary>Names it, where it is not beside this one.</summary>
    public const string Variable = "LINKOVERFLOW_LAB";

    /// <summary>Its exit code for a question to a lab that does not run.</summary>
    public const int NotRunning = 3;

    /// <summary>Runs it to its end.</summary>
    /// <param name="arguments">Command and options.</param>
    /// <param name="progress">Told each line of its standard error as it comes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Exit code, standard output, the lines of standard error.</returns>
    /// <exception cref="DeployException">LabUnavailable: it is not there.</exception>
    public static async Task<(int ExitCode, string Output, IReadOnlyList<string> Said)> RunAsync(
        IReadOnlyList<string> arguments, Action<string> progress, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments.Prepend(Find()))
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var said = new List<string>();
        var errors = Task.Run(
            async () =>
            {
                while (await process.StandardError.ReadLineAsync(cancellationToken) is { } line)
                {
                    said.Add(line);
                    progress(line);
                }
            },
            cancellationToken);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            await errors;
            return (process.ExitCode, output, said);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    private static string Find()
    {
        const string Name = "LinkOverflow.Lab.dll";
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return named;
        }

        var here = Path.GetDirectoryName(typeof(LabProgram).Assembly.Location)!;
        return new[] { Path.Combine(here, "lab", Name), Path.Combine(here, "..", "lab", Name) }.FirstOrDefault(File.Exists)
            ?? throw new DeployException(
                ErrorId.LabUnavailable, "The lab's program is not beside this one.", $"Build it with ./build.sh build, or name it in {Variable}.");
    }
}
