namespace LinkOverflow.Deploy.Deployments;

/// <summary>
/// How often EC2 may be asked in vain. A question that brings news costs nothing, since it would have to be asked anyway; the
/// others share a small store that fills up slowly, so that waiting for 200 instances takes no more calls than waiting for one.
/// </summary>
internal sealed class CallBudget(TimeProvider time)
{
    private const double Store = 20;

    /// <summary>Together with one DescribeInstances every <see cref="InstanceWatch.LongestTick"/> less than a call in two seconds.</summary>
    private static readonly TimeSpan Refill = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private double _calls = Store;
    private DateTimeOffset _filled = time.GetUtcNow();

    /// <summary>Waits until a question may be asked.</summary>
    public async Task TakeAsync(CancellationToken cancellationToken)
    {
        while (!TryTake())
        {
            await Task.Delay(Look, time, cancellationToken);
        }
    }

    /// <summary>The question brought news.</summary>
    public void GiveBack()
    {
        lock (_gate)
        {
            _calls = Math.Min(Store, _calls + 1);
        }
    }

    private bool TryTake()
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            _calls = Math.Min(Store, _calls + ((now - _filled) / Refill));
            _filled = now;
            if (_calls < 1)
            {
                return false;
            }

            _calls--;
            return true;
        }
    }
}
