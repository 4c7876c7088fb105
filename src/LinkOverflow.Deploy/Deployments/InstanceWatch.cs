using LinkOverflow.Deploy.Cloud;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>
/// Asks EC2 about all instances that somebody waits for, in one call per tick whatever their number, and tells each waiter about its own.
/// </summary>
internal sealed class InstanceWatch(ICloud cloud)
{
    private static readonly TimeSpan FirstTick = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, CloudInstance> _seen = new(StringComparer.Ordinal);
    private readonly HashSet<string> _waited = new(StringComparer.Ordinal);
    private TaskCompletionSource _tick = NewTick();
    private bool _polling;

    /// <summary>What EC2 last said of an instance, or null.</summary>
    public CloudInstance? Last(string instanceId)
    {
        lock (_gate)
        {
            return _seen.GetValueOrDefault(instanceId);
        }
    }

    /// <summary>Waits until what EC2 says of an instance is what is wanted.</summary>
    public async Task<CloudInstance> WaitAsync(string instanceId, Func<CloudInstance, bool> wanted, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _waited.Add(instanceId);
            if (!_polling)
            {
                _polling = true;
                _ = Task.Run(PollAsync, CancellationToken.None);
            }
        }

        try
        {
            while (true)
            {
                Task tick;
                lock (_gate)
                {
                    tick = _tick.Task;
                }

                if (Last(instanceId) is { } instance && wanted(instance))
                {
                    return instance;
                }

                await tick.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            lock (_gate)
            {
                _waited.Remove(instanceId);
            }
        }
    }

    private async Task PollAsync()
    {
        var delay = FirstTick;
        while (true)
        {
            string[] ids;
            lock (_gate)
            {
                ids = [.. _waited];
                if (ids.Length == 0)
                {
                    _polling = false;
                    return;
                }
            }

            TaskCompletionSource done;
            try
            {
                var instances = await cloud.DescribeInstancesAsync(ids, CancellationToken.None);
                lock (_gate)
                {
                    foreach (var instance in instances)
                    {
                        _seen[instance.InstanceId] = instance;
                    }

                    (done, _tick) = (_tick, NewTick());
                }

                done.SetResult();
            }
            catch (Exception e)
            {
                // Every waiter hears of it: the SDK has retried what can be retried.
                lock (_gate)
                {
                    (done, _tick) = (_tick, NewTick());
                    _polling = false;
                }

                done.SetException(e);
                return;
            }

            await Task.Delay(delay * (0.9 + (0.2 * Random.Shared.NextDouble())));
            delay = delay * 1.5 < LongestTick ? delay * 1.5 : LongestTick;
        }
    }

    private static TaskCompletionSource NewTick() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
