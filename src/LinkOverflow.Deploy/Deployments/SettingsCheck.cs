using System.Text.Json.Serialization;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>What a check came to.</summary>
public enum CheckStatus
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Odd, though nothing stops for it.</summary>
    Warning,

    /// <summary>A deployment would be refused.</summary>
    Error,

    /// <summary>Not looked at, because of an error before it or because EC2 was to be left out.</summary>
    Skipped,
}

/// <summary>One line of the checklist.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="Status">What it came to.</param>
/// <param name="Id">The error's id, one of <see cref="ErrorId"/>; null where all is well.</param>
/// <param name="File">The file it is about, or null.</param>
/// <param name="Line">The line in it, or null.</param>
/// <param name="Message">What was found.</param>
/// <param name="Fix">What to do about it, or null.</param>
public sealed record SettingsCheck(
    string Check, CheckStatus Status, string? Id, string? File, int? Line, string Message, string? Fix)
{
    /// <summary>The line's text for a checklist: what was found; of a problem also its place, what to do, and its id.</summary>
    [JsonIgnore]
    public string Finding => Id is null ? Message : ToProblem().ToString();

    internal static SettingsCheck Fine(string check, string? file, string message) => new(check, CheckStatus.Ok, null, file, null, message, null);

    internal static SettingsCheck Skipped(string check, string why) => new(check, CheckStatus.Skipped, null, null, null, why, null);

    internal static SettingsCheck Of(string check, Problem problem, string? file) => new(
        check,
        problem.Severity == Severity.Error ? CheckStatus.Error : CheckStatus.Warning,
        problem.Id,
        problem.File ?? file,
        problem.Line,
        problem.Message,
        problem.Fix);

    internal Problem ToProblem() =>
        new(Id!, Message, Fix, File, Line, Status == CheckStatus.Error ? Severity.Error : Severity.Warning);
}
