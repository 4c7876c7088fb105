using System.Collections.Immutable;
using System.Diagnostics;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>A new release for a running deployment, in waves: the first wave with a bad host is the last one.</summary>
public sealed class Rollout
{
    private static readonly ImmutableDictionary<string, TimeSpan> Running =
        ((Stage[])[Stage.Pending, Stage.Booting, Stage.Reachable, Stage.Configured]).ToImmutableDictionary(s => s.ToString(), _ => TimeSpan.Zero, StringComparer.Ordinal);

    private readonly ICloud _cloud;
    private readonly Action<DeploymentEvent> _events;
    private readonly HostFailures _failures;

    /// <param name="cloud">The cloud of the deployment.</param>
    /// <param name="events">Where events go; called from any thread.</param>
    public Rollout(ICloud cloud, Action<DeploymentEvent> events)
    {
        _cloud = cloud;
        _failures = new HostFailures(events);
        _events = _failures.Show;
    }

    /// <summary>Publishes the plan's project on the deployment's hosts.</summary>
    /// <param name="plan">A plan of a deployment that is there.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Stops the work; each host has either release whole.</param>
    /// <returns>The hosts that were worked on, as they are in the end.</returns>
    /// <exception cref="DeployException">DeploymentNotFound, DeploymentLocked. A failure of one host is in the result.</exception>
    public async Task<DeploymentResult> RunAsync(DeploymentPlan plan, RolloutOptions options, CancellationToken cancellationToken)
    {
        var started = DateTime.UtcNow;
        var clock = Stopwatch.StartNew();
        var archive = await ProjectArchive.PackAsync(plan.Project, cancellationToken);
        await using var held = await DeploymentLock.TakeAsync(
            _cloud, plan.Deployment, plan.Config.SubnetId, options.BreakLock, _events, cancellationToken);
        var hosts = await HostsAsync(plan, cancellationToken);
        var done = new List<Updated>();
        var waves = hosts.Chunk(Math.Max(1, options.Serial)).ToArray();
        for (var wave = 0; wave < waves.Length && _failures.IsEmpty; wave++)
        {
            _events(new DeploymentEvent(
                EventKind.Information, $"wave {wave + 1} of {waves.Length}: {string.Join(", ", waves[wave].Select(i => i.Name))} to release {archive.ReleaseId}"));
            done.AddRange(await Task.WhenAll(waves[wave].Select(i => UpdateAsync(i, plan, archive, cancellationToken))));
        }

        var untouched = hosts.Skip(done.Count).Select(i => i.Name).ToArray();
        if (!_failures.IsEmpty)
        {
            _events(new DeploymentEvent(
                EventKind.Warning, $"stopped at the first bad wave{(untouched.Length == 0 ? "" : $"; untouched: {string.Join(", ", untouched)}")}"));
            if (options.OnFailure == RolloutFailureAction.Rollback)
            {
                done = [.. await Task.WhenAll(done.Select(u => PutBackAsync(u, plan, archive, cancellationToken)))];
            }
        }

        return new DeploymentResult
        {
            Deployment = plan.Deployment,
            Project = plan.Project.Name,
            Requested = hosts.Count,
            Minimum = hosts.Count,
            Instances = [.. done.Select(u => u.Instance)],
            Failures = _failures.All,
            Started = started,
            Elapsed = clock.Elapsed,
            Release = archive.ReleaseId,
            Region = _cloud.Region,
            Untouched = untouched,
        };
    }

    private async Task<IReadOnlyList<LOInstance>> HostsAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        var found = await Found.LookAsync(_cloud, plan, cancellationToken);
        if (found.Instances.Count == 0)
        {
            throw new DeployException(
                ErrorId.DeploymentNotFound, $"No instance in region {_cloud.Region} carries the tag of deployment {plan.Deployment}.", "Get-LODeployment lists those that are there.");
        }

        var inventory = new Inventory(_cloud, plan.Settings, plan.Config.File) { HostKeyPolicy = plan.HostKeyPolicy };
        var hosts = await Task.WhenAll(found.Instances.Select(i => inventory.WithHostKeyAsync(i, cancellationToken)));
        return [.. hosts.InNameOrder(i => i.Name)];
    }

    private async Task<Updated> UpdateAsync(LOInstance host, DeploymentPlan plan, ProjectArchive archive, CancellationToken cancellationToken)
    {
        string? before = null;

        // Its wave's turn has come; what made it a running host is behind it.
        host = host with { Begun = DateTime.UtcNow, Reached = Running };
        try
        {
            if (host.LoginCommand is null)
            {
                throw new DeployException(ErrorId.InstanceUnreachable, $"{host.Name} ({host.InstanceId}) is {host.State} and has no address.");
            }

            before = (await HostState.AskAsync(host, cancellationToken)).Release;
            var updated = await PublishStep.RunAsync(host, plan.Project, archive, plan.Config, _events, cancellationToken);
            return new Updated(updated, before);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return new Updated(_failures.Add(host, e), before);
        }
    }

    private async Task<Updated> PutBackAsync(Updated updated, DeploymentPlan plan, ProjectArchive archive, CancellationToken cancellationToken)
    {
        // A host that failed has put itself back; one that had the release before has nothing to go back to.
        if (updated.Instance.Stage != Stage.Healthy || updated.Before is not { } before || before == archive.ReleaseId)
        {
            return updated;
        }

        try
        {
            var back = await UndoStep.RunAsync(updated.Instance, before, database: false, plan.Config, _events, cancellationToken);
            return updated with { Instance = back };
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return updated with { Instance = _failures.Add(updated.Instance, e) };
        }
    }

    /// <summary>A host that was worked on, and the release that it had before.</summary>
    private sealed record Updated(LOInstance Instance, string? Before);
}
