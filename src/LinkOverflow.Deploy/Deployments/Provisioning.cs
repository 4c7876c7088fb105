using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>From a plan to instances that can be logged in to.</summary>
public sealed class Provisioning
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly ICloud _cloud;
    private readonly Action<DeploymentEvent> _events;
    private readonly InstanceWatch _watch;

    /// <param name="cloud">The cloud to launch in.</param>
    /// <param name="events">Where events go.</param>
    public Provisioning(ICloud cloud, Action<DeploymentEvent> events)
    {
        _cloud = cloud;
        _events = events;
        _watch = new InstanceWatch(cloud);
    }

    /// <summary>Asks EC2 for the plan's instances and returns them while they boot: as many as it gave, at least the minimum.</summary>
    /// <exception cref="SettingsException">EC2 knows that the plan cannot work; nothing was started.</exception>
    /// <exception cref="DeployException">EC2 refused; nothing is left behind.</exception>
    public async Task<IReadOnlyList<LOInstance>> LaunchAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        await Checklist.ThrowUnlessCloudAgreesAsync(_cloud, plan.Settings, plan.Config, cancellationToken);
        var launched = DateTime.UtcNow;
        var tags = Tags(plan);
        string? ownGroup = null;
        IReadOnlyList<CloudInstance> instances;
        try
        {
            var group = plan.Config.SecurityGroup is { } existing
                ? await _cloud.FindSecurityGroupAsync(existing, cancellationToken)
                : ownGroup = await _cloud.CreateSecurityGroupAsync(OwnGroup(plan, tags), cancellationToken);
            var request = new LaunchRequest
            {
                ImageId = plan.Config.ImageId,
                InstanceType = plan.Config.InstanceType,
                MinimumCount = plan.Minimum,
                MaximumCount = plan.Count,
                KeyPair = plan.Settings.KeyPair,
                SecurityGroupId = group,
                ClientToken = plan.Deployment,
                Tags = tags,
                Zone = plan.Config.SubnetId is null ? plan.Settings.Zone : null,
                SubnetId = plan.Config.SubnetId,
                VolumeSize = plan.Config.VolumeSize,
            };

            // Not to be interrupted: an answer that nobody waits for would leave instances that nobody knows of until they are looked up by tag.
            instances = await _cloud.RunInstancesAsync(request, CancellationToken.None);
        }
        catch when (ownGroup is not null)
        {
            try
            {
                await _cloud.DeleteSecurityGroupAsync(ownGroup, CancellationToken.None);
            }
            catch (DeployException e)
            {
                // Why the launch was refused matters more.
                _events(new DeploymentEvent(EventKind.Warning, $"the security group {ownGroup} is left: {e.Problems[0].Message}"));
            }

            throw;
        }

        if (instances.Count < plan.Count)
        {
            _events(new DeploymentEvent(EventKind.Warning, $"EC2 gave {instances.Count} of {plan.Count} instances; the deployment goes on with these."));
        }

        return
        [
            .. instances.OrderBy(i => i.InstanceId, StringComparer.Ordinal).Select((instance, index) =>
            {
                var pending = new LOInstance
                {
                    Deployment = plan.Deployment,
                    Project = plan.Project.Name,
                    Name = $"{plan.Project.Name}-{index + 1}",
                    InstanceId = instance.InstanceId,
                    PublicIp = instance.PublicIp,
                    PrivateIp = instance.PrivateIp,
                    Zone = instance.Zone,
                    InstanceType = instance.InstanceType,
                    ImageId = instance.ImageId,
                    SshUser = plan.Config.SshUser,
                    KeyFile = plan.Settings.KeyFile,
                    InstanceConfig = plan.Config.File,
                    PublicAddress = plan.Config.PublicAddress,
                    Launched = launched,
                }.At(Stage.Pending);
                _events(new DeploymentEvent(EventKind.StepStarted, $"launched as {pending.InstanceId}", pending));
                return pending;
            }),
        ];
    }

    /// <summary>Waits until an instance runs, has printed its host key to its console, and lets the key pair's holder in.</summary>
    /// <param name="instance">An instance that was launched.</param>
    /// <param name="timeout">How long that may take, from its launch.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="DeployException">InstanceUnreachable, with what was waited for; or HostKeyMismatch.</exception>
    public async Task<LOInstance> WaitUntilReachableAsync(LOInstance instance, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var left = instance.Launched + timeout - DateTime.UtcNow;
        deadline.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        var waitingFor = "EC2 to run it";
        try
        {
            var running = await _watch.WaitAsync(
                instance.InstanceId, i => i.IsEnding || (i.State == "running" && (instance.PublicAddress ? i.PublicIp : i.PrivateIp) is not null), deadline.Token);
            ThrowIfEnding(instance, running);
            var ending = _watch.WaitAsync(instance.InstanceId, i => i.IsEnding, deadline.Token);
            instance = (instance with
            {
                PublicIp = running.PublicIp, PrivateIp = running.PrivateIp, Zone = running.Zone, ImageId = running.ImageId,
            }).At(Stage.Booting);
            _events(new DeploymentEvent(EventKind.StepCompleted, $"runs at {instance.Address}", instance));

            await NameAsync(instance, deadline.Token);
            waitingFor = "its host key on the console";
            var keys = await HostKeysAsync(instance, ending, deadline.Token);
            HostKeys.Remember(instance.Ssh().KnownHosts, instance.InstanceId, keys);

            waitingFor = $"a login as {instance.SshUser} at {instance.Address}";
            await LoginAsync(instance, ending, said => waitingFor = $"a login as {instance.SshUser} at {instance.Address} ({said})", deadline.Token);
            instance = (instance with { HostKey = keys[0] }).At(Stage.Reachable);
            _events(new DeploymentEvent(EventKind.StepCompleted, "can be logged in to", instance));
            return instance;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DeployException(
                ErrorId.InstanceUnreachable,
                $"{instance.Name} ({instance.InstanceId}) was not reachable within {timeout.TotalSeconds:0} s; it was waited for {waitingFor}.",
                "Look at its console output and its security group; BootTimeout in instance.config sets the limit.");
        }
        finally
        {
            // Ends the watch for the instance's end, which would go on asking EC2.
            await deadline.CancelAsync();
        }
    }

    /// <summary>RunInstances gives all its instances the same tags; which is which is said once they are there.</summary>
    private async Task NameAsync(LOInstance instance, CancellationToken cancellationToken)
    {
        try
        {
            await _cloud.TagInstanceAsync(instance.InstanceId, DeploymentTags.Name, instance.Name, cancellationToken);
        }
        catch (DeployException e)
        {
            _events(new DeploymentEvent(EventKind.Warning, $"its Name tag could not be set: {e.Problems[0].Message}", instance));
        }
    }

    private async Task<IReadOnlyList<string>> HostKeysAsync(LOInstance instance, Task<CloudInstance> ending, CancellationToken cancellationToken)
    {
        for (var pause = TimeSpan.FromMilliseconds(300); ; pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause)
        {
            if (HostKeys.FromConsole(await _cloud.GetConsoleOutputAsync(instance.InstanceId, cancellationToken)) is { Count: > 0 } keys)
            {
                return keys;
            }

            await Task.Delay(pause, cancellationToken);
            await ThrowIfEndingAsync(instance, ending);
        }
    }

    private static async Task LoginAsync(LOInstance instance, Task<CloudInstance> ending, Action<string> said, CancellationToken cancellationToken)
    {
        for (var pause = TimeSpan.FromMilliseconds(200); ; pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause)
        {
            try
            {
                await SshConnections.GetAsync(instance.Ssh(), cancellationToken);
                return;
            }
            catch (DeployException e) when (e.Id == ErrorId.ConnectionFailed)
            {
                said(e.Problems[0].Message);
            }

            await Task.Delay(pause, cancellationToken);
            await ThrowIfEndingAsync(instance, ending);
        }
    }

    private static async Task ThrowIfEndingAsync(LOInstance instance, Task<CloudInstance> ending)
    {
        if (ending.IsCompleted)
        {
            ThrowIfEnding(instance, await ending);
        }
    }

    private static void ThrowIfEnding(LOInstance instance, CloudInstance seen)
    {
        if (seen.IsEnding)
        {
            throw new DeployException(
                ErrorId.InstanceUnreachable,
                $"{instance.Name} ({instance.InstanceId}) ended while it was booting: it is {seen.State}{(seen.StateReason is null ? "" : $", {seen.StateReason}")}.");
        }
    }

    private static SecurityGroupRequest OwnGroup(DeploymentPlan plan, Dictionary<string, string> tags) => new(
        plan.Deployment,
        $"SSH and the site of deployment {plan.Deployment}",
        plan.Config.SubnetId,
        [(22, "0.0.0.0/0"), .. plan.Config.Port == 22 ? (IEnumerable<(int, string)>)[] : [(plan.Config.Port, "0.0.0.0/0")]],
        tags);

    private static Dictionary<string, string> Tags(DeploymentPlan plan) => new(StringComparer.Ordinal)
    {
        [DeploymentTags.Name] = plan.Project.Name,
        [DeploymentTags.Deployment] = plan.Deployment,
        [DeploymentTags.Project] = plan.Project.Name,
        [DeploymentTags.Owner] = $"{Environment.UserName}@{Environment.MachineName}",
        [DeploymentTags.Version] = typeof(Provisioning).Assembly.GetName().Version!.ToString(3),
    };
}
