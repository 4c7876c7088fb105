using System.Text.RegularExpressions;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Settings;

/// <summary>
/// A file of environment variables for the site, secrets among them: NAME=value a line, as dotenv files have it. Comments begin with #,
/// <c>export</c> may stand in front, a value may stand in single quotes, as it is, or in double quotes, with \" \\ \$ and \` for these characters.
/// </summary>
public static partial class EnvironmentFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="SettingsException">SettingsFileMissing, SettingsFileNotPrivate, or SettingsSyntax with every line that is none.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new SettingsException(new Problem(ErrorId.SettingsFileMissing, $"There is no environment file {path}."));
        }

        if (!FilePrivacy.IsPrivate(path))
        {
            throw new SettingsException(new Problem(
                ErrorId.SettingsFileNotPrivate, $"Others may read {path} (mode {FilePrivacy.Mode(path)}).", $"chmod 600 {path}"));
        }

        var problems = new List<Problem>();
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            var text = line.Trim();
            if (text.Length == 0 || text[0] == '#')
            {
                continue;
            }

            var match = LineRegex().Match(text);
            if (match.Success && !line.Contains('\0', StringComparison.Ordinal))
            {
                variables[match.Groups["name"].Value] =
                    match.Groups["double"] is { Success: true } quoted ? EscapeRegex().Replace(quoted.Value, "${character}")
                    : match.Groups["single"] is { Success: true } single ? single.Value
                    : match.Groups["plain"].Value;
            }
            else
            {
                // Not what stands there: it may be a secret.
                problems.Add(new Problem(ErrorId.SettingsSyntax, "The line is not NAME=value, or its quotes do not close.", null, path, number));
            }
        }

        return problems.Count == 0 ? variables : throw new SettingsException(problems);
    }

    /// <summary>The configuration with more variables in the site's environment; where both name one, the new one counts.</summary>
    public static InstanceConfig With(this InstanceConfig config, IReadOnlyDictionary<string, string>? variables)
    {
        if (variables is null)
        {
            return config;
        }

        var environment = new Dictionary<string, string>(config.Environment, StringComparer.Ordinal);
        foreach (var (name, value) in variables)
        {
            environment[name] = value;
        }

        return config with { Environment = environment };
    }

    [GeneratedRegex(
        """^(export\s+)?(?<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*("(?<double>([^"\\]|\\.)*)"|'(?<single>[^']*)'|(?<plain>[^"'].*|))$""",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex LineRegex();

    [GeneratedRegex("""\\(?<character>["\\$`])""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EscapeRegex();
}
