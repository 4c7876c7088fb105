using System.Collections.Immutable;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>How far an instance has come.</summary>
public enum Stage
{
    /// <summary>EC2 was asked for it.</summary>
    Pending,

    /// <summary>EC2 runs it; nobody could log in yet.</summary>
    Booting,

    /// <summary>One can log in, and it proved its host key.</summary>
    Reachable,

    /// <summary>Puppet brought it to its desired state.</summary>
    Configured,

    /// <summary>A release is in place and its service runs.</summary>
    Published,

    /// <summary>The site answered its health check on the host and from here.</summary>
    Healthy,

    /// <summary>A step failed; the error tells which and why.</summary>
    Failed,
}

/// <summary>
/// An instance of a deployment: the one object that flows through the pipeline. Each step takes it and gives back a copy that is further along.
/// </summary>
public sealed record LOInstance
{
    /// <summary>The deployment's id.</summary>
    public required string Deployment { get; init; }

    /// <summary>The project's name on hosts and in tags.</summary>
    public required string Project { get; init; }

    /// <summary>The project and a number from 1: linkoverflow-1.</summary>
    public required string Name { get; init; }

    /// <summary>EC2's id.</summary>
    public required string InstanceId { get; init; }

    /// <summary>What EC2 last said of it: pending, running, stopping or stopped.</summary>
    public string? State { get; init; }

    /// <summary>The public address, once it has one.</summary>
    public string? PublicIp { get; init; }

    /// <summary>The private address, once it has one.</summary>
    public string? PrivateIp { get; init; }

    /// <summary>The availability zone.</summary>
    public string? Zone { get; init; }

    /// <summary>Such as t3.small.</summary>
    public required string InstanceType { get; init; }

    /// <summary>The AMI's id.</summary>
    public required string ImageId { get; init; }

    /// <summary>The user to log in as.</summary>
    public required string SshUser { get; init; }

    /// <summary>The private key's file; its path, never its content.</summary>
    public required string KeyFile { get; init; }

    /// <summary>
    /// The public host key that it proved to have, as "type base64"; null before its first login, and where a certificate authority of the
    /// user's known_hosts vouches for it.
    /// </summary>
    public string? HostKey { get; init; }

    /// <summary>How it proves its host key.</summary>
    public HostKeyPolicy HostKeyPolicy { get; init; }

    /// <summary>The configuration that it was launched with; later steps take theirs from it.</summary>
    public string? InstanceConfig { get; init; }

    /// <summary>Whether the steps reach it by <see cref="PublicIp"/> (else by <see cref="PrivateIp"/>).</summary>
    public bool PublicAddress { get; init; } = true;

    /// <summary>How far it has come.</summary>
    public Stage Stage { get; init; }

    /// <summary>What Puppet did, once it ran.</summary>
    public Puppet.PuppetRun? Puppet { get; init; }

    /// <summary>The published release's id, once there is one.</summary>
    public string? Release { get; init; }

    /// <summary>Where the site answers, once it is published.</summary>
    public string? Url { get; init; }

    /// <summary>What the last health check came to: ok, or what was wrong.</summary>
    public string? Health { get; init; }

    /// <summary>The time that the work on it took until its stage, from <see cref="Begun"/>.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>When it reached each stage, counted from <see cref="Begun"/>; by the stage's name, as ConvertTo-Json wants keys to be text.</summary>
    public ImmutableDictionary<string, TimeSpan> Reached { get; init; } = ImmutableDictionary<string, TimeSpan>.Empty;

    /// <summary>When its launch was asked for, in UTC.</summary>
    public DateTime Launched { get; init; }

    /// <summary>When the work on it began, in UTC: its launch, or the moment a later run took it up.</summary>
    public DateTime Begun { get => field == default ? Launched : field; init; }

    /// <summary>A command to log in by hand; null while it has no address.</summary>
    public string? LoginCommand => (PublicAddress ? PublicIp : PrivateIp) is null ? null : Ssh().LoginCommand();

    /// <summary>Whether its Name tag holds <see cref="Name"/> already.</summary>
    internal bool IsNamed { get; init; }

    /// <summary>The address that the steps use.</summary>
    /// <exception cref="InvalidOperationException">It has none yet.</exception>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Address => (PublicAddress ? PublicIp : PrivateIp) ?? throw new InvalidOperationException($"{Name} has no address yet.");

    /// <summary>How to log in to it.</summary>
    public SshTarget Ssh() => new(Address, SshUser, KeyFile, HostKeys.KnownHostsFile(Deployment), InstanceId) { HostKeyPolicy = HostKeyPolicy };

    /// <summary>The same instance, at a later stage.</summary>
    public LOInstance At(Stage stage)
    {
        var elapsed = DateTime.UtcNow - Begun;
        return this with { Stage = stage, Elapsed = elapsed, Reached = Reached.SetItem(stage.ToString(), elapsed) };
    }
}
