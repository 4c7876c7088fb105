namespace LinkOverflow.Lab.Faults;

/// <summary>What can be asked to go wrong. Its names on the command line and in JSON are in kebab-case: late-visibility.</summary>
internal enum FaultKind
{
    /// <summary>Requests are refused with RequestLimitExceeded.</summary>
    Throttle,

    /// <summary>Requests are refused with InternalError (HTTP 500) or Unavailable (503).</summary>
    ServerError,

    /// <summary>What was asked is done, then the connection is dropped without an answer.</summary>
    LostAnswer,

    /// <summary>A new instance is not found for some seconds, as EC2's eventual consistency allows.</summary>
    LateVisibility,

    /// <summary>A zone has room for so many more instances; then InsufficientInstanceCapacity.</summary>
    Capacity,

    /// <summary>A new instance ends while it boots, with a StateReason and words on its console.</summary>
    BootFailure,

    /// <summary>A new instance runs, but its sshd and host key come so many seconds later.</summary>
    SlowBoot,

    /// <summary>A new instance says another host key on its console than its sshd has.</summary>
    WrongHostKey,

    /// <summary>No packet reaches or leaves an instance.</summary>
    NetworkCut,

    /// <summary>Writing to an instance's disk fails with "No space left on device".</summary>
    DiskFull,
}
