using LinkOverflow.Lab.Model;

namespace LinkOverflow.Lab.Faults;

/// <summary>A fault that was asked for, and how far it has gone. Read and changed under the injector's lock.</summary>
internal sealed class Fault(string id, FaultRequest request, DateTimeOffset now)
{
    public string Id { get; } = id;

    public FaultRequest Request { get; } = request;

    /// <summary>How many instances still come before the first that it meets.</summary>
    public int Skip { get; set; } = (request.Nth ?? 1) - 1;

    /// <summary>How many requests or instances it still meets; null for any number until its time is over.</summary>
    public int? Remaining { get; set; } = request.Count ?? (request.MeetsInstances ? (request.Instance is null ? 1 : 0) : request.Seconds is null ? 1 : null);

    /// <summary>When it ends by itself; null where only its count ends it. Of a fault that meets instances the seconds are theirs.</summary>
    public DateTimeOffset? Until { get; } = request.MeetsInstances || request.Seconds is not { } seconds ? null : now.AddSeconds(seconds);

    /// <summary>How many requests or instances it has met.</summary>
    public int Hits { get; set; }

    /// <summary>The instances that suffer from it until it is cleared, or until their seconds are over.</summary>
    public List<Instance> Instances { get; } = [];

    /// <summary>Whether it meets nothing any more, and nothing suffers from it.</summary>
    public bool IsOver(DateTimeOffset now) =>
        Until <= now || (Remaining == 0 && Instances.TrueForAll(i => !i.IsAlive) && Request.Kind != FaultKind.Capacity);

    /// <summary>Counts one more that it meets.</summary>
    public void Hit()
    {
        Hits++;
        Remaining--;
    }
}
