using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace LinkOverflow.Build.Help;

/// <summary>Reads the cmdlets' help from the one place where it is written: the attributes and the XML comments of their classes.</summary>
internal static class HelpReader
{
    private const string Cmdlets = "LinkOverflow.Deploy.PowerShell";

    /// <summary>All cmdlets of a module, by name.</summary>
    /// <param name="bin">The folder of the module's assemblies, with the compiler's XML documentation beside them.</param>
    public static IReadOnlyList<CmdletHelp> Read(string bin)
    {
        var comments = XDocument.Load(Path.Combine(bin, $"{Cmdlets}.xml")).Descendants("member").ToDictionary(m => m.Attribute("name")!.Value, StringComparer.Ordinal);

        // PowerShell itself is not needed: its reference assembly has the types that the attributes are of.
        var context = new AssemblyLoadContext("cmdlets");
        context.Resolving += (_, name) => new[] { bin, Path.Combine(AppContext.BaseDirectory, "reference") }
            .Select(folder => Path.GetFullPath(Path.Combine(folder, $"{name.Name}.dll")))
            .Where(File.Exists)
            .Select(context.LoadFromAssemblyPath)
            .FirstOrDefault();
        var assembly = context.LoadFromAssemblyPath(Path.GetFullPath(Path.Combine(bin, $"{Cmdlets}.dll")));
        return
        [
            .. assembly.GetExportedTypes()
                .Where(type => !type.IsAbstract)
                .Select(type => (Type: type, Cmdlet: Attribute(type, "CmdletAttribute")))
                .Where(c => c.Cmdlet is not null)
                .Select(c => Cmdlet(c.Type, c.Cmdlet!, comments))
                .OrderBy(c => c.Name, StringComparer.Ordinal),
        ];
    }

    private static CmdletHelp Cmdlet(Type type, CustomAttributeData cmdlet, Dictionary<string, XElement> comments)
    {
        var comment = comments[$"T:{type.FullName}"];
        var parameters = type.GetProperties()
            .OrderBy(p => Depth(p.DeclaringType!, type))
            .ThenBy(p => p.MetadataToken)
            .Where(p => Attribute(p, "ParameterAttribute") is not null)
            .Select(p => Parameter(p, comments))
            .ToList();
        if (cmdlet.NamedArguments.Any(a => a.MemberName == "SupportsShouldProcess" && a.TypedValue.Value is true))
        {
            ParameterUse[] use = [new(ParameterUse.AllSets, Mandatory: false, Position: null, "false")];
            parameters.Add(new ParameterHelp("WhatIf", "SwitchParameter", "Tells what would be done, and does nothing.", [], use));
            parameters.Add(new ParameterHelp("Confirm", "SwitchParameter", "Asks before it is done.", [], use));
        }

        return new CmdletHelp(
            $"{cmdlet.ConstructorArguments[0].Value}-{cmdlet.ConstructorArguments[1].Value}",
            Text(comment.Element("summary")),
            [.. comment.Elements("remarks").SelectMany(r => r.Elements("para").DefaultIfEmpty(r)).Select(Text)],
            parameters,
            [.. comment.Elements("example").Select(e => new ExampleHelp(Text(new XElement("t", e.Nodes().Where(n => n is not XElement { Name.LocalName: "code" }))), Code(e)))],
            [.. Attributes(type, "OutputTypeAttribute").SelectMany(Outputs)]);
    }

    private static ParameterHelp Parameter(PropertyInfo property, Dictionary<string, XElement> comments)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var declaring = property.DeclaringType!;
        var description = comments.TryGetValue($"P:{declaring.FullName}.{property.Name}", out var comment)
            ? Text(comment.Element("summary"))
            : throw new TaskFailedException($"{declaring.Name}.{property.Name} is a parameter without a comment.");
        string[] values = type.IsEnum ? Enum.GetNames(type)
            : Attribute(property, "ValidateSetAttribute")?.ConstructorArguments[0].Value is IEnumerable<CustomAttributeTypedArgument> set ? [.. set.Select(v => (string)v.Value!)]
            : [];
        return new ParameterHelp(property.Name, TypeName(type), description, values, [.. Attributes(property, "ParameterAttribute").Select(Use)]);
    }

    private static ParameterUse Use(CustomAttributeData attribute)
    {
        var named = attribute.NamedArguments.ToDictionary(a => a.MemberName, a => a.TypedValue.Value, StringComparer.Ordinal);
        bool Is(string name) => named.GetValueOrDefault(name) is true;
        string?[] pipeline = [Is("ValueFromPipeline") ? "ByValue" : null, Is("ValueFromPipelineByPropertyName") ? "ByPropertyName" : null];
        var how = string.Join(", ", pipeline.Where(p => p is not null));
        return new ParameterUse(
            named.GetValueOrDefault("ParameterSetName") as string ?? ParameterUse.AllSets,
            Is("Mandatory"),
            named.GetValueOrDefault("Position") as int?,
            how.Length == 0 ? "false" : $"true ({how})");
    }

    private static IEnumerable<string> Outputs(CustomAttributeData attribute) => attribute.ConstructorArguments
        .SelectMany(a => a.Value is IEnumerable<CustomAttributeTypedArgument> many ? many : [a])
        .Select(a => a.Value is Type type ? type.FullName! : $"{a.Value}");

    private static string TypeName(Type type) => type.IsArray ? $"{TypeName(type.GetElementType()!)}[]" : type.Name switch
    {
        "String" => "string",
        "Int32" => "int",
        "Boolean" => "bool",
        var name => name,
    };

    /// <summary>A comment's text on one line; references show the last part of what they refer to.</summary>
    private static string Text(XElement? element)
    {
        if (element is null)
        {
            return "";
        }

        var text = string.Concat(element.Nodes().Select(node => node switch
        {
            XText words => words.Value,
            XElement e when e.Attribute("cref") is { } cref => cref.Value.Split('.')[^1],
            XElement e => e.Value,
            _ => "",
        }));
        return Regex.Replace(text, @"\s+", " ", RegexOptions.None, TimeSpan.FromSeconds(1)).Trim();
    }

    private static string Code(XElement example)
    {
        var lines = (example.Element("code")?.Value ?? "").Trim('\n').TrimEnd().Split('\n');
        var indent = lines.Where(l => l.Trim().Length > 0).Select(l => l.Length - l.TrimStart().Length).DefaultIfEmpty(0).Min();
        return string.Join('\n', lines.Select(l => l.Length >= indent ? l[indent..] : l.TrimStart()));
    }

    private static int Depth(Type declaring, Type type) => declaring == type ? 0 : 1 + Depth(declaring, type.BaseType!);

    private static CustomAttributeData? Attribute(MemberInfo member, string name) => Attributes(member, name).FirstOrDefault();

    private static IEnumerable<CustomAttributeData> Attributes(MemberInfo member, string name) =>
        member.GetCustomAttributesData().Where(a => a.AttributeType.Name == name);
}
