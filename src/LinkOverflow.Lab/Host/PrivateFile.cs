namespace LinkOverflow.Lab.Host;

/// <summary>Files that only their owner may read, and that are there whole or not at all.</summary>
internal static class PrivateFile
{
    public static async Task WriteAsync(string file, string text, CancellationToken cancellationToken)
    {
        var temporary = $"{file}.{Environment.ProcessId}";
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await using (var writer = new StreamWriter(temporary, options))
        {
            await writer.WriteAsync(text.AsMemory(), cancellationToken);
        }

        File.Move(temporary, file, overwrite: true);
    }
}
