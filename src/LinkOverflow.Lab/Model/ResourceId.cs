using System.Buffers;
using System.Security.Cryptography;

namespace LinkOverflow.Lab.Model;

/// <summary>EC2's resource ids: a prefix, and 17 hexadecimal digits (8 in old ones).</summary>
internal static class ResourceId
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    /// <summary>A new id.</summary>
    public static string New(string prefix) => $"{prefix}-0{RandomNumberGenerator.GetHexString(16, lowercase: true)}";

    /// <summary>Whether a text has the form of an id.</summary>
    public static bool IsWellFormed(string text, string prefix) =>
        text.Length > prefix.Length && text.StartsWith(prefix + "-", StringComparison.Ordinal)
        && text.AsSpan(prefix.Length + 1) is { Length: 8 or 17 } digits && !digits.ContainsAnyExcept(Digits);
}
