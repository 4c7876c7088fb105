using System.Formats.Tar;
using System.Text;

namespace LinkOverflow.Deploy.Remote;

/// <summary>Small files for a script's input, as a tar.</summary>
internal static class RemoteFiles
{
    public static async Task WriteTarAsync(
        Stream stream, IEnumerable<(string Name, string Text)> files, CancellationToken cancellationToken)
    {
        await using (var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, text) in files)
            {
                var entry = new PaxTarEntry(TarEntryType.RegularFile, name)
                {
                    Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
                };
                await tar.WriteEntryAsync(entry, cancellationToken);
            }
        }

        await stream.FlushAsync(cancellationToken);
    }

    public static async Task WriteTreeAsync(Stream stream, string fileOrFolder, CancellationToken cancellationToken)
    {
        // Ended only where it is whole: a host could not tell it from one that breaks off at a file that cannot be read.
        var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true);
        if (File.Exists(fileOrFolder))
        {
            await tar.WriteEntryAsync(fileOrFolder, Path.GetFileName(fileOrFolder), cancellationToken);
        }
        else
        {
            foreach (var file in Directory.EnumerateFiles(fileOrFolder, "*", SearchOption.AllDirectories)
                .Where(f => !Path.GetRelativePath(fileOrFolder, f).Split('/', '\\').Contains(".git", StringComparer.Ordinal))
                .Order(StringComparer.Ordinal))
            {
                await tar.WriteEntryAsync(file, Path.GetRelativePath(fileOrFolder, file).Replace('\\', '/'), cancellationToken);
            }
        }

        await tar.DisposeAsync();
        await stream.FlushAsync(cancellationToken);
    }
}
