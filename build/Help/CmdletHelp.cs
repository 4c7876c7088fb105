namespace LinkOverflow.Build.Help;

/// <summary>What the sources say of a cmdlet.</summary>
/// <param name="Name">Verb-Noun.</param>
/// <param name="Synopsis">What it does, in a sentence or two.</param>
/// <param name="Remarks">More of it, by paragraphs.</param>
/// <param name="Parameters">Its own parameters, in the order of their declaration, -WhatIf and -Confirm where it has them.</param>
/// <param name="Examples">Examples, each of which a test runs.</param>
/// <param name="Outputs">The types that it emits.</param>
internal sealed record CmdletHelp(
    string Name,
    string Synopsis,
    IReadOnlyList<string> Remarks,
    IReadOnlyList<ParameterHelp> Parameters,
    IReadOnlyList<ExampleHelp> Examples,
    IReadOnlyList<string> Outputs)
{
    /// <summary>The parameter sets' names; one that all parameters are in has none.</summary>
    public IReadOnlyList<string> Sets
    {
        get
        {
            string[] named = [.. Parameters.SelectMany(p => p.Uses).Select(u => u.Set).Where(s => s != ParameterUse.AllSets).Distinct(StringComparer.Ordinal)];
            return named.Length > 0 ? named : [ParameterUse.AllSets];
        }
    }

    /// <summary>A set's parameters as people type them: by position, then the mandatory ones, then the rest.</summary>
    public IEnumerable<(ParameterHelp Parameter, ParameterUse Use)> InSet(string set) => Parameters
        .Select(p => (Parameter: p, Use: p.Uses.FirstOrDefault(u => u.Set == set || u.Set == ParameterUse.AllSets)))
        .Where(p => p.Use is not null)
        .Select(p => (p.Parameter, p.Use!))
        .OrderBy(p => p.Item2.Position ?? int.MaxValue)
        .ThenBy(p => !p.Item2.Mandatory);
}

/// <summary>A parameter.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, as people write it.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Values">What it may be, where only some words can.</param>
/// <param name="Uses">How it is used, by parameter set.</param>
internal sealed record ParameterHelp(
    string Name, string Type, string Description, IReadOnlyList<string> Values, IReadOnlyList<ParameterUse> Uses)
{
    public bool IsSwitch => Type == "SwitchParameter";
}

/// <summary>How a parameter is used in a parameter set.</summary>
/// <param name="Set">The set's name.</param>
/// <param name="Mandatory">Whether it has to be there.</param>
/// <param name="Position">Where it can stand without its name, from 0; null: only by its name.</param>
/// <param name="Pipeline">false, true (ByValue), true (ByPropertyName), or both.</param>
internal sealed record ParameterUse(string Set, bool Mandatory, int? Position, string Pipeline)
{
    public const string AllSets = "__AllParameterSets";
}

/// <summary>An example.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Code">The commands.</param>
internal sealed record ExampleHelp(string Title, string Code);
