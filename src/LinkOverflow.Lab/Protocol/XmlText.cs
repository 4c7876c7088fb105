using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace LinkOverflow.Lab.Protocol;

/// <summary>Writes elements as XML 1.0 in UTF-8. What XML cannot carry, in no form at all, becomes a question mark.</summary>
/// <param name="buffer">Where to.</param>
internal readonly struct XmlText(ArrayBufferWriter<byte> buffer)
{
    // A lab answers few requests for many instances: compiled in stages, most of them would meet the slow first stage.
    private const MethodImplOptions AtOnce = MethodImplOptions.AggressiveOptimization;

    // Besides the marks that XML itself uses: a carriage return, which readers would make a line feed, and what is not allowed.
    private static readonly SearchValues<char> Special = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(c => (char)c).Where(c => c is not ('\t' or '\n')), '<', '>', '&', '"', '\uFFFE', '\uFFFF', .. Enumerable.Range(0xD800, 0x800).Select(c => (char)c)]);

    public void Document(Element root, string xmlNamespace)
    {
        Raw("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
        Start(root, xmlNamespace);
    }

    [MethodImpl(AtOnce)]
    private void Start(Element element, string xmlNamespace)
    {
        Raw("<");
        Raw(element.Name);
        if (xmlNamespace.Length > 0)
        {
            Raw(" xmlns=\"");
            Text(xmlNamespace);
            Raw("\"");
        }

        Raw(">");
        Content(element.Content);
        Raw("</");
        Raw(element.Name);
        Raw(">");
    }

    [MethodImpl(AtOnce)]
    private void Content(object? content)
    {
        switch (content)
        {
            case null:
                break;
            case string text:
                Text(text);
                break;
            case Element child:
                Start(child, "");
                break;
            case object?[] sequence:
                foreach (var part in sequence)
                {
                    Content(part);
                }

                break;
            case bool value:
                Raw(value ? "true" : "false");
                break;
            default:
                Text(Convert.ToString(content, CultureInfo.InvariantCulture));
                break;
        }
    }

    [MethodImpl(AtOnce)]
    private void Text(ReadOnlySpan<char> text)
    {
        int special;
        while ((special = text.IndexOfAny(Special)) >= 0)
        {
            Raw(text[..special]);
            var length = special + 1 < text.Length && char.IsSurrogatePair(text[special], text[special + 1]) ? 2 : 1;
            switch (text[special])
            {
                case '<':
                    Raw("&lt;");
                    break;
                case '>':
                    Raw("&gt;");
                    break;
                case '&':
                    Raw("&amp;");
                    break;
                case '"':
                    Raw("&quot;");
                    break;
                case '\r':
                    Raw("&#xD;");
                    break;
                default:
                    Raw(length == 2 ? text.Slice(special, 2) : "?");
                    break;
            }

            text = text[(special + length)..];
        }

        Raw(text);
    }

    private void Raw(ReadOnlySpan<char> text) => Encoding.UTF8.GetBytes(text, buffer);
}
