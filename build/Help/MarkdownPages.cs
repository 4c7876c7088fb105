using System.Globalization;
using System.Text;

namespace LinkOverflow.Build.Help;

/// <summary>The same help as pages in docs/, one per cmdlet.</summary>
internal static class MarkdownPages
{
    /// <summary>Writes the pages that changed, and removes those of cmdlets that are gone.</summary>
    public static void Write(IReadOnlyList<CmdletHelp> cmdlets, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var gone in Directory.EnumerateFiles(folder, "*.md").Where(f => !cmdlets.Any(c => c.Name == Path.GetFileNameWithoutExtension(f))))
        {
            File.Delete(gone);
        }

        foreach (var cmdlet in cmdlets)
        {
            var file = Path.Combine(folder, $"{cmdlet.Name}.md");
            var page = Page(cmdlet);
            if (!File.Exists(file) || File.ReadAllText(file) != page)
            {
                File.WriteAllText(file, page);
            }
        }
    }

    private static string Page(CmdletHelp cmdlet)
    {
        var page = new StringBuilder();
        Line($"# {cmdlet.Name}");
        Line($"");
        Line($"<!-- Written by the build from the comments of the cmdlet's class. -->");
        Line($"{cmdlet.Synopsis}");
        foreach (var remark in cmdlet.Remarks)
        {
            Line($"");
            Line($"{remark}");
        }

        Line($"");
        Line($"## Syntax");
        Line($"");
        Line($"```");
        foreach (var set in cmdlet.Sets)
        {
            Line($"{cmdlet.Name} {string.Join(' ', cmdlet.InSet(set).Select(p => Usage(p.Parameter, p.Use)))} [<CommonParameters>]");
        }

        Line($"```");
        Line($"");
        Line($"## Examples");
        foreach (var example in cmdlet.Examples)
        {
            Line($"");
            Line($"{example.Title}");
            Line($"");
            Line($"```powershell");
            Line($"{example.Code}");
            Line($"```");
        }

        Line($"");
        Line($"## Parameters");
        Line($"");
        Line($"| parameter | type | |");
        Line($"|---|---|---|");
        foreach (var parameter in cmdlet.Parameters)
        {
            var type = parameter.Values.Count > 0 ? string.Join(", ", parameter.Values) : parameter.IsSwitch ? "switch" : parameter.Type;
            Line($"| `-{parameter.Name}` | {type} | {parameter.Description.Replace("|", "\\|", StringComparison.Ordinal)} |");
        }

        if (cmdlet.Outputs.Count > 0)
        {
            Line($"");
            Line($"## Emits");
            Line($"");
            Line($"{string.Join(", ", cmdlet.Outputs.Select(o => $"`{o}`"))}");
        }

        return page.ToString();

        void Line(FormattableString text) => page.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static string Usage(ParameterHelp parameter, ParameterUse use)
    {
        var name = use.Position is null || parameter.IsSwitch ? $"-{parameter.Name}" : $"[-{parameter.Name}]";
        var whole = parameter.IsSwitch ? name : $"{name} <{(parameter.Values.Count > 0 ? string.Join('|', parameter.Values) : parameter.Type)}>";
        return use.Mandatory ? whole : $"[{whole}]";
    }
}
