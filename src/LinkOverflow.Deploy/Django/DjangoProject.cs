using System.Text.RegularExpressions;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Django;

/// <summary>A Django project on this machine.</summary>
/// <param name="Folder">Its folder, the one with manage.py.</param>
/// <param name="Name">Its name on hosts and in tags: lower-case letters, digits and dashes, at most 32.</param>
/// <param name="SettingsModule">The settings module that manage.py names.</param>
public sealed partial record DjangoProject(string Folder, string Name, string SettingsModule)
{
    /// <summary>Looks at a folder.</summary>
    /// <param name="folder">The project's folder.</param>
    /// <param name="problems">Where findings go.</param>
    /// <returns>The project, or null where the folder is none.</returns>
    public static DjangoProject? Read(string folder, List<Problem> problems)
    {
        if (string.IsNullOrWhiteSpace(folder) || folder.Contains('\0', StringComparison.Ordinal))
        {
            problems.Add(new Problem(ErrorId.NotADjangoProject, "No folder is named.", "Name the folder that holds manage.py."));
            return null;
        }

        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var manage = Path.Combine(path, "manage.py");
        var why = File.Exists(path) ? "it is a file"
            : !Directory.Exists(path) ? "there is no such folder"
            : !File.Exists(manage) ? "it has no manage.py"
            : !FilePrivacy.OwnerCanRead(manage) ? $"its manage.py is not readable (mode {FilePrivacy.Mode(manage)})"
            : null;
        if (why is not null)
        {
            problems.Add(new Problem(
                ErrorId.NotADjangoProject, $"{path} is not a Django project: {why}.", "Name the folder that holds manage.py."));
            return null;
        }

        var match = SettingsRegex().Match(Beginning(manage));
        if (!match.Success)
        {
            problems.Add(new Problem(
                ErrorId.NotADjangoProject,
                $"{path} is not a Django project: its manage.py names no DJANGO_SETTINGS_MODULE.",
                "A manage.py as `django-admin startproject` writes it sets it.",
                manage));
            return null;
        }

        return new DjangoProject(path, HostName(Path.GetFileName(path)), match.Groups["module"].Value);
    }

    /// <summary>As much of a file as a manage.py can have; whatever else bears that name is not read to its end.</summary>
    private static string Beginning(string file)
    {
        try
        {
            using var reader = new StreamReader(file);
            var buffer = new char[65536];
            return new string(buffer, 0, reader.ReadBlock(buffer));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>A folder's name as a name of units, tags and paths on a host.</summary>
    internal static string HostName(string folder)
    {
        var name = NotAllowedRegex().Replace(folder.ToLowerInvariant(), "-").Trim('-');
        name = name.Length > 32 ? name[..32].TrimEnd('-') : name;
        return name.Length == 0 ? "site" : name;
    }

    [GeneratedRegex("""DJANGO_SETTINGS_MODULE['"]\s*[,\]]\s*=?\s*['"](?<module>[A-Za-z_][\w.]*)['"]""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SettingsRegex();

    [GeneratedRegex("[^a-z0-9]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NotAllowedRegex();
}
