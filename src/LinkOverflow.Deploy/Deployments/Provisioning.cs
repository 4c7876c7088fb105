using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>From a plan to instances that can be logged in to.</summary>
public sealed class Provisioning
{
    private readonly ICloud _cloud;
    private readonly Action<DeploymentEvent> _events;
    private readonly TimeProvider _time;

    /// <param name="cloud">The cloud to launch in.</param>
    /// <param name="events">Where events go.</param>
    public Provisioning(ICloud cloud, Action<DeploymentEvent> events)
        : this(cloud, events, TimeProvider.System)
    {
    }

    internal Provisioning(ICloud cloud, Action<DeploymentEvent> events, TimeProvider time)
    {
        _cloud = cloud;
        _events = events;
        _time = time;
    }

    /// <summary>Asks EC2 for the plan's instances and returns them while they boot: as many as it gave, at least the minimum.</summary>
    /// <exception cref="SettingsException">EC2 knows that the plan cannot work; nothing was started.</exception>
    /// <exception cref="DeployException">EC2 refused, or gave fewer than the minimum; nothing is left behind.</exception>
    public async Task<IReadOnlyList<LOInstance>> LaunchAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        var making = LaunchPlan.MakeAsync(plan, cancellationToken);
        await Checklist.ThrowUnlessCloudAgreesAsync(_cloud, plan.Settings, plan.Config, cancellationToken);
        var launched = _time.GetUtcNow().UtcDateTime;
        var instances = await new Launch(_cloud, _events, _time).RunAsync(await making, cancellationToken);
        var pending = instances
            .Select(instance =>
            {
                var read = InstanceTags.Read(instance, plan.Settings, plan.Config.File, plan.HostKeyPolicy) with { Launched = launched, Begun = launched };
                return (read with { IsNamed = instance.Tags.GetValueOrDefault(DeploymentTags.Name) == read.Name }).At(Stage.Pending);
            })
            .InNameOrder(i => i.Name)
            .ToArray();

        // In this order they are shown, too.
        foreach (var instance in pending)
        {
            _events(new DeploymentEvent(EventKind.StepStarted, $"launched as {instance.InstanceId}", instance));
        }

        return pending;
    }

    /// <summary>Waits until an instance runs, has proved its host key, and lets the key pair's holder in.</summary>
    /// <param name="instance">An instance that was launched.</param>
    /// <param name="timeout">How long that may take, from its launch.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="DeployException">InstanceUnreachable, with what was waited for and the last lines of its console; or HostKeyMismatch.</exception>
    public Task<LOInstance> WaitUntilReachableAsync(LOInstance instance, TimeSpan timeout, CancellationToken cancellationToken) =>
        new Boot(_cloud, _events, _time).WaitAsync(instance, timeout, cancellationToken);
}
