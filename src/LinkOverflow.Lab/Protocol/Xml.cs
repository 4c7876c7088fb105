using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace LinkOverflow.Lab.Protocol;

/// <summary>Answers as EC2's XML: made without namespaces, which the writer adds to every element at the end.</summary>
internal static class Xml
{
    public const string Ec2Namespace = "http://ec2.amazonaws.com/doc/2016-11-15/";

    /// <summary>An element whose children are item elements.</summary>
    public static XElement List<T>(string name, IEnumerable<T> items, Func<T, object?> content) =>
        new(name, items.Select(i => new XElement("item", content(i))));

    /// <summary>What EC2 answers where there is nothing to tell.</summary>
    public static XElement Return(bool value = true) => new("return", value);

    /// <summary>tagSet, or nothing where there are no tags.</summary>
    public static XElement? Tags(IReadOnlyDictionary<string, string> tags, string name = "tagSet") =>
        tags.Count == 0 ? null : List(name, tags, t => new[] { new XElement("key", t.Key), new XElement("value", t.Value) });

    /// <summary>A moment as EC2 writes it, in UTC with milliseconds.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static byte[] Write(XElement root, string xmlNamespace)
    {
        using var stream = new MemoryStream();
        using (var writer = XmlWriter.Create(stream, new XmlWriterSettings { Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) }))
        {
            writer.WriteStartDocument();
            Write(writer, root, xmlNamespace);
        }

        return stream.ToArray();
    }

    private static void Write(XmlWriter writer, XElement element, string xmlNamespace)
    {
        writer.WriteStartElement(element.Name.LocalName, xmlNamespace);
        foreach (var node in element.Nodes())
        {
            if (node is XElement child)
            {
                Write(writer, child, xmlNamespace);
            }
            else
            {
                node.WriteTo(writer);
            }
        }

        writer.WriteEndElement();
    }
}
