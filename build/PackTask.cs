using System.IO.Compression;

namespace LinkOverflow.Build;

/// <summary>Packs the module's folder.</summary>
internal static class PackTask
{
    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await BuildTask.RunAsync(cancellationToken);
        const string Archive = "artifacts/LinkOverflow.Deploy.zip";
        File.Delete(Archive);
        await ZipFile.CreateFromDirectoryAsync(
            BuildTask.ModuleFolder, Archive, CompressionLevel.Optimal, includeBaseDirectory: true, cancellationToken);
        Console.WriteLine($"{BuildTask.ModuleFolder}/  a module that can be copied to a folder of PSModulePath");
        Console.WriteLine($"{Archive}  the same as one file");
        return 0;
    }
}
