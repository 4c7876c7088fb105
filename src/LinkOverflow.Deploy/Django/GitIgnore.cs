using System.Text;
using System.Text.RegularExpressions;

namespace LinkOverflow.Deploy.Django;

/// <summary>The patterns of one .gitignore file (gitignore(5)).</summary>
internal sealed class GitIgnore
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private readonly string _folder;
    private readonly List<(Regex Pattern, bool Negated, bool FoldersOnly)> _rules = [];

    private GitIgnore(string folder) => _folder = folder;

    /// <summary>Reads a .gitignore file.</summary>
    /// <param name="text">What stands in it.</param>
    /// <param name="folder">The path of its folder in the project, with a slash at its end; empty for the project's own.</param>
    public static GitIgnore Parse(string text, string folder)
    {
        var ignore = new GitIgnore(folder);
        foreach (var line in text.TrimStart('\uFEFF').Split('\n'))
        {
            ignore.Add(Bytes(WithoutTrailingBlanks(line.EndsWith('\r') ? line[..^1] : line)));
        }

        return ignore;
    }

    /// <summary>Whether a path is ignored, by the files from the project's folder inwards; the last rule that fits decides.</summary>
    public static bool Ignores(IReadOnlyList<GitIgnore> files, string path, bool isFolder)
    {
        for (var i = files.Count - 1; i >= 0; i--)
        {
            var file = files[i];
            var relative = Bytes(path[file._folder.Length..]);
            for (var rule = file._rules.Count - 1; rule >= 0; rule--)
            {
                var (pattern, negated, foldersOnly) = file._rules[rule];
                if ((isFolder || !foldersOnly) && pattern.IsMatch(relative))
                {
                    return !negated;
                }
            }
        }

        return false;
    }

    // git compares bytes: a question mark stands for one byte of a letter that has two.
    private static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private void Add(string line)
    {
        if (line.Length == 0 || line[0] == '#')
        {
            return;
        }

        var negated = line[0] == '!';
        var pattern = negated ? line[1..] : line;
        var foldersOnly = pattern.EndsWith('/');
        pattern = foldersOnly ? pattern[..^1] : pattern;
        if (pattern.Length == 0)
        {
            return;
        }

        // A slash at the beginning or in the middle ties a pattern to the file's own folder.
        var anchored = pattern.Contains('/', StringComparison.Ordinal);
        pattern = pattern[0] == '/' ? pattern[1..] : pattern;
        if (Expression(pattern) is { } expression)
        {
            _rules.Add((new Regex($"^{(anchored ? "" : "(?:.*/)?")}{expression}$", RegexOptions.Singleline | RegexOptions.CultureInvariant, Patience), negated, foldersOnly));
        }
    }

    private static string WithoutTrailingBlanks(string line)
    {
        var end = line.Length;
        while (end > 0 && line[end - 1] == ' ' && !(end > 1 && line[end - 2] == '\\'))
        {
            end--;
        }

        return line[..end];
    }

    /// <summary>A pattern as a regular expression; null where it can fit nothing, as with a bracket that is not closed.</summary>
    private static string? Expression(string pattern)
    {
        var text = new StringBuilder();
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '*')
            {
                var stars = i;
                while (i + 1 < pattern.Length && pattern[i + 1] == '*')
                {
                    i++;
                }

                // Two stars mean any folders only where they are a whole part of the path.
                var whole = i - stars == 1 && (stars == 0 || pattern[stars - 1] == '/') && (i + 1 == pattern.Length || pattern[i + 1] == '/');
                if (whole && i + 1 < pattern.Length)
                {
                    text.Append("(?:[^/]+/)*");
                    i++;
                }
                else
                {
                    text.Append(whole ? ".+" : "[^/]*");
                }
            }
            else if (c == '?')
            {
                text.Append("[^/]");
            }
            else if (c == '[')
            {
                if (Bracket(pattern, ref i) is not { } bracket)
                {
                    return null;
                }

                text.Append(bracket);
            }
            else if (c == '\\')
            {
                if (++i == pattern.Length)
                {
                    return null;
                }

                text.Append(Regex.Escape(pattern[i].ToString()));
            }
            else
            {
                text.Append(Regex.Escape(c.ToString()));
            }
        }

        return text.ToString();
    }

    private static string? Bracket(string pattern, ref int i)
    {
        var at = i + 1;
        var text = new StringBuilder("(?!/)[");
        if (at < pattern.Length && pattern[at] is '!' or '^')
        {
            text.Append('^');
            at++;
        }

        for (var first = true; at < pattern.Length; first = false, at++)
        {
            var c = pattern[at];
            if (c == ']' && !first)
            {
                i = at;
                return text.Append(']').ToString();
            }

            if (c == '[' && at + 1 < pattern.Length && pattern[at + 1] == ':' && pattern.IndexOf(":]", at + 2, StringComparison.Ordinal) is var end and > 0)
            {
                if (Class(pattern[(at + 2)..end]) is not { } known)
                {
                    return null;
                }

                text.Append(known);
                at = end + 1;
                continue;
            }

            if (c == '\\' && ++at < pattern.Length)
            {
                c = pattern[at];
            }
            else if (c == '-')
            {
                text.Append(first || (at + 1 < pattern.Length && pattern[at + 1] == ']') ? "\\-" : "-");
                continue;
            }

            text.Append(c is '\\' or '[' or ']' or '^' or '-' ? $"\\{c}" : c.ToString());
        }

        return null;
    }

    private static string? Class(string name) => name switch
    {
        "alnum" => "a-zA-Z0-9",
        "alpha" => "a-zA-Z",
        "blank" => " \\t",
        "cntrl" => "\\x00-\\x1f\\x7f",
        "digit" => "0-9",
        "graph" => "\\x21-\\x7e",
        "lower" => "a-z",
        "print" => "\\x20-\\x7e",
        "punct" => "!-/:-@\\[-`{-~",
        "space" => " \\t\\n\\v\\f\\r",
        "upper" => "A-Z",
        "xdigit" => "0-9a-fA-F",
        _ => null,
    };
}
