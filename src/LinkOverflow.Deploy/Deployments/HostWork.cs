using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Puppet;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>All that is done on one host of a deployment, from boot to health, less what is done already.</summary>
internal sealed class HostWork(DeploymentPlan plan, ProjectArchive archive, Action<DeploymentEvent> events)
{
    private static readonly TimeSpan ProbeTime = TimeSpan.FromSeconds(5);

    /// <summary>Waits until an instance can be logged in to.</summary>
    /// <param name="provisioning">The watch that all instances share.</param>
    /// <param name="instance">The instance.</param>
    /// <param name="resumed">When the resumption began that found it, or null: it was just launched.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<LOInstance> BootAsync(Provisioning provisioning, LOInstance instance, DateTime? resumed, CancellationToken cancellationToken)
    {
        // What was launched before gets the same time again, from now on.
        var timeout = plan.Config.BootTimeout + (resumed - instance.Launched ?? TimeSpan.Zero);
        return await provisioning.WaitUntilReachableAsync(instance, timeout, cancellationToken);
    }

    /// <summary>Puppet, publish and health.</summary>
    /// <param name="instance">An instance that can be logged in to.</param>
    /// <param name="isNew">Whether nobody can have worked on it.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<LOInstance> CompleteAsync(LOInstance instance, bool isNew, CancellationToken cancellationToken)
    {
        var state = isNew ? HostState.New : await HostState.AskAsync(instance, cancellationToken);
        var configuring = state.Applied is not null && state.Applied == await DesiredState.FingerprintAsync(instance.Project, plan.Config, cancellationToken)
            ? Task.FromResult(Done(instance.At(Stage.Configured), "Puppet has brought it to this state already"))
            : PuppetStep.RunAsync(instance, plan.Config, noOp: false, events, cancellationToken);
        if (state.Release == archive.ReleaseId && await IsHealthyAsync(await configuring, cancellationToken) is { } healthy)
        {
            return healthy;
        }

        // The files travel while Puppet works; when both fail, Puppet's is the error that tells more.
        await Task.WhenAll(configuring, PublishStep.SendAsync(instance, plan.Project, archive, events, cancellationToken));
        return await PublishStep.ActivateAsync(await configuring, plan.Project, archive, plan.Config, events, cancellationToken);
    }

    private async Task<LOInstance?> IsHealthyAsync(LOInstance instance, CancellationToken cancellationToken)
    {
        var url = $"http://{instance.Address}:{plan.Config.Port}/";
        return await HealthCheck.ProbeAsync(new Uri(new Uri(url), plan.Config.HealthPath), ProbeTime, cancellationToken) == HealthCheck.Ok
            ? Done((instance with { Release = archive.ReleaseId, Url = url, Health = HealthCheck.Ok }).At(Stage.Published).At(Stage.Healthy), $"serves release {archive.ReleaseId} already, at {url}")
            : null;
    }

    private LOInstance Done(LOInstance instance, string message)
    {
        events(new DeploymentEvent(EventKind.StepCompleted, message, instance));
        return instance;
    }
}
