namespace LinkOverflow.Deploy.Settings;

/// <summary>Whether a file is for its owner's eyes only. Judged by its mode, so that root gets the same answer as everyone.</summary>
internal static class FilePrivacy
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>True where the owner may read the file. Always true on Windows, which has no such modes.</summary>
    public static bool OwnerCanRead(string path) =>
        OperatingSystem.IsWindows() || File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserRead);

    /// <summary>True where nobody but the owner may do anything with the file. Always true on Windows.</summary>
    public static bool IsPrivate(string path) =>
        OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & Others) == 0;

    /// <summary>The file's mode as chmod takes it, such as 644; empty on Windows.</summary>
    public static string Mode(string path) =>
        OperatingSystem.IsWindows() ? "" : Convert.ToString((int)File.GetUnixFileMode(path), 8).PadLeft(3, '0');
}
