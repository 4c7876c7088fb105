namespace LinkOverflow.Deploy.Tests;

/// <summary>Tests in this collection run one after the other: a run of <c>launch</c> ends with closing all connections of its process.</summary>
internal static class SharedConnections
{
    public const string Name = "The connections of this process";
}
