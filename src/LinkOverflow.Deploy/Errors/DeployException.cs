namespace LinkOverflow.Deploy.Errors;

/// <summary>An expected failure: its message is for the user as it stands, without a stack trace.</summary>
public class DeployException : Exception
{
    /// <summary>A failure with one problem.</summary>
    public DeployException(string id, string message, string? fix = null, Exception? inner = null)
        : this([new Problem(id, message, fix)], inner)
    {
    }

    /// <summary>A failure with all the problems that were found together.</summary>
    /// <param name="problems">At least one.</param>
    /// <param name="inner">What caused it, or null.</param>
    public DeployException(IReadOnlyList<Problem> problems, Exception? inner = null)
        : base(string.Join(Environment.NewLine, problems.Select(p => p.ToString())), inner)
    {
        Problems = problems;
    }

    /// <summary>All the problems; at least one.</summary>
    public IReadOnlyList<Problem> Problems { get; }

    /// <summary>The id of the first problem that is an error, one of <see cref="ErrorId"/>; warnings may come before it.</summary>
    public string Id => (Problems.FirstOrDefault(p => p.Severity == Severity.Error) ?? Problems[0]).Id;
}

/// <summary>What can be known wrong before anything is started: arguments, settings, files.</summary>
public sealed class SettingsException : DeployException
{
    /// <summary>All the problems of one check.</summary>
    public SettingsException(IReadOnlyList<Problem> problems)
        : base(problems)
    {
    }

    /// <summary>A single problem.</summary>
    public SettingsException(Problem problem)
        : base([problem])
    {
    }
}
