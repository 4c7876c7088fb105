using System.Management.Automation;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Remote;
using Monitor = LinkOverflow.Deploy.Monitoring.Monitor;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>What the cmdlets that look after deployments have in common.</summary>
public abstract class MonitoringCmdlet : AccountCmdlet
{
    /// <summary>The deployment's id; without it, all.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(DeploymentCompleter))]
    public string? Deployment { get; set; }

    /// <summary>How the instances prove their host keys.</summary>
    [Parameter]
    public HostKeyPolicy HostKeyPolicy { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var settings = OrThrow(ReadSettings);
        var deployment = Deployment;
        Begin(async () =>
        {
            using var cloud = new Ec2Cloud(settings);
            await LookAsync(new Monitor(cloud, settings, deployment, HostKeyPolicy));
        });
        WriteUntilDone();
    }

    /// <summary>Looks, and tells what is seen.</summary>
    protected abstract Task LookAsync(Monitor monitor);
}
