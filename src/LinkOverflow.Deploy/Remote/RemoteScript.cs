using System.Globalization;
using System.Reflection;
using System.Text;

namespace LinkOverflow.Deploy.Remote;

/// <summary>A bash script to run on a host, with its arguments as <c>$1</c>, <c>$2</c> ...</summary>
/// <param name="Text">The script; no secrets.</param>
/// <param name="Arguments">Arguments; data, never shell.</param>
/// <param name="AsRoot">Run by sudo.</param>
public sealed record RemoteScript(string Text, IReadOnlyList<string> Arguments, bool AsRoot = true)
{
    /// <summary>Whether it may run again where the connection broke while it ran; true of the scripts of this program.</summary>
    public bool Repeatable { get; init; } = true;

    /// <summary>
    /// Whether it is a script of this program. An interruption is for such a one alone, which knows what of its work may be cut off, and of
    /// another ends all that it runs; and its text comes by its input.
    /// </summary>
    public bool IsOwn { get; init; }

    /// <summary>
    /// What the host reads before the script's input: the text of a script of this program, all ASCII, so that it fills neither sudo's log nor
    /// the process list. An ad hoc command is for both to show.
    /// </summary>
    internal byte[] Preamble => IsOwn ? Encoding.ASCII.GetBytes(Text) : [];

    /// <summary>A script that is part of this program, by its file name.</summary>
    public static RemoteScript Embedded(string name, params string[] arguments) => Embedded([name], arguments);

    /// <summary>A script in several files that are part of this program, one after the other.</summary>
    public static RemoteScript Embedded(string[] names, params string[] arguments) =>
        new(string.Join('\n', names.Select(Resource)), arguments) { IsOwn = true };

    /// <summary>The script with a text in a variable.</summary>
    internal RemoteScript With(string variable, string text) => this with { Text = $"{variable}={ShellText.Quote(text)}\n{Text}" };

    /// <summary>The text of a file that is part of this program.</summary>
    public static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"No embedded file {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The command line for the host's login shell.</summary>
    /// <param name="mark">
    /// What this run of it is found by on the host (cancel.sh). It is a comment at the end, which every login shell lets stand in its command
    /// line; the command before it keeps the shell from giving its place up to the script.
    /// </param>
    internal string CommandLine(string mark) =>
        ShellText.Command([.. (AsRoot ? (string[])["sudo", "-n", "--"] : []), "bash", "-c", .. IsOwn ? ReadingText : [Text, "linkoverflow"], .. Arguments])
        + $"; exit # linkoverflow {mark}";

    // So many characters and no more, so that what follows is the script's own; where they do not all come, none of it runs.
    private string[] ReadingText =>
        ["IFS= read -r -N \"$1\" text && shift && eval \"$text\"", "linkoverflow", Text.Length.ToString(CultureInfo.InvariantCulture)];

    /// <summary>The script that ends the one that bears a mark.</summary>
    internal RemoteScript Cancellation(string mark) => Embedded("cancel.sh", mark, IsOwn ? "script" : "all") with { AsRoot = AsRoot };
}
