using System.Collections.Concurrent;

namespace LinkOverflow.Lab.Protocol;

/// <summary>How often each action was called, refused calls with it.</summary>
internal sealed class ApiCalls
{
    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);

    public void Count(string action) => _counts.AddOrUpdate(action, 1, (_, count) => count + 1);

    /// <summary>Counts since the start or the last reset, by action.</summary>
    public SortedDictionary<string, int> Read() => new(_counts, StringComparer.Ordinal);

    public void Reset() => _counts.Clear();
}
