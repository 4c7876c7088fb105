using System.Globalization;
using System.Xml.Linq;

namespace LinkOverflow.Build.Help;

/// <summary>Help as Get-Help reads it (Microsoft Assistance Markup Language, one file per assembly).</summary>
internal static class MamlFile
{
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    public static void Write(IEnumerable<CmdletHelp> cmdlets, string onlineFolder, string file)
    {
        XNamespace help = "http://msh";
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        new XDocument(new XElement(help + "helpItems", new XAttribute("schema", "maml"), cmdlets.Select(c => Cmdlet(c, onlineFolder)))).Save(file);
    }

    private static XElement Cmdlet(CmdletHelp cmdlet, string onlineFolder) => new(
        Command + "command",
        new XAttribute(XNamespace.Xmlns + "maml", Maml),
        new XAttribute(XNamespace.Xmlns + "command", Command),
        new XAttribute(XNamespace.Xmlns + "dev", Dev),
        new XElement(
            Command + "details",
            new XElement(Command + "name", cmdlet.Name),
            new XElement(Command + "verb", cmdlet.Name.Split('-')[0]),
            new XElement(Command + "noun", cmdlet.Name.Split('-')[1]),
            new XElement(Maml + "description", Para(cmdlet.Synopsis))),
        new XElement(Maml + "description", cmdlet.Remarks.DefaultIfEmpty(cmdlet.Synopsis).Select(Para)),
        new XElement(Command + "syntax", cmdlet.Sets.Select(set => new XElement(
            Command + "syntaxItem",
            new XElement(Maml + "name", cmdlet.Name),
            cmdlet.InSet(set).Select(p => Parameter(p.Parameter, p.Use))))),
        new XElement(Command + "parameters", cmdlet.Parameters.Select(p => Parameter(p, p.Uses[0]))),
        new XElement(Command + "returnValues", cmdlet.Outputs.Select(type => new XElement(
            Command + "returnValue", new XElement(Dev + "type", new XElement(Maml + "name", type))))),
        new XElement(Command + "examples", cmdlet.Examples.Select((e, n) => new XElement(
            Command + "example",
            new XElement(Maml + "title", $"Example {n + 1}: {e.Title}"),
            new XElement(Dev + "code", e.Code)))),
        new XElement(
            Command + "relatedLinks",
            new XElement(Maml + "navigationLink", new XElement(Maml + "linkText", $"Online: {onlineFolder}/{cmdlet.Name}.md")),
            new XElement(Maml + "navigationLink", new XElement(Maml + "linkText", "about_LinkOverflow_Deploy"))));

    private static XElement Parameter(ParameterHelp parameter, ParameterUse use) => new(
        Command + "parameter",
        new XAttribute("required", use.Mandatory ? "true" : "false"),
        new XAttribute("globbing", "false"),
        new XAttribute("pipelineInput", use.Pipeline),
        new XAttribute("position", use.Position?.ToString(CultureInfo.InvariantCulture) ?? "named"),
        new XElement(Maml + "name", parameter.Name),
        new XElement(Maml + "description", Para(parameter.Description)),
        parameter.Values.Count == 0 ? null : new XElement(
            Command + "parameterValueGroup", parameter.Values.Select(v => new XElement(Command + "parameterValue", new XAttribute("required", "false"), v))),
        parameter.IsSwitch ? null : new XElement(Command + "parameterValue", new XAttribute("required", "true"), parameter.Type),
        new XElement(Dev + "type", new XElement(Maml + "name", parameter.Type)));

    private static XElement Para(string text) => new(Maml + "para", text);
}
