namespace LinkOverflow.Deploy.Tests.Deployments;

/// <summary>Time that goes by many times as fast, so that what takes minutes is seen in seconds; a slow machine only makes it slower.</summary>
internal sealed class FastTime(int speed) : TimeProvider
{
    private readonly DateTimeOffset _start = System.GetUtcNow();

    public override DateTimeOffset GetUtcNow() => _start + ((System.GetUtcNow() - _start) * speed);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, Shorter(dueTime), Shorter(period));

    private TimeSpan Shorter(TimeSpan time) => time <= TimeSpan.Zero ? time : time / speed;
}
