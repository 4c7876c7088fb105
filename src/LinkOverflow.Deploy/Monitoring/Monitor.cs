using System.Diagnostics;
using System.Text.Json;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Monitoring;

/// <summary>Looks at deployments again and again, all instances side by side; EC2 is asked now and then, as what runs seldom changes.</summary>
public sealed class Monitor
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan InventoryTime = TimeSpan.FromSeconds(30);

    private readonly ICloud _cloud;
    private readonly AwsSettings _settings;
    private readonly string? _deployment;
    private readonly HostKeyPolicy _policy;
    private IReadOnlyList<(LOInstance Instance, Uri? Health)> _instances = [];
    private DateTime _asked = DateTime.MinValue;

    /// <param name="cloud">The cloud to look in.</param>
    /// <param name="settings">Whose key logs in.</param>
    /// <param name="deployment">The deployment's id; null: all.</param>
    /// <param name="policy">How instances prove their host keys.</param>
    public Monitor(ICloud cloud, AwsSettings settings, string? deployment, HostKeyPolicy policy)
    {
        _cloud = cloud;
        _settings = settings;
        _deployment = deployment;
        _policy = policy;
    }

    /// <summary>Looks at every instance, once.</summary>
    /// <exception cref="DeployException">DeploymentNotFound; or EC2 refused. What is wrong with an instance is in its own result.</exception>
    public async Task<IReadOnlyList<InstanceHealth>> LookAsync(CancellationToken cancellationToken)
    {
        if (DateTime.UtcNow - _asked > InventoryTime)
        {
            await FindAsync(cancellationToken);
        }

        return await Task.WhenAll(_instances.Select(i => LookAsync(i.Instance, i.Health, cancellationToken)));
    }

    private async Task FindAsync(CancellationToken cancellationToken)
    {
        var found = await _cloud.DescribeInstancesByTagAsync(DeploymentTags.Deployment, _deployment ?? "*", cancellationToken);
        var there = found.Where(i => !i.IsGone).ToArray();
        if (there.Length == 0 && _deployment is not null)
        {
            throw new DeployException(
                ErrorId.DeploymentNotFound, $"No instance in region {_cloud.Region} carries the tag of deployment {_deployment}.", "Get-LODeployment lists those that are there.");
        }

        var inventory = new Inventory(_cloud, _settings, configFile: null) { HostKeyPolicy = _policy };
        var read = await Task.WhenAll(there.Select(async i =>
        {
            var instance = InstanceTags.Read(i, _settings, configFile: null, _policy);
            var urls = InstanceTags.Urls(i, instance);
            return (Instance: await inventory.WithHostKeyAsync(instance with { Url = urls?.Site.ToString() }, cancellationToken), urls?.Health);
        }));
        _instances = [.. read.OrderBy(i => i.Instance.Deployment, StringComparer.Ordinal).ThenInNameOrder(i => i.Instance.Name)];
        _asked = DateTime.UtcNow;
    }

    private static async Task<InstanceHealth> LookAsync(LOInstance instance, Uri? health, CancellationToken cancellationToken)
    {
        var asking = AskSiteAsync(instance, health, cancellationToken);
        var measuring = MeasureAsync(instance, cancellationToken);
        var (answer, latency) = await asking;
        var (measured, error) = await measuring;
        return new InstanceHealth
        {
            Deployment = instance.Deployment,
            Name = instance.Name,
            InstanceId = instance.InstanceId,
            Time = DateTimeOffset.Now,
            Url = instance.Url,
            Healthy = answer == HealthCheck.Ok,
            Health = answer,
            Latency = latency,
            Load = measured?.Load,
            Processors = measured?.Processors,
            MemoryPercent = measured?.MemoryPercent,
            DiskPercent = measured?.DiskPercent,
            Release = measured?.Release,
            Error = error,
        };
    }

    private static async Task<(string Answer, TimeSpan? Latency)> AskSiteAsync(LOInstance instance, Uri? health, CancellationToken cancellationToken)
    {
        if (health is null)
        {
            return ($"it is {instance.State} and has no address", null);
        }

        var clock = Stopwatch.StartNew();
        var answer = await HealthCheck.ProbeAsync(health, Patience, cancellationToken);
        return (answer, answer == HealthCheck.Ok ? clock.Elapsed : null);
    }

    private static async Task<(Measured? Measured, string? Error)> MeasureAsync(LOInstance instance, CancellationToken cancellationToken)
    {
        if (instance.LoginCommand is null)
        {
            return (null, "it has no address");
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var result = await SshConnections.RunAsync(
                instance.Ssh(), RemoteScript.Embedded("measure.sh", instance.Project) with { AsRoot = false }, cancellationToken: patience.Token);
            return result.ExitCode == 0 ? (JsonSerializer.Deserialize<Measured>(result.Output, JsonSerializerOptions.Web), null) : (null, result.Tail(1));
        }
        catch (DeployException e)
        {
            return (null, e.Problems[0].Message);
        }
        catch (JsonException)
        {
            return (null, "its figures cannot be read");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"no login within {Patience.TotalSeconds:0} s");
        }
    }

    private sealed record Measured(double Load, int Processors, double MemoryPercent, double DiskPercent, string Release);
}
