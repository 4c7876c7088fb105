using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>Asks EC2 for a plan's instances: all of them at once, and what the first zone has no room for in the region's others.</summary>
internal sealed class Launch(ICloud cloud, Action<DeploymentEvent> events, TimeProvider time)
{
    private static readonly TimeSpan RemovalTime = TimeSpan.FromMinutes(3);

    private readonly List<CloudInstance> _launched = [];
    private readonly List<CloudException> _refusals = [];

    // Whether an answer was lost, so that EC2 may have launched what nobody was told of.
    private bool _unknown;

    /// <summary>Launches as many as EC2 gives, at least the minimum.</summary>
    /// <exception cref="DeployException">Fewer than the minimum, or a refusal; nothing is left behind.</exception>
    public async Task<IReadOnlyList<CloudInstance>> RunAsync(LaunchPlan plan, CancellationToken cancellationToken)
    {
        try
        {
            var group = plan.OwnGroup is { } own
                ? await OwnGroupAsync(own, plan.Plan.Found.Group, cancellationToken)
                : await cloud.FindSecurityGroupAsync(plan.Plan.Config.SecurityGroup!, cancellationToken);
            await LaunchAsync(plan, group, cancellationToken);
        }
        catch (OperationCanceledException) when (_launched.Count > 0)
        {
            // Interrupted: what runs is found by its tags.
            throw;
        }
        catch when (plan.Plan.Found.Instances.Count == 0)
        {
            await LeaveNothingAsync(plan.Plan.Deployment);
            throw;
        }

        return _launched;
    }

    // Whoever resumes may come from another address, and a run that was killed may have opened nothing yet.
    private async Task<string> OwnGroupAsync(SecurityGroupRequest own, string? found, CancellationToken cancellationToken)
    {
        if (found is null)
        {
            return await cloud.CreateSecurityGroupAsync(own, cancellationToken);
        }

        await cloud.OpenSecurityGroupAsync(found, own.Ports, cancellationToken);
        return found;
    }

    private async Task LaunchAsync(LaunchPlan plan, string group, CancellationToken cancellationToken)
    {
        var zones = new Queue<string?>([plan.Zone]);
        var tried = new HashSet<string?>(StringComparer.Ordinal);
        for (var attempt = 1; _launched.Count < plan.Plan.Count && zones.TryDequeue(out var zone); attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var request = plan.Request(group, attempt, zone, _launched.Count);
            try
            {
                // Not to be interrupted: EC2 may have launched what nobody waits for.
                var given = await cloud.RunInstancesAsync(request, CancellationToken.None);
                _launched.AddRange(given.Select(i => i with { Tags = request.Tags }));
                tried.UnionWith(given.Select(i => i.Zone));
                Tell(plan, attempt, given.Count, given[0].Zone);
            }
            catch (CloudException e) when (e.IsTransient && !IsAboutRoom(e))
            {
                _unknown = true;
                throw;
            }
            catch (CloudException e) when (IsAboutRoom(e) || _launched.Count >= plan.Plan.Minimum)
            {
                _refusals.Add(e);
                tried.Add(zone);
                events(new DeploymentEvent(EventKind.Warning, $"{zone ?? "the zone that EC2 chose"} gives none: {e.Problems[0].Message}"));
                if (!IsAboutZone(e))
                {
                    break;
                }
            }

            if (attempt == 1 && plan.MayChangeZone && _launched.Count < plan.Plan.Count)
            {
                foreach (var other in (await cloud.ListZonesAsync(cancellationToken)).Where(z => !tried.Contains(z)))
                {
                    zones.Enqueue(other);
                }
            }
        }

        if (_launched.Count < plan.Plan.Minimum)
        {
            throw new DeployException(
                ErrorId.CapacityInsufficient,
                $"EC2 gave {_launched.Count} of {plan.Plan.Count} instances, and {plan.Plan.Minimum} is the minimum; nothing is left of them. {string.Join(' ', _refusals.Select(r => r.Problems[0].Message))}",
                plan.MayChangeZone ? "Try another instance type or region, or a smaller number." : "Try another zone or instance type, or a smaller number.",
                _refusals.LastOrDefault());
        }

        if (_launched.Count < plan.Plan.Count)
        {
            events(new DeploymentEvent(
                EventKind.Warning, $"EC2 gave {_launched.Count} of {plan.Plan.Count} instances; the deployment goes on with these."));
        }
    }

    private void Tell(LaunchPlan plan, int attempt, int given, string? zone)
    {
        if (attempt > 1 || given < plan.Plan.Count)
        {
            events(new DeploymentEvent(EventKind.Information, $"{zone} gave {given} instance{(given == 1 ? "" : "s")}, {_launched.Count} of {plan.Plan.Count} so far"));
        }
    }

    /// <summary>Too little room in a zone, or a limit of the account's: reasons to go on with fewer.</summary>
    private static bool IsAboutRoom(CloudException e) => IsAboutZone(e) || e.Id == ErrorId.CapacityInsufficient;

    // docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html; limits are the region's, so other zones cannot help.
    private static bool IsAboutZone(CloudException e) =>
        e.Code is "InsufficientInstanceCapacity" or "InsufficientHostCapacity" or "InsufficientFreeAddressesInSubnet" or "Unsupported";

    private async Task LeaveNothingAsync(string deployment)
    {
        try
        {
            using var patience = new CancellationTokenSource(RemovalTime, time);
            await new Removal(cloud, time).RemoveAsync(deployment, _unknown ? InstanceWatch.Unseen : TimeSpan.Zero, patience.Token);
        }
        catch (Exception e) when (e is DeployException or OperationCanceledException)
        {
            // Why the launch was refused matters more.
            var why = e is DeployException known ? known.Problems[0].Message : "it took too long";
            events(new DeploymentEvent(
                EventKind.Warning, $"what may be left of {deployment} could not be removed: {why} Remove it later: Remove-LODeployment {deployment}, or launch --remove {deployment}."));
        }
    }
}
