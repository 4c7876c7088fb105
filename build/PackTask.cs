namespace LinkOverflow.Build;

/// <summary>Makes what is handed out: the module's folder, its package for the PowerShell Gallery, and launch as a .NET tool.</summary>
internal static class PackTask
{
    private const string Packages = "artifacts/packages";

    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await BuildTask.RunAsync(cancellationToken);
        if (Directory.Exists(Packages))
        {
            Directory.Delete(Packages, recursive: true);
        }

        foreach (var project in (string[])["packaging/LinkOverflow.Deploy.Module.csproj", "src/LinkOverflow.Launch/LinkOverflow.Launch.csproj"])
        {
            var (code, output) = await Tool.CaptureAsync(
                "dotnet", ["pack", project, "-c", "Release", "-o", Packages, "-v", "quiet", "-nologo"], quiet: false, cancellationToken);
            if (code != 0)
            {
                throw new TaskFailedException($"{project} cannot be packed:{Environment.NewLine}{output}");
            }
        }

        Console.WriteLine($"{BuildTask.ModuleFolder}/  a module that can be copied to a folder of PSModulePath");
        foreach (var package in Directory.EnumerateFiles(Packages).Order(StringComparer.Ordinal))
        {
            Console.WriteLine($"{package}  {(package.Contains("Launch", StringComparison.Ordinal) ? "launch (dotnet tool install)" : "the module (Install-PSResource, the PowerShell Gallery)")}");
        }

        return 0;
    }
}
