using System.Globalization;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Settings;

/// <summary>Takes typed values out of an INI file and collects what is wrong with them, instead of stopping at the first.</summary>
internal sealed class SettingsReading
{
    // A file of another kind has thousands of names that nobody wants to read.
    private const int MaximumWarnings = 20;
    private const int MaximumUnknown = 1000;

    private readonly IniFile _file;
    private readonly List<Problem> _problems;
    private readonly (IniSection Section, IniEntry Entry, string? Near)[] _unknown;

    /// <param name="file">The file to read from.</param>
    /// <param name="known">The known keys of each known section; a section with an empty list takes any key.</param>
    /// <param name="problems">Where findings go.</param>
    public SettingsReading(IniFile file, IReadOnlyDictionary<string, string[]> known, List<Problem> problems)
    {
        _file = file;
        _problems = problems;
        Known = known;
        _unknown =
        [
            .. file.Sections
                .Where(s => known.ContainsKey(s.Name))
                .SelectMany(s => s.Entries.Where(e => !IsKnown(s.Name, e.Name)), (s, e) => (s, e, NearestName.Find(e.Name, known[s.Name])))
                .Take(MaximumUnknown),
        ];
        WarnOfUnknownNames();
    }

    private IReadOnlyDictionary<string, string[]> Known { get; }

    public bool RequireSection(string section)
    {
        if (_file[section] is not null)
        {
            return true;
        }

        var unknown = _file.Sections.Where(s => !Known.ContainsKey(s.Name)).Take(MaximumUnknown).ToList();
        var near = unknown.FirstOrDefault(s => NearestName.Find(s.Name, [section]) is not null) ?? unknown.FirstOrDefault();
        _problems.Add(new Problem(
            ErrorId.SectionMissing,
            $"Section [{section}] is missing.",
            near is null ? $"Add the line [{section}] above its keys." : $"Line {near.Line} has [{IniEntry.ShowName(near.Name)}]; it should read [{section}].",
            _file.Path,
            near?.Line));
        return false;
    }

    public string? Optional(string section, string key) =>
        _file[section]?[key]?.Value is { Length: > 0 } value ? value : null;

    public string Required(string section, string key)
    {
        if (Optional(section, key) is { } value)
        {
            return value;
        }

        if (_file[section] is { } present)
        {
            var blank = present[key];
            var near = blank ?? _unknown.FirstOrDefault(u => u.Section == present && u.Near == key).Entry;
            _problems.Add(new Problem(
                ErrorId.KeyMissing,
                blank is not null ? $"Key {key} in [{section}] has no value." : $"Key {key} is missing in [{section}].",
                blank is not null || near is null ? $"Write {key} = ... there." : $"Line {near.Line} has {near.ShownName}; it should read {key}.",
                _file.Path,
                near?.Line ?? present.Line));
        }

        return "";
    }

    public int Number(string section, string key, int standard, int minimum, int maximum)
    {
        if (Optional(section, key) is not { } text)
        {
            return standard;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        Invalid(section, key, $"{key} = {text} is not a whole number from {minimum} to {maximum}.");
        return standard;
    }

    public bool Flag(string section, string key, bool standard)
    {
        // The words that Python's ConfigParser.getboolean takes.
        switch (Optional(section, key)?.ToUpperInvariant())
        {
            case null:
                return standard;
            case "1" or "YES" or "TRUE" or "ON":
                return true;
            case "0" or "NO" or "FALSE" or "OFF":
                return false;
            case { } text:
                Invalid(section, key, $"{key} = {text} is neither yes nor no.");
                return standard;
        }
    }

    public string Choice(string section, string key, string standard, params string[] choices)
    {
        var text = Optional(section, key) ?? standard;
        var choice = choices.FirstOrDefault(c => c.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (choice is null)
        {
            Invalid(section, key, $"{key} = {text} is none of {string.Join(", ", choices)}.");
        }

        return choice ?? standard;
    }

    /// <summary>Refuses a value that does not look like what its key wants.</summary>
    public void Pattern(string section, string key, System.Text.RegularExpressions.Regex pattern, string what)
    {
        if (Optional(section, key) is { } value && !pattern.IsMatch(value))
        {
            Invalid(section, key, $"{key} = {value} is not {what}.");
        }
    }

    public string[] List(string section, string key, string standard) =>
        (Optional(section, key) ?? standard).Split([',', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Where each key of the known sections stands; a key of another section with the same name does not count twice here.</summary>
    public IReadOnlyDictionary<string, int> Lines()
    {
        var lines = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in _file.Sections.Where(s => Known.TryGetValue(s.Name, out var keys) && keys.Length > 0).SelectMany(s => s.Entries))
        {
            lines.TryAdd(entry.Name, entry.Line);
        }

        return lines;
    }

    public IEnumerable<IniEntry> All(string section) => _file[section]?.Entries ?? [];

    public void Invalid(string section, string key, string message, string? fix = null, string id = ErrorId.ValueInvalid) =>
        _problems.Add(new Problem(id, message, fix, _file.Path, _file[section]?[key]?.Line));

    private bool IsKnown(string section, string key) =>
        Known.TryGetValue(section, out var keys) && (keys.Length == 0 || keys.Contains(key, StringComparer.OrdinalIgnoreCase));

    private void WarnOfUnknownNames()
    {
        var sections = _file.Sections
            .Where(s => !Known.ContainsKey(s.Name))
            .Select(s => Unknown(
                $"Section [{IniEntry.ShowName(s.Name)}] is unknown, so nothing in it is read.", NearestName.Find(s.Name, Known.Keys), s.Line));
        var keys = _unknown.Select(u => Unknown($"Key {u.Entry.ShownName} in [{u.Section.Name}] is unknown, so it is not read.", u.Near, u.Entry.Line));
        var warnings = sections.Take(MaximumWarnings + 1).Concat(keys).OrderBy(w => w.Line).Take(MaximumWarnings + 1).ToArray();
        _problems.AddRange(warnings.Take(MaximumWarnings));
        if (warnings.Length > MaximumWarnings)
        {
            _problems.Add(new Problem(ErrorId.KeyUnknown, "There are more unknown names.", null, _file.Path, warnings[^1].Line, Severity.Warning));
        }
    }

    private Problem Unknown(string message, string? near, int line) => new(
        ErrorId.KeyUnknown, message, near is null ? null : $"The nearest known name is {near}.", _file.Path, line, Severity.Warning);
}
