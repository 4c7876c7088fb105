using System.Collections.Concurrent;
using System.Diagnostics;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Puppet;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>One deployment: every instance goes from boot to health on its own, none waits for another.</summary>
public sealed class Deployment
{
    private readonly ICloud _cloud;
    private readonly Action<DeploymentEvent> _events;
    private readonly HostLogs _logs = new();

    /// <param name="cloud">The cloud to launch in.</param>
    /// <param name="events">Where events go; called from any thread.</param>
    public Deployment(ICloud cloud, Action<DeploymentEvent> events)
    {
        _cloud = cloud;
        _events = happened =>
        {
            _logs.Add(happened);
            events(happened);
        };
    }

    /// <summary>Carries a plan out.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Stops the work; instances that are there stay, and are found by their tags.</param>
    /// <exception cref="DeployException">Nothing could be launched at all. A failure of one instance is in the result.</exception>
    public async Task<DeploymentResult> RunAsync(DeploymentPlan plan, DeploymentOptions options, CancellationToken cancellationToken)
    {
        var started = DateTime.UtcNow;
        var clock = Stopwatch.StartNew();
        foreach (var warning in plan.Warnings)
        {
            _events(new DeploymentEvent(EventKind.Warning, warning.ToString()));
        }

        _events(new DeploymentEvent(
            EventKind.Information,
            $"deployment {plan.Deployment}: {plan.Count} x {plan.Config.InstanceType} of {plan.Config.ImageId} in {plan.Settings.Zone ?? plan.Settings.Region}"));
        var archive = await ProjectArchive.PackAsync(plan.Project, cancellationToken);
        var provisioning = new Provisioning(_cloud, _events);
        var launched = await provisioning.LaunchAsync(plan, cancellationToken);

        using var throttle = new SemaphoreSlim(options.ThrottleLimit);
        var failures = new ConcurrentBag<InstanceFailure>();
        var instances = await Task.WhenAll(launched.Select(async pending =>
        {
            var instance = pending;
            try
            {
                instance = await provisioning.WaitUntilReachableAsync(instance, plan.Config.BootTimeout, cancellationToken);
                await throttle.WaitAsync(cancellationToken);
                try
                {
                    // The files travel while Puppet works; when both fail, Puppet's is the error that tells more.
                    var configuring = PuppetStep.RunAsync(instance, plan.Config, noOp: false, _events, cancellationToken);
                    await Task.WhenAll(configuring, PublishStep.SendAsync(instance, plan.Project, archive, _events, cancellationToken));
                    instance = await PublishStep.ActivateAsync(await configuring, plan.Project, archive, plan.Config, _events, cancellationToken);
                }
                finally
                {
                    throttle.Release();
                }

                options.Healthy?.Invoke(instance);
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // The others go on; this one's failure is reported with its own words.
                var failure = Failure(instance, e);
                instance = failure.Instance;
                failures.Add(failure);
            }

            return instance;
        }));

        var result = new DeploymentResult
        {
            Deployment = plan.Deployment,
            Project = plan.Project.Name,
            Requested = plan.Count,
            Minimum = plan.Minimum,
            Instances = instances,
            Failures = [.. failures.OrderBy(f => f.Instance.Name, StringComparer.Ordinal)],
            Started = started,
            Elapsed = clock.Elapsed,
            Release = archive.ReleaseId,
            Region = _cloud.Region,
        };
        return options.OnFailure == FailureAction.Remove && result.Failures.Count > 0
            ? result with { Removed = await RemoveFailedAsync(result, cancellationToken) }
            : result;
    }

    private InstanceFailure Failure(LOInstance instance, Exception e)
    {
        var id = e is DeployException known ? known.Id : ErrorId.Unexpected;
        var message = e is DeployException expected ? expected.Problems[0].Message : e.ToString();
        var failed = (instance with { Health = id }).At(Stage.Failed);
        _events(new DeploymentEvent(EventKind.Failed, $"{message} [{id}]", failed));
        return new InstanceFailure(failed, id, message, _logs.Tail(failed));
    }

    private async Task<IReadOnlyList<string>> RemoveFailedAsync(DeploymentResult result, CancellationToken cancellationToken)
    {
        if (!result.Success)
        {
            _events(new DeploymentEvent(
                EventKind.Information, $"{result.Healthy.Count} of at least {result.Minimum} are healthy: the deployment is removed"));
            return await new Removal(_cloud).RemoveAsync(result.Deployment, cancellationToken);
        }

        string[] failed = [.. result.Failed.Select(i => i.InstanceId)];
        _events(new DeploymentEvent(EventKind.Information, $"failed instances are removed: {string.Join(", ", failed)}"));
        await _cloud.TerminateInstancesAsync(failed, cancellationToken);
        return failed;
    }
}
