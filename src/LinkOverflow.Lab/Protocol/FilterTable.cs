namespace LinkOverflow.Lab.Protocol;

/// <summary>The filters of one kind of resource: what a resource has under each filter's name.</summary>
internal sealed class FilterTable<T>() : Dictionary<string, Func<T, IEnumerable<string?>>>(StringComparer.Ordinal)
{
    /// <summary>A filter on the one value that each resource has.</summary>
    public void Add(string name, Func<T, string?> value) => Add(name, item => (IEnumerable<string?>)[value(item)]);
}
