using System.Text;

namespace LinkOverflow.Lab.Host;

/// <summary>Files that only their owner may read, and that are there whole or not at all.</summary>
internal static class PrivateFile
{
    private const string HalfWritten = ".half-written";

    /// <summary>Removes what whoever was killed while writing has left. Nobody may write into the folder meanwhile.</summary>
    public static void RemoveHalfWritten(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*" + HalfWritten))
        {
            File.Delete(file);
        }
    }

    public static Task WriteAsync(string file, string text, CancellationToken cancellationToken) =>
        WriteAsync(file, Encoding.UTF8.GetBytes(text), cancellationToken);

    public static async Task WriteAsync(string file, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var temporary = file + HalfWritten;
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await using (var stream = new FileStream(temporary, options))
        {
            await stream.WriteAsync(content, cancellationToken);
            // Else a power cut can leave the new name with none of the content.
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, file, overwrite: true);
    }
}
