using System.Text;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Settings;

/// <summary>One key of an INI file.</summary>
/// <param name="Name">The key as it was written.</param>
/// <param name="Value">The value without surrounding white space; continuation lines joined by line feeds.</param>
/// <param name="Line">Where the key stands, counted from 1.</param>
public sealed record IniEntry(string Name, string Value, int Line)
{
    /// <summary>The name as messages may show it.</summary>
    public string ShownName => ShowName(Name);

    // A secret that was pasted without its key, a session token over two lines: what does not look like a name may be one, and is not repeated.
    internal static string ShowName(string name) =>
        name.Length <= 32 && name.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.' or ' ') ? name : "(not shown, it may be a secret)";

    /// <summary>The name and the place; never the value, which may be a secret.</summary>
    public override string ToString() => $"{ShownName} (line {Line})";
}

/// <summary>One section of an INI file.</summary>
public sealed class IniSection
{
    private readonly Dictionary<string, IniEntry> _entries = new(StringComparer.OrdinalIgnoreCase);

    internal IniSection(string name, int line)
    {
        Name = name;
        Line = line;
    }

    /// <summary>The name between the brackets; names of sections are case-sensitive.</summary>
    public string Name { get; }

    /// <summary>Where its header stands, counted from 1.</summary>
    public int Line { get; }

    /// <summary>All keys in the order of the file.</summary>
    public IEnumerable<IniEntry> Entries => _entries.Values;

    /// <summary>The key's entry, by a name without case, or null.</summary>
    public IniEntry? this[string name] => _entries.GetValueOrDefault(name);

    internal void Add(IniEntry entry) => _entries.Add(entry.Name, entry);
}

/// <summary>
/// An INI file as Python's ConfigParser reads it (docs.python.org/3/library/configparser.html): <c>=</c> or <c>:</c> between key and value,
/// full-line comments with <c>#</c> or <c>;</c>, keys without case, lines indented deeper than their key continue its value, a section or key
/// given twice is an error. Unlike a general INI library it knows the line of every key, for errors that point at one.
/// </summary>
public sealed class IniFile
{
    /// <summary>Larger files are refused: no settings file comes near it, and junk should not fill the memory.</summary>
    public const int MaximumBytes = 256 * 1024;

    private readonly Dictionary<string, IniSection> _sections = new(StringComparer.Ordinal);

    private IniFile(string path) => Path = path;

    /// <summary>The file as it is named in messages.</summary>
    public string Path { get; }

    /// <summary>All sections in the order of the file.</summary>
    public IEnumerable<IniSection> Sections => _sections.Values;

    /// <summary>The section of this exact name, or null.</summary>
    public IniSection? this[string name] => _sections.GetValueOrDefault(name);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file to read.</param>
    /// <exception cref="SettingsException">The file is missing, unreadable, or no INI file; every bad line is named.</exception>
    public static IniFile Load(string path)
    {
        if (Directory.Exists(path))
        {
            throw Syntax(path, null, "This is a folder, not a settings file.");
        }

        if (File.Exists(path) && !FilePrivacy.OwnerCanRead(path))
        {
            throw new SettingsException(new Problem(
                ErrorId.SettingsFileUnreadable, $"The file is not readable: its mode is {FilePrivacy.Mode(path)}.", $"Run: chmod u+r {path}", path));
        }

        byte[] bytes;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var buffer = new byte[MaximumBytes + 1];
            var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length > MaximumBytes)
            {
                throw Syntax(path, null, "The file is larger than 256 KiB, so it is not a settings file.");
            }

            bytes = buffer[..length];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SettingsException(new Problem(ErrorId.SettingsFileMissing, $"There is no file {path}."));
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new SettingsException(new Problem(
                ErrorId.SettingsFileUnreadable, $"The file cannot be read: {e.Message}", "Make it readable for you, or name another.", path));
        }

        if (bytes.AsSpan().Contains((byte)0))
        {
            throw Syntax(path, null, "The file holds binary data, so it is not a settings file.");
        }

        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Syntax(path, null, "The file is not text in UTF-8.");
        }

        return Parse(text, path);
    }

    /// <summary>Reads the text of an INI file.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="path">How messages name the file.</param>
    /// <exception cref="SettingsException">Not an INI file; every bad line is named, up to 20.</exception>
    public static IniFile Parse(string text, string path)
    {
        var file = new IniFile(path);
        var problems = new List<Problem>();
        IniSection? section = null;
        string? key = null;
        var keyLine = 0;
        var keyIndent = 0;
        var value = new StringBuilder();

        void FinishKey()
        {
            if (key is not null)
            {
                section!.Add(new IniEntry(key, value.ToString().TrimEnd(), keyLine));
                key = null;
            }
        }

        var number = 0;
        foreach (var raw in text.TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n', '\r'))
        {
            number++;
            var line = raw.AsSpan().TrimEnd();
            var content = line.TrimStart();
            if (content.IsEmpty)
            {
                value.Append('\n');
                continue;
            }

            if (content[0] is '#' or ';')
            {
                continue;
            }

            var indent = line.Length - content.Length;
            if (key is not null && indent > keyIndent)
            {
                value.Append('\n').Append(content);
                continue;
            }

            FinishKey();
            if (problems.Count >= 20)
            {
                break;
            }

            if (content[0] == '[')
            {
                var end = content.LastIndexOf(']');
                if (end < 2)
                {
                    problems.Add(Bad(number, "A section header is not closed: it should read like [EC2]."));
                    continue;
                }

                var name = content[1..end].ToString();
                if (file._sections.TryGetValue(name, out section))
                {
                    problems.Add(Bad(number, $"Section [{name}] is there twice; it began on line {section.Line}."));
                    continue;
                }

                section = new IniSection(name, number);
                file._sections.Add(name, section);
                continue;
            }

            var separator = content.IndexOfAny('=', ':');
            if (separator < 1)
            {
                problems.Add(Bad(number, "This line is neither a [section], a key = value, nor a comment."));
                continue;
            }

            if (section is null)
            {
                problems.Add(Bad(number, "A key stands before the first [section]."));
                continue;
            }

            var keyName = content[..separator].TrimEnd().ToString();
            if (section[keyName] is { } first)
            {
                problems.Add(Bad(number, $"Key {first.ShownName} is there twice in [{section.Name}]; the first is on line {first.Line}."));
                continue;
            }

            key = keyName;
            keyLine = number;
            keyIndent = indent;
            value.Clear().Append(content[(separator + 1)..].Trim());
        }

        FinishKey();
        return problems.Count == 0 ? file : throw new SettingsException(problems);

        Problem Bad(int line, string message) => new(ErrorId.SettingsSyntax, message, File: path, Line: line);
    }

    private static SettingsException Syntax(string path, int? line, string message) =>
        new(new Problem(ErrorId.SettingsSyntax, message, File: path, Line: line));
}
