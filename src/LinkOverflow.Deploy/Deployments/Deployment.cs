using System.Collections.Concurrent;
using System.Diagnostics;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Puppet;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>One deployment: every instance goes from boot to health on its own, none waits for another.</summary>
/// <param name="cloud">The cloud to launch in.</param>
/// <param name="events">Where events go; called from any thread.</param>
public sealed class Deployment(ICloud cloud, Action<DeploymentEvent> events)
{
    /// <summary>Carries a plan out.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="healthy">Called with each instance the moment it is healthy, from any thread.</param>
    /// <param name="cancellationToken">Stops the work; instances that are there stay, and are found by their tags.</param>
    /// <exception cref="DeployException">Nothing could be launched at all. A failure of one instance is in the result.</exception>
    public async Task<DeploymentResult> RunAsync(
        DeploymentPlan plan, Action<LOInstance>? healthy = null, CancellationToken cancellationToken = default)
    {
        var clock = Stopwatch.StartNew();
        foreach (var warning in plan.Warnings)
        {
            events(new DeploymentEvent(EventKind.Warning, warning.ToString()));
        }

        events(new DeploymentEvent(
            EventKind.Information,
            $"deployment {plan.Deployment}: {plan.Count} x {plan.Config.InstanceType} of {plan.Config.ImageId} in {plan.Settings.Zone ?? plan.Settings.Region}"));
        var archive = await ProjectArchive.PackAsync(plan.Project, cancellationToken);
        var provisioning = new Provisioning(cloud, events);
        var launched = await provisioning.LaunchAsync(plan, cancellationToken);

        var failures = new ConcurrentBag<InstanceFailure>();
        var instances = await Task.WhenAll(launched.Select(async pending =>
        {
            var instance = pending;
            try
            {
                instance = await provisioning.WaitUntilReachableAsync(instance, plan.Config.BootTimeout, cancellationToken);
                // The files travel while Puppet works; when both fail, Puppet's is the error that tells more.
                var configuring = PuppetStep.RunAsync(instance, plan.Config, events, cancellationToken);
                await Task.WhenAll(configuring, PublishStep.SendAsync(instance, plan.Project, archive, events, cancellationToken));
                instance = await PublishStep.ActivateAsync(await configuring, plan.Project, archive, plan.Config, events, cancellationToken);
                healthy?.Invoke(instance);
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // The others go on; this one's failure is reported with its own words.
                var id = e is DeployException known ? known.Id : ErrorId.Unexpected;
                var message = e is DeployException expected ? expected.Problems[0].Message : e.ToString();
                instance = (instance with { Health = id }).At(Stage.Failed);
                failures.Add(new InstanceFailure(instance, id, message));
                events(new DeploymentEvent(EventKind.Failed, $"{message} [{id}]", instance));
            }

            return instance;
        }));

        return new DeploymentResult
        {
            Deployment = plan.Deployment,
            Project = plan.Project.Name,
            Requested = plan.Count,
            Minimum = plan.Minimum,
            Instances = instances,
            Failures = [.. failures.OrderBy(f => f.Instance.Name, StringComparer.Ordinal)],
            Elapsed = clock.Elapsed,
            Release = archive.ReleaseId,
        };
    }
}
