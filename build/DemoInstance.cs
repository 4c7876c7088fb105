namespace LinkOverflow.Build;

/// <summary>What the demo wants to know of an instance, whichever way it was deployed.</summary>
internal sealed record DemoInstance(
    string Deployment, string Name, string InstanceId, string? PublicIp, string Stage, string? Url, double Seconds, string Login);
