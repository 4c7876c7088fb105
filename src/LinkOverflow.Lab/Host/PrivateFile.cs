using System.Text;

namespace LinkOverflow.Lab.Host;

/// <summary>Files that only their owner may read, and that are there whole or not at all.</summary>
internal static class PrivateFile
{
    public static Task WriteAsync(string file, string text, CancellationToken cancellationToken) =>
        WriteAsync(file, Encoding.UTF8.GetBytes(text), cancellationToken);

    public static async Task WriteAsync(string file, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var temporary = $"{file}.{Environment.ProcessId}";
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await using (var stream = new FileStream(temporary, options))
        {
            await stream.WriteAsync(content, cancellationToken);
        }

        File.Move(temporary, file, overwrite: true);
    }
}
