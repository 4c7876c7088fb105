using System.Globalization;
using System.Text;

namespace LinkOverflow.Lab.Protocol;

/// <summary>MaxResults and NextToken. The token names how many came before, so resources that come or go in between may shift a page.</summary>
internal sealed class Paging
{
    private const string Mark = "lab:";

    private readonly int _skip;
    private readonly int? _take;

    public Paging(QueryParameters parameters, int minimum = 5)
    {
        _take = parameters.FindInteger("MaxResults");
        if (_take < minimum || _take > 1000)
        {
            throw new ApiException(
                "InvalidParameterValue",
                string.Create(CultureInfo.InvariantCulture, $"Value ( {_take} ) for parameter maxResults is invalid. Expecting a value between {minimum} and 1000."));
        }

        _skip = parameters.Find("NextToken") is { } token ? Decode(token) : 0;
    }

    /// <summary>Refuses a page size where resources are named, as EC2 does for some.</summary>
    /// <exception cref="ApiException">InvalidParameterCombination.</exception>
    public static void RefuseWith(QueryParameters parameters, string names)
    {
        if (parameters.Find("MaxResults") is not null && parameters.List(names).Count > 0)
        {
            throw ApiException.Combination($"The parameter {names} cannot be used with the parameter maxResults");
        }
    }

    /// <summary>The page, and the nextToken element where more follows.</summary>
    public (List<T> Page, Element? NextToken) Cut<T>(IReadOnlyList<T> all)
    {
        var end = (int)Math.Min(all.Count, (long)_skip + (_take ?? 1000));
        return (
            [.. all.Skip(_skip).Take(end - _skip)],
            end < all.Count ? new Element("nextToken", Convert.ToBase64String(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Mark}{end}")))) : null);
    }

    private static int Decode(string token)
    {
        var bytes = new byte[token.Length];
        return Convert.TryFromBase64String(token, bytes, out var length)
            && Encoding.ASCII.GetString(bytes, 0, length) is var text
            && text.StartsWith(Mark, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(Mark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var skip)
            ? skip
            : throw new ApiException("InvalidParameterValue", "Unable to parse pagination token");
    }
}
