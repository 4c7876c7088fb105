namespace LinkOverflow.Lab.Protocol;

/// <summary>
/// An element of an answer: a name and what is in it. An answer of a thousand instances has a hundred thousand of them, of which
/// nobody asks anything but to be written; with System.Xml.Linq's elements it takes twice as long.
/// </summary>
internal sealed class Element
{
    /// <summary>An element with a text in it, as most are.</summary>
    public Element(string name, string? text)
    {
        Name = name;
        Content = text;
    }

    /// <summary>An element with what is in it now.</summary>
    /// <param name="name">Its name, which XML allows.</param>
    /// <param name="content">
    /// Elements, texts, numbers and booleans, sequences of these, or what is written already; null is nothing. A sequence is gone through here, while the
    /// caller holds the lock on what it tells of.
    /// </param>
    public Element(string name, params object?[] content)
    {
        Name = name;
        Content = content;
        for (var i = 0; i < content.Length; i++)
        {
            if (content[i] is not (null or Element or string) and IEnumerable<object?> sequence and not object?[])
            {
                content[i] = sequence.ToArray();
            }
        }
    }

    public string Name { get; }

    /// <summary>Null, a text, or an array of what is in it.</summary>
    public object? Content { get; }
}
