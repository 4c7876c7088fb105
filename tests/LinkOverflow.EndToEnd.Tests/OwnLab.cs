using System.Diagnostics;
using System.Text;

namespace LinkOverflow.EndToEnd.Tests;

/// <summary>A lab of the test's own: another state folder than the user's, the base image shared. Stopped with the test, however that ends.</summary>
public sealed class OwnLab : IAsyncLifetime
{
    /// <summary>Its XDG_STATE_HOME.</summary>
    public string State { get; } = Directory.CreateTempSubdirectory("lo-e2e-").FullName;

    public async ValueTask InitializeAsync()
    {
        var check = await RunAsync("dotnet", "bin/lab/LinkOverflow.Lab.dll", "check");
        Missing = check.ExitCode == 0 ? null : $"The lab's machines cannot run here: {check.Output}{check.Error}";
    }

    /// <summary>Why no machine can be started here, or null.</summary>
    public string? Missing { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("dotnet", "bin/lab/LinkOverflow.Lab.dll", "stop", "--terminate");
        Directory.Delete(State, recursive: true);
    }

    /// <summary>Starts a program in the clone, with this lab for --lab.</summary>
    public Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program.Contains('/', StringComparison.Ordinal) ? Path.Combine(Repository.Root, program) : program, arguments)
        {
            WorkingDirectory = Repository.Root, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        start.Environment["XDG_STATE_HOME"] = State;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Runs a program in the clone, with this lab for --lab.</summary>
    public async Task<ProgramResult> RunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);

        // Lines, not the streams' ends: a lab that stays in the background must not be waited for.
        var output = new StringBuilder();
        var error = new StringBuilder();
        process.OutputDataReceived += (_, e) => Add(output, e.Data);
        process.ErrorDataReceived += (_, e) => Add(error, e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new ProgramResult(process.ExitCode, output.ToString(), error.ToString());

        // The last call of all, at the stream's end, brings no line.
        static void Add(StringBuilder text, string? line)
        {
            if (line is not null)
            {
                text.Append(line).Append('\n');
            }
        }
    }
}

/// <summary>What a program came to.</summary>
public sealed record ProgramResult(int ExitCode, string Output, string Error);
