namespace LinkOverflow.Deploy.Errors;

/// <summary>How much a finding weighs.</summary>
public enum Severity
{
    /// <summary>Worth knowing; nothing stops for it.</summary>
    Warning,

    /// <summary>The run cannot go on.</summary>
    Error,
}

/// <summary>One thing that is wrong: what, where, and what to do about it.</summary>
/// <param name="Id">One of <see cref="ErrorId"/>.</param>
/// <param name="Message">What is wrong, in a sentence that names the thing.</param>
/// <param name="Fix">What to do next, or null where the message already says it.</param>
/// <param name="File">The file it stands in, or null.</param>
/// <param name="Line">The line in <paramref name="File"/>, counted from 1, or null.</param>
/// <param name="Severity">Error unless told otherwise.</param>
public sealed record Problem(
    string Id,
    string Message,
    string? Fix = null,
    string? File = null,
    int? Line = null,
    Severity Severity = Severity.Error)
{
    /// <summary>The problem in one line: place, message, fix and id.</summary>
    public override string ToString()
    {
        var place = File is null ? "" : Line is null ? $"{File}: " : $"{File}:{Line}: ";
        var fix = Fix is null ? "" : $" {Fix}";
        return $"{place}{Message}{fix} [{Id}]";
    }
}
