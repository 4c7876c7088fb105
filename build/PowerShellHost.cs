namespace LinkOverflow.Build;

/// <summary>The PowerShell to use: pwsh on the PATH, else the one that the tool manifest pins, else none.</summary>
internal sealed record PowerShellHost(string Program, IReadOnlyList<string> Leading)
{
    /// <summary>Finds one; says in one line where none can be had.</summary>
    public static async Task<PowerShellHost?> FindAsync(CancellationToken cancellationToken)
    {
        if (Tool.Exists("pwsh"))
        {
            return new PowerShellHost("pwsh", []);
        }

        var (code, _) = await Tool.CaptureAsync("dotnet", ["tool", "restore", "--verbosity", "quiet"], quiet: true, cancellationToken);
        if (code == 0)
        {
            return new PowerShellHost("dotnet", ["tool", "run", "pwsh", "--"]);
        }

        Console.Error.WriteLine("build: no PowerShell: no pwsh on the PATH, and `dotnet tool restore` cannot bring one.");
        return null;
    }

    /// <summary>Runs a script file on this terminal.</summary>
    public Task<int> RunFileAsync(string file, IEnumerable<string> arguments, CancellationToken cancellationToken) =>
        Tool.RunAsync(Program, [.. Leading, "-NoProfile", "-NonInteractive", "-File", file, .. arguments], cancellationToken);
}
