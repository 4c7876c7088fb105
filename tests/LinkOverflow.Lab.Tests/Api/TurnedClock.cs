namespace LinkOverflow.Lab.Tests.Api;

/// <summary>A clock that goes before the real one. Signatures are made with the real time and hold for 15 minutes.</summary>
internal sealed class TurnedClock : TimeProvider
{
    public TimeSpan Offset { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
}
