using System.Diagnostics;
using System.Globalization;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>
/// One at a time works on a deployment. EC2 can set tags but not compare them first; what it does have is names that are unique, so the lock
/// is an empty security group of the deployment's name, whose tags tell who holds it and since when. Nobody can be in the group.
/// </summary>
public sealed class DeploymentLock : IAsyncDisposable
{
    private const string Duplicate = "InvalidGroup.Duplicate";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ICloud _cloud;
    private readonly string _group;
    private readonly Action<DeploymentEvent> _events;

    private DeploymentLock(ICloud cloud, string group, Action<DeploymentEvent> events)
    {
        _cloud = cloud;
        _group = group;
        _events = events;
    }

    /// <summary>Takes the lock.</summary>
    /// <param name="cloud">The cloud of the deployment.</param>
    /// <param name="deployment">The deployment's id.</param>
    /// <param name="subnetId">A subnet of the VPC to hold the lock in; null: the default VPC.</param>
    /// <param name="breakIt">Take it from whoever holds it.</param>
    /// <param name="events">Where events go.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The lock; disposing of it frees it.</returns>
    /// <exception cref="DeployException">DeploymentLocked: somebody else holds it; the message says who, and since when.</exception>
    public static async Task<DeploymentLock> TakeAsync(
        ICloud cloud, string deployment, string? subnetId, bool breakIt, Action<DeploymentEvent> events, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return new DeploymentLock(cloud, await cloud.CreateSecurityGroupAsync(Request(deployment, subnetId), cancellationToken), events);
            }
            catch (CloudException e) when (e.Code == Duplicate && attempt < 5)
            {
                var locks = await cloud.FindSecurityGroupsByTagAsync(DeploymentTags.Lock, deployment, cancellationToken);
                if (locks.Count == 0)
                {
                    // Just freed, or not shown yet.
                    await Task.Delay(TimeSpan.FromSeconds(0.5 * attempt), cancellationToken);
                    continue;
                }

                var held = locks[0];
                var holder = Holder(held);
                if (IsOfADeadProcess(held))
                {
                    events(new DeploymentEvent(EventKind.Information, $"the lock of {holder} is taken over: that process has ended"));
                }
                else if (breakIt)
                {
                    events(new DeploymentEvent(EventKind.Warning, $"the lock of {holder} is broken"));
                }
                else
                {
                    throw new DeployException(
                        ErrorId.DeploymentLocked,
                        $"{deployment} is being worked on by {holder}.",
                        "Wait until that is done. If nobody is at work any more, break the lock: -BreakLock, or launch with --break-lock.");
                }

                await cloud.DeleteSecurityGroupAsync(held.Id, cancellationToken);
            }
        }
    }

    /// <summary>Frees a deployment's lock, whoever holds it.</summary>
    public static async Task BreakAsync(ICloud cloud, string deployment, CancellationToken cancellationToken)
    {
        foreach (var held in await cloud.FindSecurityGroupsByTagAsync(DeploymentTags.Lock, deployment, cancellationToken))
        {
            await cloud.DeleteSecurityGroupAsync(held.Id, cancellationToken);
        }
    }

    /// <summary>Frees the lock, also after an interruption; what hinders it is a warning, as the work itself is done.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            await _cloud.DeleteSecurityGroupAsync(_group, patience.Token);
        }
        catch (Exception e) when (e is DeployException or OperationCanceledException)
        {
            _events(new DeploymentEvent(EventKind.Warning, $"the deployment's lock ({_group}) could not be freed: {e.Message} The next run takes it over."));
        }
    }

    private static SecurityGroupRequest Request(string deployment, string? subnetId) => new(
        $"linkoverflow-lock-{deployment}",
        $"The lock of deployment {deployment}: somebody works on it. Opens nothing.",
        subnetId,
        [],
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [DeploymentTags.Lock] = deployment,
            [DeploymentTags.LockHolder] = Me,
            [DeploymentTags.LockProcess] = ProcessName(Process.GetCurrentProcess()),
            [DeploymentTags.LockSince] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        });

    private static string Me => $"{Environment.UserName}@{Environment.MachineName}";

    private static string ProcessName(Process process)
    {
        using (process)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{process.Id} {new DateTimeOffset(process.StartTime).ToUnixTimeSeconds()}");
        }
    }

    private static string Holder(TaggedResource held)
    {
        var since = held.Tags.GetValueOrDefault(DeploymentTags.LockSince, "");
        var ago = DateTime.TryParse(since, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var time)
            ? $" ({Math.Max(0, (DateTime.UtcNow - time).TotalMinutes):0} min)"
            : "";
        var process = held.Tags.GetValueOrDefault(DeploymentTags.LockProcess, "").Split(' ')[0];
        return $"{held.Tags.GetValueOrDefault(DeploymentTags.LockHolder, "somebody")}, process {process}, since {since}{ago}";
    }

    /// <summary>Only this machine's processes can be looked at; the time tells a process from a later one of the same id.</summary>
    private static bool IsOfADeadProcess(TaggedResource held)
    {
        if (held.Tags.GetValueOrDefault(DeploymentTags.LockHolder) != Me || held.Tags.GetValueOrDefault(DeploymentTags.LockProcess) is not { } name)
        {
            return false;
        }

        try
        {
            return !int.TryParse(name.Split(' ')[0], CultureInfo.InvariantCulture, out var id) || ProcessName(Process.GetProcessById(id)) != name || IsZombie(id);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IOException)
        {
            return true;
        }
    }

    /// <summary>A process that was killed keeps its id until its parent asks for its exit code (proc_pid_stat(5): the state follows the name).</summary>
    private static bool IsZombie(int id) =>
        OperatingSystem.IsLinux() && File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat")) is var stat && stat[(stat.LastIndexOf(')') + 2)..].StartsWith('Z');
}
