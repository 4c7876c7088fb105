using System.Collections.Immutable;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Puppet;

namespace LinkOverflow.Deploy.Tests.Reports;

/// <summary>Results as deployments come to, for the tests of what is made from them.</summary>
internal static class SampleResults
{
    public static readonly DateTime Started = new(2026, 3, 14, 9, 26, 53, DateTimeKind.Utc);

    /// <summary>A deployment of which every fifth instance failed in its Puppet step.</summary>
    public static DeploymentResult Of(int count)
    {
        LOInstance[] instances = [.. Enumerable.Range(1, count).Select(n => n % 5 == 4 ? Failed(n) : Healthy(n))];
        return new DeploymentResult
        {
            Deployment = "linkoverflow-1a2b3c4d", Project = "linkoverflow", Requested = count, Minimum = 1, Instances = instances, Started = Started,
            Elapsed = TimeSpan.FromSeconds(74.2), Release = "8d969eef6ecad3c2", Region = "us-west-2",
            Failures = [.. instances.Where(i => i.Stage == Stage.Failed).Select(i => new InstanceFailure(
                i,
                ErrorId.PuppetInstallFailed,
                $"Puppet could not be installed on {i.Name} from http://bleh.invalid/puppet.deb:\ncurl: (6) Could not resolve host: bleh.invalid <&>\nE: no such package",
                ["Get:1 http://deb.example bookworm InRelease", "waiting for the apt lock", "curl: (6) Could not resolve host: bleh.invalid <&>"]))],
        };
    }

    private static LOInstance Healthy(int n) => At(Instance(n) with
    {
        Stage = Stage.Healthy, Health = "ok", Url = $"http://203.0.113.{n}:8080/", Release = "8d969eef6ecad3c2",
        Puppet = new PuppetRun
        {
            Version = "7.23.0", Status = "changed", Resources = 12, Changed =
            [
                new("Package[python3-django]", "created"), new("User[linkoverflow]", "created"), new("File[/etc/linkoverflow]", "mode changed '0700' to '0755'"),
            ], Seconds = 21.4,
        },
    }, ("Booting", 1.2), ("Reachable", 14 + n), ("Configured", 44 + n), ("Published", 60 + (2 * n)), ("Healthy", 61 + (2 * n)));

    private static LOInstance Failed(int n) => At(
        Instance(n) with { Stage = Stage.Failed, Health = ErrorId.PuppetInstallFailed }, ("Booting", 1.3), ("Reachable", 15), ("Failed", 41.7));

    private static LOInstance At(LOInstance instance, params (string Stage, double Seconds)[] reached) => instance with
    {
        Reached = reached.Prepend(("Pending", 0.1)).ToImmutableDictionary(r => r.Item1, r => TimeSpan.FromSeconds(r.Item2)),
        Elapsed = TimeSpan.FromSeconds(reached[^1].Seconds),
    };

    private static LOInstance Instance(int n) => new()
    {
        Deployment = "linkoverflow-1a2b3c4d", Project = "linkoverflow", Name = $"linkoverflow-{n}", InstanceId = $"i-0123456789abcd{n:000}", PublicIp = $"203.0.113.{n}",
        Zone = "us-west-2a", InstanceType = "t3.small", ImageId = "ami-c7d092f7", SshUser = "admin", KeyFile = "/home/me/me.pem", Launched = Started.AddSeconds(0.8),
    };
}
