using System.Globalization;

namespace LinkOverflow.Lab.Protocol;

/// <summary>Answers as EC2's XML.</summary>
internal static class Xml
{
    public const string Ec2Namespace = "http://ec2.amazonaws.com/doc/2016-11-15/";

    /// <summary>An element whose children are item elements.</summary>
    public static Element List<T>(string name, IEnumerable<T> items, Func<T, object?> content) =>
        new(name, items.Select(i => new Element("item", content(i))));

    /// <summary>The same for the one list of an answer that can be long: its items are written at once.</summary>
    public static Element Page<T>(string name, IEnumerable<T> items, Func<T, object?> content) =>
        new(name, XmlText.Written(items.Select(i => new Element("item", content(i)))));

    /// <summary>What EC2 answers where there is nothing to tell.</summary>
    public static Element Return(bool value = true) => new("return", value);

    /// <summary>tagSet, or nothing where there are no tags.</summary>
    public static Element? Tags(IReadOnlyDictionary<string, string> tags, string name = "tagSet") =>
        tags.Count == 0 ? null : List(name, tags, t => new[] { new Element("key", t.Key), new Element("value", t.Value) });

    /// <summary>A moment as EC2 writes it, in UTC with milliseconds.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
