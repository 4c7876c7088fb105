namespace LinkOverflow.Deploy.Puppet;

/// <summary>What a Puppet run came to, from Puppet's own report (puppet.com/docs/puppet/7/format_report.html).</summary>
public sealed record PuppetRun
{
    /// <summary>Puppet's version.</summary>
    public string Version { get; init; } = "";

    /// <summary>changed, unchanged or failed.</summary>
    public string Status { get; init; } = "";

    /// <summary>How many resources the catalog has.</summary>
    public int Resources { get; init; }

    /// <summary>The resources that were changed, as Type[title].</summary>
    public IReadOnlyList<string> Changed { get; init; } = [];

    /// <summary>The resources that failed, with Puppet's messages.</summary>
    public IReadOnlyList<PuppetFailure> Failed { get; init; } = [];

    /// <summary>The resources that were skipped because one they need failed.</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];

    /// <summary>How long the run took, in seconds.</summary>
    public double? Seconds { get; init; }

    /// <summary>One line for a table.</summary>
    public override string ToString() => $"{Version} {Status} ({Changed.Count} of {Resources} changed)";
}

/// <summary>A resource that failed.</summary>
/// <param name="Resource">Type[title].</param>
/// <param name="Message">Puppet's message.</param>
public sealed record PuppetFailure(string Resource, string Message);
