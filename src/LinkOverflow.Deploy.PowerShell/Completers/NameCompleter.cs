using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LinkOverflow.Deploy.Cloud.Ec2;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Completes one of the names that are known without asking AWS.</summary>
public abstract class NameCompleter : IArgumentCompleter
{
    /// <summary>All names.</summary>
    protected abstract IEnumerable<string> Names { get; }

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var word = wordToComplete.Trim('\'', '"');
        return Names
            .Where(name => name.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            .Select(name => new CompletionResult(
                name.Contains(' ', StringComparison.Ordinal) ? $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'" : name,
                name,
                CompletionResultType.ParameterValue,
                name));
    }
}

/// <summary>Completes a profile of ~/.aws.</summary>
public sealed class ProfileCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> Names => Ec2Names.Profiles();
}

/// <summary>Completes an AWS region.</summary>
public sealed class RegionCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> Names => Ec2Names.Regions();
}

/// <summary>Completes an EC2 instance type.</summary>
public sealed class InstanceTypeCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> Names => Ec2Names.InstanceTypes();
}
