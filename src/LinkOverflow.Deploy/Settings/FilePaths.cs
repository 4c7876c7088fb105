using System.Text.RegularExpressions;

namespace LinkOverflow.Deploy.Settings;

/// <summary>Paths as people write them in settings: <c>~</c>, <c>$HOME</c>, <c>${HOME}</c>, relative to the file they stand in.</summary>
public static partial class FilePaths
{
    /// <summary>The absolute path that a text from a settings file means.</summary>
    /// <param name="text">The path as written.</param>
    /// <param name="baseFolder">The folder that a relative path starts from.</param>
    public static string Expand(string text, string baseFolder)
    {
        var expanded = VariableRegex().Replace(
            text, match => Environment.GetEnvironmentVariable(match.Groups["name"].Value) ?? match.Value);
        if (expanded == "~" || expanded.StartsWith("~/", StringComparison.Ordinal))
        {
            expanded = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + expanded[1..];
        }

        return Path.GetFullPath(expanded, baseFolder);
    }

    [GeneratedRegex(@"\$\{?(?<name>[A-Za-z_][A-Za-z0-9_]*)\}?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VariableRegex();
}
