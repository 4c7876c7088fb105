using System.Reflection;
using System.Text;
using System.Xml.Linq;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Tests.Errors;

/// <summary>docs/errors.md, made from <see cref="ErrorId"/>: the meaning is an id's summary, cause and fix are its <see cref="RemedyAttribute"/>.</summary>
internal static class ErrorReference
{
    private const string Head = """
        # Errors

        Every error has a stable id: PowerShell shows it as FullyQualifiedErrorId, `launch` in brackets at the message's end. The message
        names what was wrong and where; here is what stands behind each. (Made from `src/LinkOverflow.Deploy/Errors/ErrorId.cs`; a test
        compares them, and rewrites this file where `LINKOVERFLOW_WRITE_DOCS=1` is set.)

        """;

    public static IReadOnlyList<FieldInfo> Ids { get; } = [.. typeof(ErrorId).GetFields(BindingFlags.Public | BindingFlags.Static)];

    public static string Meaning(FieldInfo id) => Summaries.Value.GetValueOrDefault($"F:{id.DeclaringType!.FullName}.{id.Name}", "");

    public static string Markdown()
    {
        var text = new StringBuilder(Head);
        foreach (var id in Ids)
        {
            var remedy = id.GetCustomAttribute<RemedyAttribute>()!;
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n## {id.Name}\n\n{Meaning(id)}\n\n- Cause: {remedy.Cause}\n- Fix: {remedy.Fix}\n");
        }

        return text.ToString();
    }

    private static readonly Lazy<Dictionary<string, string>> Summaries = new(() =>
        XDocument.Load(Path.ChangeExtension(typeof(ErrorId).Assembly.Location, ".xml"))
            .Descendants("member")
            .ToDictionary(m => m.Attribute("name")!.Value, m => m.Element("summary")?.Value.Trim() ?? "", StringComparer.Ordinal));
}
