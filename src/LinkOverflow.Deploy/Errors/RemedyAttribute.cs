namespace LinkOverflow.Deploy.Errors;

/// <summary>Where an error comes from and what to do about it, beside its id; what it means is the id's own summary. docs/errors.md is made of both.</summary>
/// <param name="cause">What usually leads to it.</param>
/// <param name="fix">What to do next.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class RemedyAttribute(string cause, string fix) : Attribute
{
    /// <summary>What usually leads to it.</summary>
    public string Cause { get; } = cause;

    /// <summary>What to do next.</summary>
    public string Fix { get; } = fix;
}
