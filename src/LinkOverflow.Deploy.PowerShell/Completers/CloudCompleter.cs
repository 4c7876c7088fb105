using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Lab;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>
/// Completes what EC2's tags tell of the deployments that are there, with the settings that the command line names so far. Whoever presses
/// Tab waits for a short time only, starts no lab, and is told of no error: then nothing is completed.
/// </summary>
public abstract class CloudCompleter : IArgumentCompleter
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var file = fakeBoundParameters["AwsSettings"] is string named ? FilePath(named) : null;

            // The pipeline thread has nothing else to do while somebody waits for a completion.
            var choices = FindAsync(fakeBoundParameters.Contains("Lab") || IsOfLab(commandAst), file, patience.Token).GetAwaiter().GetResult();
            return [.. choices.Where(c => c.CompletionText.StartsWith(wordToComplete, StringComparison.OrdinalIgnoreCase))];
        }
        catch (Exception e) when (e is DeployException or OperationCanceledException or IOException)
        {
            return [];
        }
    }

    /// <summary>What there is to choose from.</summary>
    /// <param name="instances">The instances of all deployments, the newest first.</param>
    /// <param name="inventory">Asks for what their tags do not tell.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    protected abstract Task<IEnumerable<CompletionResult>> CompleteAsync(
        IReadOnlyList<CloudInstance> instances, Inventory inventory, CancellationToken cancellationToken);

    /// <summary>One choice.</summary>
    protected static CompletionResult Choice(string text, string tip) => new(text, text, CompletionResultType.ParameterValue, tip);

    /// <summary>A tag's value, or nothing.</summary>
    protected static string Tag(CloudInstance instance, string key) => instance.Tags.GetValueOrDefault(key, "");

    // Get-LOInstance -Lab | Undo-LODjango: instances that flow in tell by themselves where they are.
    private static bool IsOfLab(CommandAst command) => command.Parent is PipelineAst pipeline
        && pipeline.PipelineElements.OfType<CommandAst>().SelectMany(c => c.CommandElements).OfType<CommandParameterAst>()
            .Any(p => p.ParameterName.Equals("Lab", StringComparison.OrdinalIgnoreCase));

    private static string FilePath(string path) => Runspace.DefaultRunspace is { } runspace
        ? runspace.SessionStateProxy.Path.GetUnresolvedProviderPathFromPSPath(path)
        : Path.GetFullPath(path);

    private async Task<IEnumerable<CompletionResult>> FindAsync(bool lab, string? file, CancellationToken cancellationToken)
    {
        var path = lab ? (await LocalLab.FindAsync(cancellationToken))?.Settings : file ?? Settings.AwsSettings.DefaultPath;
        if (path is null || Settings.AwsSettings.Read(path, []) is not { } settings)
        {
            return [];
        }

        using var cloud = new Ec2Cloud(settings);
        var found = await cloud.DescribeInstancesByTagAsync(DeploymentTags.Deployment, "*", cancellationToken);
        return await CompleteAsync(
            [.. found.Where(i => !i.IsGone).OrderByDescending(i => i.LaunchTime)], new Inventory(cloud, settings, null), cancellationToken);
    }
}

/// <summary>Completes a deployment's id, the newest first.</summary>
public sealed class DeploymentCompleter : CloudCompleter
{
    /// <inheritdoc/>
    protected override Task<IEnumerable<CompletionResult>> CompleteAsync(
        IReadOnlyList<CloudInstance> instances, Inventory inventory, CancellationToken cancellationToken) => Task.FromResult(instances
        .GroupBy(i => Tag(i, DeploymentTags.Deployment), StringComparer.Ordinal)
        .Select(d => Choice(d.Key, $"{d.Count()} instance(s) of {Tag(d.First(), DeploymentTags.Project)}, launched {d.Min(i => i.LaunchTime):yyyy-MM-dd HH:mm} by {Tag(d.First(), DeploymentTags.Owner)}")));
}

/// <summary>Completes an instance's id.</summary>
public sealed class InstanceCompleter : CloudCompleter
{
    /// <inheritdoc/>
    protected override Task<IEnumerable<CompletionResult>> CompleteAsync(
        IReadOnlyList<CloudInstance> instances, Inventory inventory, CancellationToken cancellationToken) => Task.FromResult(instances
        .Select(i => Choice(i.InstanceId, $"{Tag(i, DeploymentTags.Name)} of {Tag(i, DeploymentTags.Deployment)}, {i.State}")));
}

/// <summary>Completes the id of a release that some host holds, those to go back to first: the hosts themselves tell.</summary>
public sealed class ReleaseCompleter : CloudCompleter
{
    // Whoever presses Tab looks at few; an answer takes a login at most.
    private const int HostsAtMost = 10;
    private static readonly TimeSpan HostTime = TimeSpan.FromSeconds(3);

    /// <inheritdoc/>
    protected override async Task<IEnumerable<CompletionResult>> CompleteAsync(
        IReadOnlyList<CloudInstance> instances, Inventory inventory, CancellationToken cancellationToken) =>
        (await inventory.ReleasesAsync(instances.Take(HostsAtMost), HostTime, cancellationToken))
            .Where(r => r.Published is not null)
            .GroupBy(r => r.Release, StringComparer.Ordinal)
            .OrderBy(r => r.All(on => on.Current))
            .ThenByDescending(r => r.Max(on => on.Published))
            .Select(r => Choice(
                r.Key,
                $"published {r.Max(on => on.Published):yyyy-MM-dd HH:mm}: {string.Join(", ", r.InNameOrder(on => on.Instance).Select(on => on.Current ? $"{on.Instance} (in use)" : on.Instance))}"));
}
