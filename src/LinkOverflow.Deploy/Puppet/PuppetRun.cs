namespace LinkOverflow.Deploy.Puppet;

/// <summary>What a Puppet run came to, from Puppet's own report (puppet.com/docs/puppet/7/format_report.html).</summary>
public sealed record PuppetRun
{
    /// <summary>Puppet's version.</summary>
    public string Version { get; init; } = "";

    /// <summary>changed, unchanged or failed.</summary>
    public string Status { get; init; } = "";

    /// <summary>Whether it was asked to change nothing; then <see cref="Changed"/> holds what it would change.</summary>
    public bool NoOp { get; init; }

    /// <summary>How many resources the catalog has.</summary>
    public int Resources { get; init; }

    /// <summary>The resources that were changed.</summary>
    public IReadOnlyList<PuppetResource> Changed { get; init; } = [];

    /// <summary>The resources that failed.</summary>
    public IReadOnlyList<PuppetResource> Failed { get; init; } = [];

    /// <summary>The resources that were skipped, mostly because one that they need failed.</summary>
    public IReadOnlyList<PuppetResource> Skipped { get; init; } = [];

    /// <summary>How long the run took, in seconds.</summary>
    public double? Seconds { get; init; }

    /// <summary>The seconds by resource type and by phase, such as package and config_retrieval, as Puppet counts them.</summary>
    public IReadOnlyDictionary<string, double> SecondsByType { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>One line for a table.</summary>
    public override string ToString() =>
        NoOp ? $"{Version} would change {Changed.Count} of {Resources}" : $"{Version} {Status} ({Changed.Count} of {Resources} changed)";
}

/// <summary>A resource that a run has something to say of.</summary>
/// <param name="Resource">Type[title].</param>
/// <param name="Message">Puppet's messages.</param>
public sealed record PuppetResource(string Resource, string Message)
{
    /// <summary>Both in a line.</summary>
    public override string ToString() => Message.Length == 0 ? Resource : $"{Resource}: {Message}";
}
