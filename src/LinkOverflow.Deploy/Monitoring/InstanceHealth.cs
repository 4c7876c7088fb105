namespace LinkOverflow.Deploy.Monitoring;

/// <summary>How an instance is at one moment, seen from here over HTTP and on the host over SSH.</summary>
public sealed record InstanceHealth
{
    /// <summary>The deployment's id.</summary>
    public required string Deployment { get; init; }

    /// <summary>The instance's name.</summary>
    public required string Name { get; init; }

    /// <summary>EC2's id.</summary>
    public required string InstanceId { get; init; }

    /// <summary>When it was looked at.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Where the site answers, once it has an address.</summary>
    public string? Url { get; init; }

    /// <summary>Whether the site answered its health check.</summary>
    public bool Healthy { get; init; }

    /// <summary>ok, or what was wrong with the answer.</summary>
    public required string Health { get; init; }

    /// <summary>How long the answer took; null where there was none.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>Processes that want to run, averaged over a minute (proc_loadavg(5)).</summary>
    public double? Load { get; init; }

    /// <summary>How many processors the host has, to compare the load with.</summary>
    public int? Processors { get; init; }

    /// <summary>The part of memory that is in use and cannot be had back, in percent.</summary>
    public double? MemoryPercent { get; init; }

    /// <summary>The part in use of the file system that the site is on, in percent.</summary>
    public double? DiskPercent { get; init; }

    /// <summary>The release in use.</summary>
    public string? Release { get; init; }

    /// <summary>Why the host could not be measured, or null.</summary>
    public string? Error { get; init; }
}
