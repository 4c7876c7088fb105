using System.Text;
using System.Xml.Linq;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Tests.Protocol;

public sealed class XmlDocuments
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("<a href=\"b\">&amp;</a>", "<a href=\"b\">&amp;</a>")]
    [InlineData("one\r\ntwo\tthree", "one\r\ntwo\tthree")]
    [InlineData("é 漢 \ud83d\udca9.", "é 漢 \ud83d\udca9.")]
    public void A_reader_finds_the_text_that_was_written(string text, string read) =>
        Read(new Element("a", new Element("b", text))).Element("b")!.Value.ShouldBe(read);

    [Fact]
    public void What_XML_cannot_carry_becomes_a_question_mark() =>
        Read(new Element("a", new Element("b", "a\u0001b\uffffc\ud83d"))).Element("b")!.Value.ShouldBe("a?b?c?");

    [Fact]
    public void Numbers_booleans_nothing_and_sequences_are_written_as_EC2_writes_them()
    {
        IEnumerable<object?> lazy = Enumerable.Range(1, 2).Select(n => new Element("item", n));

        Text(new Element("a", true, null, new Element("b"), lazy, new Element("c", -3)), "urn:x")
            .ShouldBe("""<?xml version="1.0" encoding="utf-8"?><a xmlns="urn:x">true<b></b><item>1</item><item>2</item><c>-3</c></a>""");
    }

    [Fact]
    public void A_page_is_written_as_any_list_is_however_long()
    {
        var items = Enumerable.Range(0, 5000).Select(n => $"item <{n}> é").ToList();

        Text(new Element("a", Xml.Page("set", items, i => new Element("name", i)), new Element("next"))).ShouldBe(Text(new Element("a", Xml.List("set", items, i => new Element("name", i)), new Element("next"))));
    }

    private static string Text(Element root, string xmlNamespace = "")
    {
        using var document = new XmlText(root, xmlNamespace);
        return Encoding.UTF8.GetString(document.Bytes.Span);
    }

    private static XElement Read(Element root) => XDocument.Parse(Text(root), LoadOptions.PreserveWhitespace).Root!;
}
