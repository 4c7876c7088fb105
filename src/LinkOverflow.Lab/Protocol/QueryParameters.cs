using System.Globalization;
using System.Net;
using System.Xml;

namespace LinkOverflow.Lab.Protocol;

/// <summary>
/// The parameters of a Query-protocol request: names with dots for structures and numbers for lists
/// (Filter.1.Name, Filter.1.Value.2). Where a name comes twice the first counts.
/// </summary>
public sealed class QueryParameters
{
    private readonly Dictionary<string, string> _values;
    private readonly string _prefix;

    private QueryParameters(Dictionary<string, string> values, string prefix)
    {
        _values = values;
        _prefix = prefix;
    }

    /// <summary>All names and values.</summary>
    public IReadOnlyDictionary<string, string> All => _values;

    /// <summary>Reads application/x-www-form-urlencoded text, or a query string without its question mark.</summary>
    /// <exception cref="ApiException">A character that no answer could carry.</exception>
    public static QueryParameters Parse(params IEnumerable<string> texts)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in texts.SelectMany(t => t.Split('&', StringSplitOptions.RemoveEmptyEntries)))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var name = WebUtility.UrlDecode(equals < 0 ? pair : pair[..equals]);
            var value = equals < 0 ? "" : WebUtility.UrlDecode(pair[(equals + 1)..]);
            if (!IsText(name) || !IsText(value))
            {
                throw new ApiException("InvalidParameterValue", "A parameter contains characters that XML 1.0 does not allow.");
            }

            values.TryAdd(name, value);
        }

        return new QueryParameters(values, "");
    }

    /// <summary>The value, or null when it is not given or empty.</summary>
    public string? Find(string name) => _values.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <summary>The value.</summary>
    /// <exception cref="ApiException">MissingParameter.</exception>
    public string Require(string name) => Find(name) ?? throw ApiException.Missing(_prefix + name);

    /// <summary>true or false, or null when it is not given.</summary>
    /// <exception cref="ApiException">InvalidParameterValue.</exception>
    public bool? FindBoolean(string name) => Find(name) switch
    {
        null => null,
        var v when v.Equals("true", StringComparison.OrdinalIgnoreCase) => true,
        var v when v.Equals("false", StringComparison.OrdinalIgnoreCase) => false,
        var v => throw ApiException.Invalid(v, _prefix + name),
    };

    /// <summary>A whole number, or null when it is not given.</summary>
    /// <exception cref="ApiException">InvalidParameterValue.</exception>
    public int? FindInteger(string name) => Find(name) switch
    {
        null => null,
        var v when int.TryParse(v, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        var v => throw ApiException.Invalid(v, _prefix + name),
    };

    /// <summary>The values name.1, name.2, ... in the order of their numbers, which may have gaps.</summary>
    public IReadOnlyList<string> List(string name)
    {
        var found = new SortedDictionary<int, string>();
        foreach (var (key, value) in _values)
        {
            if (TryIndex(key, name, out var index, out var rest) && rest.Length == 0)
            {
                found.TryAdd(index, value);
            }
        }

        return [.. found.Values];
    }

    /// <summary>The structures name.1.*, name.2.*, ... in the order of their numbers, which may have gaps.</summary>
    public IReadOnlyList<QueryParameters> Structures(string name)
    {
        var found = new SortedDictionary<int, Dictionary<string, string>>();
        foreach (var (key, value) in _values)
        {
            if (TryIndex(key, name, out var index, out var rest) && rest.Length > 0)
            {
                if (!found.TryGetValue(index, out var members))
                {
                    found.Add(index, members = new Dictionary<string, string>(StringComparer.Ordinal));
                }

                members.TryAdd(rest, value);
            }
        }

        return [.. found.Select(f => new QueryParameters(f.Value, string.Create(CultureInfo.InvariantCulture, $"{_prefix}{name}.{f.Key}.")))];
    }

    /// <summary>The structure name.*; empty when nothing of it is given.</summary>
    public QueryParameters Structure(string name)
    {
        var start = name + ".";
        return new QueryParameters(
            _values.Where(v => v.Key.StartsWith(start, StringComparison.Ordinal)).ToDictionary(v => v.Key[start.Length..], v => v.Value, StringComparer.Ordinal),
            _prefix + start);
    }

    /// <summary>Others in the place of these.</summary>
    internal QueryParameters With(Dictionary<string, string> values) => new(values, _prefix);

    private static bool TryIndex(string key, string name, out int index, out string rest)
    {
        index = 0;
        rest = "";
        if (!key.StartsWith(name, StringComparison.Ordinal) || key.Length <= name.Length + 1 || key[name.Length] != '.')
        {
            return false;
        }

        var tail = key.AsSpan(name.Length + 1);
        var dot = tail.IndexOf('.');
        rest = dot < 0 ? "" : tail[(dot + 1)..].ToString();
        return int.TryParse(dot < 0 ? tail : tail[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out index);
    }

    private static bool IsText(string text)
    {
        try
        {
            XmlConvert.VerifyXmlChars(text);
            return true;
        }
        catch (XmlException)
        {
            return false;
        }
    }
}
