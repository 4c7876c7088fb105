using System.Globalization;
using System.Net;

namespace LinkOverflow.Lab.Host;

/// <summary>The command line that runs this program once more.</summary>
internal static class ThisProgram
{
    /// <summary>With those arguments.</summary>
    public static IReadOnlyList<string> With(params IEnumerable<string> arguments) =>
    [
        Environment.ProcessPath!,
        .. Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Path.GetFullPath(Environment.GetCommandLineArgs()[0])] : Array.Empty<string>(),
        .. arguments,
    ];

    /// <summary>`start` in the foreground.</summary>
    public static IReadOnlyList<string> Start(LabFolders folders, IPAddress listen, int port) =>
        With("start", "--state", folders.State, "--cache", folders.Cache, "--listen", listen.ToString(), "--port", port.ToString(CultureInfo.InvariantCulture));
}
