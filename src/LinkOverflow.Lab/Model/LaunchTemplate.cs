namespace LinkOverflow.Lab.Model;

/// <summary>A launch template.</summary>
/// <param name="Id">lt-...</param>
/// <param name="Name">Its name.</param>
/// <param name="Created">When it was made.</param>
/// <param name="DefaultVersion">The version that a launch takes which names none.</param>
/// <param name="LastNumber">The highest number that a version ever had; it is given once.</param>
/// <param name="Versions">Those that are there, the oldest first; never empty.</param>
internal sealed record LaunchTemplate(string Id, string Name, DateTimeOffset Created, int DefaultVersion, int LastNumber, IReadOnlyList<LaunchTemplateVersion> Versions)
{
    public LaunchTemplateVersion Latest => Versions[^1];
}

/// <summary>One version of a launch template.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Description">What for; null for none.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Data">Parameters of RunInstances, by their names.</param>
internal sealed record LaunchTemplateVersion(int Number, string? Description, DateTimeOffset Created, IReadOnlyDictionary<string, string> Data);
