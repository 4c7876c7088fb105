using System.Diagnostics;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>One deployment: every instance goes from boot to health on its own, none waits for another.</summary>
public sealed class Deployment
{
    private readonly ICloud _cloud;
    private readonly Action<DeploymentEvent> _events;
    private readonly HostFailures _failures;

    /// <param name="cloud">The cloud to launch in.</param>
    /// <param name="events">Where events go; called from any thread.</param>
    public Deployment(ICloud cloud, Action<DeploymentEvent> events)
    {
        _cloud = cloud;
        _failures = new HostFailures(events);
        _events = _failures.Show;
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

        var archive = await ProjectArchive.PackAsync(plan.Project, cancellationToken);

        // A new deployment's id is known to nobody yet, so its lock can wait until something runs that others could find.
        await using var resumed = plan.Resumes ? await LockAsync(plan, options, cancellationToken) : null;
        var found = plan.Resumes ? await Found.LookAsync(_cloud, plan, cancellationToken) : Found.Nothing;
        plan = plan.Count > 0 ? plan : plan with { Count = found.Count ?? throw NotFound(plan) };
        var missing = plan.Count - found.Instances.Count;
        _events(new DeploymentEvent(
            EventKind.Information,
            plan.Resumes
                ? $"goes on with deployment {plan.Deployment}: {found.Instances.Count} of {plan.Count} instances are there"
                : $"deployment {plan.Deployment}: {plan.Count} x {plan.Config.InstanceType} of {plan.Config.ImageId} in {plan.Settings.Zone ?? plan.Settings.Region}"));
        await LetInAsync(plan, found, cancellationToken);
        var provisioning = new Provisioning(_cloud, _events);
        var launched = missing > 0
            ? await provisioning.LaunchAsync(plan with { Found = found, Count = missing, Minimum = Math.Clamp(plan.Minimum - found.Instances.Count, 1, missing) }, cancellationToken)
            : [];
        await using var held = plan.Resumes ? null : await LockAsync(plan, options, cancellationToken);

        var work = new HostWork(plan, archive, _events);
        using var throttle = new SemaphoreSlim(options.ThrottleLimit);
        var instances = await Task.WhenAll(found.Instances.Select(i => (Instance: i, IsNew: false)).Concat(launched.Select(i => (Instance: i, IsNew: true))).Select(async start =>
        {
            var instance = start.Instance;
            try
            {
                instance = await work.BootAsync(provisioning, instance, start.IsNew ? null : started, cancellationToken);
                await throttle.WaitAsync(cancellationToken);
                try
                {
                    instance = await work.CompleteAsync(instance, start.IsNew, cancellationToken);
                }
                finally
                {
                    throttle.Release();
                }

                options.Healthy?.Invoke(instance);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // The others go on; this one's failure is reported with its own words.
                instance = _failures.Add(instance, e);
            }
            catch (DeployException)
            {
                // Ctrl+C at a terminal reaches the ssh processes, too: what they say then is no failure of the host.
                throw new OperationCanceledException(cancellationToken);
            }

            return instance;
        }));

        var result = new DeploymentResult
        {
            Deployment = plan.Deployment,
            Project = plan.Project.Name,
            Requested = Math.Max(plan.Count, instances.Length),
            Minimum = plan.Minimum,
            Instances = [.. instances.InNameOrder(i => i.Name)],
            Failures = _failures.All,
            Started = started,
            Elapsed = clock.Elapsed,
            Release = archive.ReleaseId,
            Region = _cloud.Region,
        };
        return options.OnFailure == FailureAction.Remove && result.Failures.Count > 0
            ? result with { Removed = await RemoveFailedAsync(result, cancellationToken) }
            : result;
    }

    private async Task<DeploymentLock?> LockAsync(DeploymentPlan plan, DeploymentOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await DeploymentLock.TakeAsync(_cloud, plan.Deployment, plan.Config.SubnetId, options.BreakLock, _events, cancellationToken);
        }
        catch (DeployException e) when (e.Id != ErrorId.DeploymentLocked)
        {
            // Not everybody may make security groups; the work itself needs none.
            _events(new DeploymentEvent(EventKind.Warning, $"the deployment cannot be locked, so nobody else is kept from it: {e.Problems[0].Message}"));
            return null;
        }
    }

    /// <summary>Whoever resumes may come from another address than whoever launched; what is there already lets the former in, too.</summary>
    private async Task LetInAsync(DeploymentPlan plan, Found found, CancellationToken cancellationToken)
    {
        if (found.Group is null || found.Instances.Count == 0)
        {
            return;
        }

        try
        {
            if ((await LaunchPlan.MakeAsync(plan, cancellationToken)).OwnGroup is { } own)
            {
                await _cloud.OpenSecurityGroupAsync(found.Group, own.Ports, cancellationToken);
            }
        }
        catch (DeployException e)
        {
            // Most come from where they came before, and the hosts tell where not.
            _events(new DeploymentEvent(EventKind.Warning, $"the security group {found.Group} could not be opened to this machine: {e.Problems[0].Message}"));
        }
    }

    private static DeployException NotFound(DeploymentPlan plan) => new(
        ErrorId.DeploymentNotFound,
        $"No instance carries the tag of deployment {plan.Deployment}, so how many there have to be is unknown.",
        "Look for its id with Get-LODeployment; if it was interrupted before its launch, say how many: -Count, or launch PROJECT COUNT --resume ID.");

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
