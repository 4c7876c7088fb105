using System.Security.Cryptography;

namespace LinkOverflow.Deploy.Remote;

/// <summary>Where control sockets are made: a private folder with a short path, since a socket's path is limited to about 100 characters.</summary>
internal static class ControlSockets
{
    private static readonly Lazy<string> Folder = new(Make);

    public static string NewPath() => Path.Combine(Folder.Value, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)));

    private static string Make()
    {
        var folder = Directory.CreateTempSubdirectory("lo-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException)
            {
                // The system clears its temporary folder in time.
            }
        };
        return folder;
    }
}
