using System.Management.Automation;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Monitoring;
using Monitor = LinkOverflow.Deploy.Monitoring.Monitor;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Looks at every instance of deployments once, over HTTP and SSH, and emits how it is.</summary>
/// <remarks>An instance whose site is not well is a non-terminating error as well, so that pwsh -Command ends with exit code 1, as cron wants it.</remarks>
/// <example>
/// Looks at everything in the lab.
/// <code>
/// Test-LODeployment -Lab
/// </code>
/// </example>
/// <example>
/// Emits nothing but whether all is well.
/// <code>
/// Test-LODeployment -Lab -Quiet
/// </code>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "LODeployment")]
[OutputType(typeof(InstanceHealth), typeof(bool))]
public sealed class TestLODeploymentCmdlet : MonitoringCmdlet
{
    /// <summary>Emit nothing but whether all is well.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override async Task LookAsync(Monitor monitor)
    {
        var all = await monitor.LookAsync(StopToken);
        if (Quiet)
        {
            Emit(all.Count > 0 && all.All(i => i.Healthy));
            return;
        }

        foreach (var instance in all)
        {
            Emit(instance);
            if (!instance.Healthy)
            {
                Fail(new DeployException(ErrorId.HealthCheckFailed, $"{instance.Name} ({instance.InstanceId}) is not well: {instance.Health}"), instance);
            }
        }
    }
}
