using System.Buffers;
using System.Security.Cryptography;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Model;

/// <summary>EC2's resource ids: a prefix, and 17 hexadecimal digits (8 in old ones).</summary>
internal static class ResourceId
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    /// <summary>A new id.</summary>
    public static string New(string prefix) => $"{prefix}-0{RandomNumberGenerator.GetHexString(16, lowercase: true)}";

    /// <summary>The resource of that id.</summary>
    /// <param name="kind">What AWS's words call it.</param>
    /// <param name="all">Those that are there.</param>
    /// <param name="id">As a client gave it.</param>
    /// <param name="prefix">What ids of its kind begin with.</param>
    /// <param name="malformed">AWS's code for what is no such id.</param>
    /// <param name="notFound">AWS's code for one that is not there.</param>
    /// <exception cref="ApiException">One of the two.</exception>
    public static T Find<T>(string kind, IReadOnlyDictionary<string, T> all, string id, string prefix, string malformed, string notFound) =>
        !IsWellFormed(id, prefix) ? throw new ApiException(malformed, $"Invalid id: \"{id}\" (expecting \"{prefix}-...\")")
        : all.TryGetValue(id, out var found) ? found
        : throw new ApiException(notFound, $"The {kind} '{id}' does not exist");

    /// <summary>Whether a text has the form of an id.</summary>
    public static bool IsWellFormed(string text, string prefix) =>
        text.Length > prefix.Length && text.StartsWith(prefix + "-", StringComparison.Ordinal)
        && text.AsSpan(prefix.Length + 1) is { Length: 8 or 17 } digits && !digits.ContainsAnyExcept(Digits);
}
