namespace LinkOverflow.Lab.Protocol;

/// <summary>
/// The Filter.N parameters of a Describe call. All filters must match, of each one value; * stands for any characters and
/// ? for one, a backslash takes their meaning away.
/// </summary>
internal sealed class Filters
{
    private static readonly Dictionary<string, string> NoTags = new(StringComparer.Ordinal);

    private readonly List<(string Name, IReadOnlyList<string> Values)> _filters = [];

    public Filters(QueryParameters parameters)
    {
        foreach (var filter in parameters.Structures("Filter"))
        {
            var values = filter.List("Value");
            _filters.Add((filter.Require("Name"), values.Count > 0 ? values : throw new ApiException("InvalidParameterValue", "The filter 'null' is invalid")));
        }
    }

    /// <summary>Those of <paramref name="items"/> that match.</summary>
    /// <param name="items">The resources.</param>
    /// <param name="tags">A resource's tags; null for a kind that has none.</param>
    /// <param name="table">What a resource has under each filter's name.</param>
    /// <exception cref="ApiException">InvalidParameterValue: there is no such filter.</exception>
    public List<T> Apply<T>(IEnumerable<T> items, Func<T, IReadOnlyDictionary<string, string>>? tags, FilterTable<T> table)
    {
        // Said even where there is no resource to match.
        if (_filters.Find(f => !(tags is not null && IsOnTags(f.Name)) && !table.ContainsKey(f.Name)) is { Name: { } unknown })
        {
            throw new ApiException("InvalidParameterValue", $"The filter '{unknown}' is invalid");
        }

        return [.. items.Where(item => _filters.TrueForAll(filter => Actual(item, filter.Name).Any(a => a is not null && filter.Values.Any(p => Wildcard.IsMatch(a, p)))))];

        IEnumerable<string?> Actual(T item, string name)
        {
            var own = IsOnTags(name) ? tags?.Invoke(item) ?? NoTags : NoTags;
            return name switch
            {
                "tag-key" => own.Keys,
                "tag-value" => own.Values,
                _ when name.StartsWith("tag:", StringComparison.Ordinal) => own.TryGetValue(name[4..], out var value) ? [value] : [],
                _ => table[name](item),
            };
        }
    }

    private static bool IsOnTags(string name) => name is "tag-key" or "tag-value" || name.StartsWith("tag:", StringComparison.Ordinal);
}
