using System.Text;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Settings;

/// <summary>Writes an INI file with comments; what was written reads back as the same values.</summary>
internal sealed class IniWriter
{
    private readonly StringBuilder _text = new();
    private readonly List<(string Section, string Key, string Value)> _written = [];
    private string _section = "";

    public IniWriter Comment(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            _text.Append("# ").Append(line.TrimEnd('\r')).Append('\n');
        }

        return this;
    }

    public IniWriter Section(string name)
    {
        _section = name;
        _text.Append('\n').Append('[').Append(name).Append("]\n");
        return this;
    }

    /// <summary>A key; nothing where there is no value.</summary>
    public IniWriter Key(string key, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            _text.Append(key).Append(" = ").Append(value).Append('\n');
            _written.Add((_section, key, value));
        }

        return this;
    }

    /// <summary>The file's bytes.</summary>
    /// <param name="path">How messages name the file.</param>
    /// <exception cref="SettingsException">ValueInvalid: a value that such a file cannot hold, for a line end or a blank at its end; the value is not repeated.</exception>
    public byte[] ToBytes(string path)
    {
        foreach (var (section, key, value) in _written)
        {
            if (Read($"[{section}]\n{key} = {value}\n", path)?[section]?[key]?.Value != value)
            {
                throw new SettingsException(new Problem(
                    ErrorId.ValueInvalid,
                    $"{key} cannot be written to a settings file: it has a line end, a blank at its beginning or end, or a character that is none.",
                    "Give it without these.",
                    path));
            }
        }

        return Encoding.UTF8.GetBytes(_text.ToString());
    }

    private static IniFile? Read(string text, string path)
    {
        try
        {
            var encoding = new UTF8Encoding(false, throwOnInvalidBytes: true);
            return text.Contains('\0', StringComparison.Ordinal) ? null : IniFile.Parse(encoding.GetString(encoding.GetBytes(text)), path);
        }
        catch (Exception e) when (e is SettingsException or EncoderFallbackException)
        {
            return null;
        }
    }
}
