namespace LinkOverflow.Deploy.Deployments;

/// <summary>Orders instances by their names as people count: site-2 before site-10.</summary>
public static class NameOrder
{
    /// <summary>Orders things of one project by their instances' names.</summary>
    public static IOrderedEnumerable<T> InNameOrder<T>(this IEnumerable<T> things, Func<T, string> name) =>
        things.OrderBy(t => name(t).Length).ThenBy(name, StringComparer.Ordinal);

    /// <summary>Orders things of one project by their instances' names, below what they are ordered by already.</summary>
    public static IOrderedEnumerable<T> ThenInNameOrder<T>(this IOrderedEnumerable<T> things, Func<T, string> name) =>
        things.ThenBy(t => name(t).Length).ThenBy(name, StringComparer.Ordinal);
}
