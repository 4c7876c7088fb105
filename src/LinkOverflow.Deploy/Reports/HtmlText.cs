using System.Globalization;
using System.Net;
using System.Text;

namespace LinkOverflow.Deploy.Reports;

/// <summary>The one place where text becomes part of HTML: what is interpolated is data and gets encoded, the literal parts are markup.</summary>
internal sealed class HtmlText
{
    private readonly StringBuilder _html = new();

    /// <summary>Adds a line of markup with encoded values in it.</summary>
    public HtmlText Add(FormattableString markup)
    {
        var values = markup.GetArguments()
            .Select(value => (object)WebUtility.HtmlEncode(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""))
            .ToArray();
        _html.AppendFormat(CultureInfo.InvariantCulture, markup.Format, values).Append('\n');
        return this;
    }

    /// <summary>Adds text of this program's own files, as it is.</summary>
    public HtmlText AddResource(string text)
    {
        _html.Append(text);
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => _html.ToString();
}
