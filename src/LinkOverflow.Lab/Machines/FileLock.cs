namespace LinkOverflow.Lab.Machines;

/// <summary>A file that one process holds at a time. The kernel lets go of it when the process ends, however it ends.</summary>
internal static class FileLock
{
    /// <summary>Takes it, or gives null when another process holds it.</summary>
    public static FileStream? TryTake(string file)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException and not DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Waits until it can be taken.</summary>
    public static async Task<FileStream> TakeAsync(string file, CancellationToken cancellationToken)
    {
        FileStream? taken;
        while ((taken = TryTake(file)) is null)
        {
            await Task.Delay(50, cancellationToken);
        }

        return taken;
    }

    /// <summary>Whether another process holds it.</summary>
    public static bool IsTaken(string file)
    {
        if (!File.Exists(file))
        {
            return false;
        }

        using var taken = TryTake(file);
        return taken is null;
    }
}
