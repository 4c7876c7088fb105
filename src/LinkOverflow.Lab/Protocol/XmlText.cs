using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace LinkOverflow.Lab.Protocol;

/// <summary>
/// A document of XML 1.0 in UTF-8, in a buffer of the pool that is given back when it has been sent. What XML cannot carry, in no
/// form at all, becomes a question mark.
/// </summary>
internal sealed class XmlText : IDisposable
{
    // A lab answers few requests for many instances: compiled in stages, most of them would meet the slow first stage.
    private const MethodImplOptions AtOnce = MethodImplOptions.AggressiveOptimization;

    // Besides the marks that XML itself uses: a carriage return, which readers would make a line feed, and what is not allowed.
    private static readonly SearchValues<char> Special = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(c => (char)c).Where(c => c is not ('\t' or '\n')), '<', '>', '&', '"', '\uFFFE', '\uFFFF', .. Enumerable.Range(0xD800, 0x800).Select(c => (char)c)]);

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
    private int _length;

    /// <summary>Writes it.</summary>
    /// <param name="root">Its one element.</param>
    /// <param name="xmlNamespace">The namespace of all elements; empty for none.</param>
    public XmlText(Element root, string xmlNamespace)
    {
        Raw("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
        Start(root, xmlNamespace);
    }

    private XmlText()
    {
    }

    /// <summary>
    /// Elements that are written as they come: of an answer of a thousand instances the elements of one alone are there at a time.
    /// </summary>
    /// <returns>What an element can have in it, once.</returns>
    public static XmlText Written(IEnumerable<Element> elements)
    {
        var text = new XmlText();
        foreach (var element in elements)
        {
            text.Start(element, "");
        }

        return text;
    }

    /// <summary>Until it is disposed of.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _length = 0;
    }

    [MethodImpl(AtOnce)]
    private void Start(Element element, string xmlNamespace)
    {
        Tag("<", element.Name);
        if (xmlNamespace.Length > 0)
        {
            Raw(" xmlns=\"");
            Text(xmlNamespace);
            Raw("\"");
        }

        Raw(">");
        Content(element.Content);
        Tag("</", element.Name);
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
            case XmlText written:
                Reserve(written._length);
                written.Bytes.Span.CopyTo(_buffer.AsSpan(_length));
                _length += written._length;
                written.Dispose();
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

    private void Tag(ReadOnlySpan<char> start, ReadOnlySpan<char> name)
    {
        Raw(start);
        Raw(name);
    }

    [MethodImpl(AtOnce)]
    private void Raw(ReadOnlySpan<char> text)
    {
        // A character is at most three bytes; a pair of surrogates is four.
        Reserve(text.Length * 3);

        // Nearly all is ASCII, of which most is shorter than what the encoder takes to begin.
        var at = _length;
        foreach (var character in text)
        {
            if (character >= 0x80)
            {
                _length += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_length));
                return;
            }

            _buffer[at++] = (byte)character;
        }

        _length = at;
    }

    private void Reserve(int needed)
    {
        if (_buffer.Length - _length >= needed)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _length + needed));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
