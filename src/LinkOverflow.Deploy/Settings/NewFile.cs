using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Settings;

/// <summary>Files that are written whole or not at all, with their mode from their first moment on.</summary>
public static class NewFile
{
    /// <summary>Mode 600, for what its owner may read and change.</summary>
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Mode 400, as EC2's key files have it.</summary>
    public const UnixFileMode ReadOnly = UnixFileMode.UserRead;

    /// <summary>Mode 644.</summary>
    public const UnixFileMode Public = Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes a file.</summary>
    /// <param name="path">Where; its folder is made where it is missing.</param>
    /// <param name="content">All of it.</param>
    /// <param name="mode">Its mode; nothing on Windows.</param>
    /// <param name="overwrite">Whether a file that is there is replaced.</param>
    /// <exception cref="SettingsException">SettingsFileExists, or SettingsFileUnreadable where it cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode, bool overwrite)
    {
        ThrowIfThere(path, overwrite);
        var beside = $"{path}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using (var stream = Create(beside, mode))
            {
                stream.Write(content);
            }

            File.Move(beside, path, overwrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(beside);
            throw new SettingsException(new Problem(
                File.Exists(path) && !overwrite ? ErrorId.SettingsFileExists : ErrorId.SettingsFileUnreadable,
                $"{path} cannot be written: {e.Message}",
                "Name another place."));
        }
    }

    /// <summary>Opens a file that was not there, to be written to.</summary>
    /// <exception cref="IOException">It is there, or cannot be made.</exception>
    public static FileStream Create(string path, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        return new FileStream(path, options);
    }

    /// <summary>Refuses to go on where a file is there already.</summary>
    /// <exception cref="SettingsException">SettingsFileExists.</exception>
    public static void ThrowIfThere(string path, bool overwrite)
    {
        if (Directory.Exists(path) || (!overwrite && File.Exists(path)))
        {
            throw new SettingsException(new Problem(
                ErrorId.SettingsFileExists, $"{path} is there already; nothing was written.", "Replace it with -Force, or name another file."));
        }
    }
}
