using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>
/// Asks EC2 about all instances that somebody waits for, in one call per tick whatever their number, and tells each waiter about its own.
/// </summary>
internal sealed class InstanceWatch(ICloud cloud, TimeProvider time)
{
    /// <summary>How far apart the questions are once there has been no new instance for a while.</summary>
    public static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(6);

    /// <summary>How long EC2 may not show an instance that it has launched: its view is eventually consistent.</summary>
    public static readonly TimeSpan Unseen = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan FirstTick = TimeSpan.FromMilliseconds(400);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Watched> _watched = new(StringComparer.Ordinal);
    private TaskCompletionSource _tick = NewTick();
    private TimeSpan _pause = FirstTick;
    private bool _polling;

    /// <summary>Waits until what EC2 says of an instance is what is wanted.</summary>
    /// <exception cref="DeployException">InstanceUnreachable: EC2 does not show it. CloudException: EC2 refused the question.</exception>
    public async Task<CloudInstance> WaitAsync(string instanceId, Func<CloudInstance, bool> wanted, CancellationToken cancellationToken)
    {
        var watched = Begin(instanceId);
        try
        {
            while (true)
            {
                Task tick;
                CloudInstance? seen;
                lock (_gate)
                {
                    tick = _tick.Task;
                    seen = watched.Seen;
                    if (!_polling)
                    {
                        _polling = true;
                        _ = Task.Run(PollAsync, CancellationToken.None);
                    }
                }

                if (seen is not null && wanted(seen))
                {
                    return seen;
                }

                if (seen is null && watched.Asked && time.GetUtcNow() - watched.Since > Unseen)
                {
                    throw new DeployException(
                        ErrorId.InstanceUnreachable,
                        $"EC2 does not show {instanceId}, {Unseen.TotalSeconds:0} s after its launch.",
                        "It may have been ended; look in the EC2 console.");
                }

                await tick.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            End(instanceId, watched);
        }
    }

    private Watched Begin(string instanceId)
    {
        lock (_gate)
        {
            if (!_watched.TryGetValue(instanceId, out var watched))
            {
                // A new instance is soon news.
                _watched[instanceId] = watched = new Watched(time.GetUtcNow());
                _pause = FirstTick;
            }

            watched.Waiters++;
            return watched;
        }
    }

    private void End(string instanceId, Watched watched)
    {
        lock (_gate)
        {
            if (--watched.Waiters == 0)
            {
                _watched.Remove(instanceId);
            }
        }
    }

    private async Task PollAsync()
    {
        while (true)
        {
            string[] ids;
            lock (_gate)
            {
                ids = [.. _watched.Keys];
                if (ids.Length == 0)
                {
                    _polling = false;
                    return;
                }
            }

            Exception? failure = null;
            try
            {
                See(await cloud.DescribeInstancesAsync(ids, CancellationToken.None), ids);
            }
            catch (CloudException e) when (e.IsTransient)
            {
                // The client has retried it; each waiter's own deadline tells how long that goes on.
            }
            catch (Exception e)
            {
                failure = e;
            }

            TaskCompletionSource done;
            TimeSpan pause;
            lock (_gate)
            {
                (done, _tick) = (_tick, NewTick());
                _polling = failure is null;

                // A filter takes 200 ids; more need more calls, and so longer pauses.
                var longest = LongestTick * Math.Ceiling(ids.Length / 200d);
                pause = _pause < longest ? _pause : longest;
                _pause = pause * 1.5;
            }

            if (failure is not null)
            {
                done.SetException(failure);

                // It is told to whoever waits; where nobody does any more, it is no defect.
                _ = done.Task.Exception;
                return;
            }

            done.SetResult();
            await Task.Delay(pause * (0.9 + (0.2 * Random.Shared.NextDouble())), time);
        }
    }

    private void See(IReadOnlyList<CloudInstance> instances, string[] asked)
    {
        lock (_gate)
        {
            foreach (var id in asked)
            {
                if (_watched.TryGetValue(id, out var watched))
                {
                    watched.Asked = true;
                }
            }

            foreach (var instance in instances)
            {
                if (_watched.TryGetValue(instance.InstanceId, out var watched))
                {
                    watched.Seen = instance;
                }
            }
        }
    }

    private static TaskCompletionSource NewTick() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Watched(DateTimeOffset since)
    {
        public DateTimeOffset Since { get; } = since;

        public int Waiters { get; set; }

        public bool Asked { get; set; }

        public CloudInstance? Seen { get; set; }
    }
}
