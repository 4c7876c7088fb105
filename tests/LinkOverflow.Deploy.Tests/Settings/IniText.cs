using FsCheck;
using FsCheck.Fluent;

namespace LinkOverflow.Deploy.Tests.Settings;

/// <summary>Texts that are nearly INI files.</summary>
internal static class IniText
{
    private static readonly string[] Pieces =
    [
        "\n", "\n", "\n", "\r\n", "[EC2]\n", "[Puppet]\n", "[ec2]\n", "a = 1\n", "b: 2\n", "a", "A", "Key", "=", ":", " ", "  ", "\t", "#", ";",
        "[", "]", "value", "= x", "\n  continued\n", "\n\tcontinued", "é", "%(a)s", "$HOME", "'", "\"", "\\",
    ];

    /// <summary>Pieces of INI files in any order.</summary>
    public static Gen<string> Mixtures { get; } = Gen.Elements(Pieces).ListOf().Select(string.Concat);

    /// <summary>A section with lines that may be indented, continued, commented or blank.</summary>
    public static Gen<string> Sections { get; } =
        Gen.Elements("a = 1", "b: 2", "c =", "d = x = y", "word", "# comment", "; comment", "", "[Next]", "e : f : g", "h=i ; not a comment")
            .SelectMany(line => Gen.Elements("", "", " ", "  ", "\t", "    ").Select(indent => indent + line))
            .ListOf()
            .Select(lines => "[EC2]\n" + string.Join('\n', lines));
}
