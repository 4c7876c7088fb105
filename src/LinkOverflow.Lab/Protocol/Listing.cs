
namespace LinkOverflow.Lab.Protocol;

/// <summary>What every Describe call does with the resources that it is about.</summary>
internal static class Listing
{
    /// <summary>The resources that the request names, each once; all where it names none.</summary>
    public static IEnumerable<T> Named<T>(QueryParameters parameters, string parameter, IEnumerable<T> all, Func<string, T> find) =>
        parameters.List(parameter) is { Count: > 0 } names ? [.. names.Distinct(StringComparer.Ordinal).Select(find)] : all;

    /// <summary>The answer: those that the filters let through, and of them a page.</summary>
    /// <param name="parameters">The request.</param>
    /// <param name="set">The element that holds them.</param>
    /// <param name="resources">What the request is about.</param>
    /// <param name="tags">A resource's tags; null for a kind that has none.</param>
    /// <param name="filters">What can be filtered by.</param>
    /// <param name="describe">The elements of one resource.</param>
    /// <param name="smallestPage">The smallest MaxResults that EC2 takes.</param>
    /// <exception cref="ApiException">A filter or page that EC2 would refuse.</exception>
    public static IEnumerable<Element?> Answer<T>(
        QueryParameters parameters,
        string set,
        IEnumerable<T> resources,
        Func<T, IReadOnlyDictionary<string, string>>? tags,
        FilterTable<T> filters,
        Func<T, object?> describe,
        int smallestPage = 5)
    {
        var (page, next) = new Paging(parameters, smallestPage).Cut(new Filters(parameters).Apply(resources, tags, filters));
        return [Xml.Page(set, page, describe), next];
    }
}
