using System.Diagnostics;

namespace LinkOverflow.Lab.Machines;

/// <summary>How a program ended and what it printed.</summary>
/// <param name="ExitCode">0 is success.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
internal sealed record CommandResult(int ExitCode, string Output, string Error);

/// <summary>One program run to its end. Arguments are passed as a list, so nothing in them is ever read by a shell.</summary>
/// <param name="Program">Found on the PATH.</param>
/// <param name="Arguments">Its arguments.</param>
internal sealed record Command(string Program, params IReadOnlyList<string> Arguments)
{
    /// <summary>What it reads on standard input; nothing when null.</summary>
    public string? Input { get; init; }

    /// <summary>Where it runs; here when null.</summary>
    public string? Folder { get; init; }

    /// <summary>Added to the environment that it inherits.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Told each line of its standard error as it comes.</summary>
    public Action<string>? OnError { get; init; }

    /// <summary>Told the process id once it runs.</summary>
    public Action<int>? OnStarted { get; init; }

    /// <summary>Runs it; on cancellation it and its children are killed before the exception leaves.</summary>
    /// <exception cref="MachineException">The program cannot be started.</exception>
    public async Task<CommandResult> RunAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Folder ?? "",
        };
        foreach (var argument in Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        using var process = Launch(start);
        OnStarted?.Invoke(process.Id);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = ReadErrorsAsync(process.StandardError, cancellationToken);
            await FeedAsync(process, cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return new CommandResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }
    }

    /// <summary>Runs it and gives its output.</summary>
    /// <exception cref="MachineException">It failed: its name, its exit code and its own last words.</exception>
    public async Task<string> OutputAsync(CancellationToken cancellationToken)
    {
        var result = await RunAsync(cancellationToken);
        return result.ExitCode == 0
            ? result.Output
            : throw new MachineException(
                $"{Program} {Arguments.FirstOrDefault(a => a.Length > 0 && a[0] is not ('-' or '/'))} ended with {result.ExitCode}: {Tail(result.Error.Length > 0 ? result.Error : result.Output)}");
    }

    private static Process Launch(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new MachineException($"{start.FileName} cannot be started: {e.Message}", e);
        }
    }

    private async Task<string> ReadErrorsAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        if (OnError is null)
        {
            return await reader.ReadToEndAsync(cancellationToken);
        }

        var lines = new Queue<string>();
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            OnError(line);
            lines.Enqueue(line);
            if (lines.Count > 50)
            {
                lines.Dequeue();
            }
        }

        return string.Join('\n', lines);
    }

    private async Task FeedAsync(Process process, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteAsync(Input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading everything; its exit code tells why.
        }
    }

    private static string Tail(string text) => string.Join(" | ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(5));
}
