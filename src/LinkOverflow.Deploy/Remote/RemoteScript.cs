using System.Reflection;

namespace LinkOverflow.Deploy.Remote;

/// <summary>A bash script to run on a host, with its arguments as <c>$1</c>, <c>$2</c> ...</summary>
/// <param name="Text">The script. It is visible in the host's process list, so it holds no secrets.</param>
/// <param name="Arguments">Arguments; data, never shell.</param>
/// <param name="AsRoot">Run by sudo.</param>
public sealed record RemoteScript(string Text, IReadOnlyList<string> Arguments, bool AsRoot = true)
{
    /// <summary>Whether it may run again where the connection broke while it ran; true of the scripts of this program.</summary>
    public bool Repeatable { get; init; } = true;

    /// <summary>A script that is part of this program, by its file name.</summary>
    public static RemoteScript Embedded(string name, params string[] arguments) => new(Resource(name), arguments);

    /// <summary>A script in several files that are part of this program, one after the other.</summary>
    public static RemoteScript Embedded(string[] names, params string[] arguments) => new(string.Join('\n', names.Select(Resource)), arguments);

    /// <summary>The text of a file that is part of this program.</summary>
    public static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"No embedded file {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The command line for the host's login shell.</summary>
    internal string CommandLine() =>
        ShellText.Command([.. (AsRoot ? (string[])["sudo", "-n", "--"] : []), "bash", "-c", Text, "linkoverflow", .. Arguments]);
}
