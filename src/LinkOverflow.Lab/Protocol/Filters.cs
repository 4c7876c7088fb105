namespace LinkOverflow.Lab.Protocol;

/// <summary>
/// The Filter.N parameters of a Describe call. All filters must match, of each one value; * stands for any characters and
/// ? for one, a backslash takes their meaning away.
/// </summary>
internal sealed class Filters
{
    private readonly List<(string Name, IReadOnlyList<string> Values)> _filters = [];

    public Filters(QueryParameters parameters)
    {
        foreach (var filter in parameters.Structures("Filter"))
        {
            var values = filter.List("Value");
            _filters.Add((filter.Require("Name"), values.Count > 0 ? values : throw new ApiException("InvalidParameterValue", "The filter 'null' is invalid")));
        }
    }

    /// <summary>Whether a resource matches.</summary>
    /// <param name="tags">The resource's tags.</param>
    /// <param name="values">What the resource has under a filter's name; null for a name that this resource does not know.</param>
    /// <exception cref="ApiException">InvalidParameterValue: there is no such filter.</exception>
    public bool Match(IReadOnlyDictionary<string, string> tags, Func<string, IEnumerable<string?>?> values)
    {
        foreach (var (name, patterns) in _filters)
        {
            IEnumerable<string?>? actual =
                name == "tag-key" ? tags.Keys
                : name == "tag-value" ? tags.Values
                : name.StartsWith("tag:", StringComparison.Ordinal) ? (tags.TryGetValue(name[4..], out var value) ? [value] : [])
                : values(name);
            if (actual is null)
            {
                throw new ApiException("InvalidParameterValue", $"The filter '{name}' is invalid");
            }

            if (!actual.Any(a => a is not null && patterns.Any(p => Wildcard.IsMatch(a, p))))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Says that a filter is unknown even where there is no resource to match.</summary>
    public void Check(Func<string, bool> isKnown)
    {
        foreach (var (name, _) in _filters)
        {
            if (name is not ("tag-key" or "tag-value") && !name.StartsWith("tag:", StringComparison.Ordinal) && !isKnown(name))
            {
                throw new ApiException("InvalidParameterValue", $"The filter '{name}' is invalid");
            }
        }
    }

    /// <summary>Those of <paramref name="items"/> that match.</summary>
    public List<T> Apply<T>(IEnumerable<T> items, Func<T, IReadOnlyDictionary<string, string>> tags, Func<T, string, IEnumerable<string?>?> values) =>
        [.. items.Where(i => Match(tags(i), name => values(i, name)))];

    /// <summary>Those of <paramref name="items"/> that match.</summary>
    /// <exception cref="ApiException">InvalidParameterValue: there is no such filter.</exception>
    public List<T> Apply<T>(IEnumerable<T> items, Func<T, IReadOnlyDictionary<string, string>> tags, FilterTable<T> table)
    {
        Check(table.ContainsKey);
        return Apply(items, tags, (item, name) => table[name](item));
    }
}
