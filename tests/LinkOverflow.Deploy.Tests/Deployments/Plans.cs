using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Tests.Deployments;

/// <summary>Plans that need no files.</summary>
internal static class Plans
{
    public static AwsSettings Aws { get; } = new() { File = "s", Region = "us-west-2", KeyPair = "pair", KeyFile = "/nowhere.pem" };

    public static InstanceConfig Config { get; } = new() { File = "c", ImageId = "ami-12345678", InstanceType = "t3.small", PuppetConfigFile = "/p.pp" };

    /// <summary>A plan whose SSH comes from a documentation address (RFC 5737), so that nobody is asked for the real one.</summary>
    public static DeploymentPlan Of(int count = 1, int minimum = 1) =>
        new($"site-{Guid.NewGuid():N}", new DjangoProject("/p", "site", "site.settings"), count, minimum, Aws, Config, []) { SshFrom = ["203.0.113.7/32"] };

    public static CloudException Refusal(string code, string id = ErrorId.CapacityInsufficient, bool transient = false) =>
        new(new Problem(id, $"EC2 answered RunInstances with {code}: no (request r-1)"), code, "r-1", transient);
}
