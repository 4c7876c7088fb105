namespace LinkOverflow.Deploy.Cloud;

/// <summary>An instance as EC2 describes it.</summary>
/// <param name="InstanceId">Such as i-0123456789abcdef0.</param>
/// <param name="State">pending, running, shutting-down, terminated, stopping or stopped.</param>
/// <param name="StateReason">Why it is in that state, in EC2's words, or null.</param>
/// <param name="PublicIp">The public address, once it has one.</param>
/// <param name="PrivateIp">The private address, once it has one.</param>
/// <param name="Zone">The availability zone it was placed in.</param>
/// <param name="InstanceType">Such as t3.small.</param>
/// <param name="ImageId">The AMI it runs; an alias shows as the image it stood for.</param>
/// <param name="LaunchTime">When it was launched, in UTC.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="LaunchIndex">Its number within its launch, from 0.</param>
public sealed record CloudInstance(
    string InstanceId,
    string State,
    string? StateReason,
    string? PublicIp,
    string? PrivateIp,
    string? Zone,
    string InstanceType,
    string ImageId,
    DateTime LaunchTime,
    IReadOnlyDictionary<string, string> Tags,
    int LaunchIndex = 0)
{
    /// <summary>True once it is ended for good, though EC2 goes on to show it for a while.</summary>
    public bool IsGone => State is "shutting-down" or "terminated";

    /// <summary>True once it will not come up: it is gone, or was stopped.</summary>
    public bool IsEnding => IsGone || State is "stopping" or "stopped";
}
