using LinkOverflow.Build.Help;

namespace LinkOverflow.Build;

/// <summary>Builds the solution; lays the module out as PowerShell wants to find it.</summary>
internal static class BuildTask
{
    public const string Solution = "LinkOverflow.Deploy.sln";
    public const string ModuleFolder = "artifacts/module/LinkOverflow.Deploy";

    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable(AsRoot.BuiltVariable) is not null)
        {
            return 0;
        }

        Console.Error.WriteLine("building");
        var (code, output) = await Tool.CaptureAsync(
            "dotnet", ["build", Solution, "-c", "Release", "-v", "quiet", "-nologo"], quiet: false, cancellationToken);
        if (code != 0)
        {
            throw new TaskFailedException($"the build failed:{Environment.NewLine}{output}");
        }

        var help = HelpReader.Read("bin");
        MamlFile.Write(help, "docs/cmdlets", "bin/en-US/LinkOverflow.Deploy.PowerShell.dll-Help.xml");
        MarkdownPages.Write(help, "docs/cmdlets");
        LayOutModule();
        return 0;
    }

    private static void LayOutModule()
    {
        if (Directory.Exists(ModuleFolder))
        {
            Directory.Delete(ModuleFolder, recursive: true);
        }

        Directory.CreateDirectory(Path.Combine(ModuleFolder, "bin"));
        foreach (var file in (string[])["LinkOverflow.Deploy.psd1", "README.md"])
        {
            File.Copy(file, Path.Combine(ModuleFolder, file));
        }

        foreach (var file in Directory.EnumerateFiles("bin", "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath("bin", file);
            if (relative.StartsWith("launch", StringComparison.Ordinal) || Path.GetExtension(file) is ".pdb" || relative.StartsWith("LinkOverflow.", StringComparison.Ordinal) && relative.EndsWith(".xml", StringComparison.Ordinal))
            {
                continue;
            }

            var target = Path.Combine(ModuleFolder, "bin", relative);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
