using System.Diagnostics;

namespace LinkOverflow.EndToEnd.Tests;

/// <summary>The packages, made once, and a folder of the test's own to install them in.</summary>
public sealed class Packages : IAsyncLifetime
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("lo-packages-").FullName;

    /// <summary>A nuget.config that knows the packages' folder and nothing else.</summary>
    public string Sources => Path.Combine(Folder, "nuget.config");

    public async ValueTask InitializeAsync()
    {
        var pack = await RunAsync(Path.Combine(Repository.Root, "build.sh"), "pack");
        if (pack.ExitCode != 0)
        {
            throw new InvalidOperationException($"./build.sh pack: {pack.Error}{pack.Output}");
        }

        await System.IO.File.WriteAllTextAsync(
            Sources,
            $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{Folder}/cache" /></config>
              <packageSources><clear /><add key="made here" value="{Repository.Root}/artifacts/packages" /></packageSources>
            </configuration>
            """);
    }

    public static string File(string id) => Directory.EnumerateFiles(Path.Combine(Repository.Root, "artifacts", "packages"), $"{id}.*.nupkg").Single();

    /// <summary>Runs a program in this folder.</summary>
    public async Task<ProgramResult> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        })!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new ProgramResult(process.ExitCode, output, await error);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
