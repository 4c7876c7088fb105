using System.Management.Automation;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>What the cmdlets that look for deployments have in common.</summary>
public abstract class LookingCmdlet : AccountCmdlet
{
    /// <summary>The deployment's id; without it, all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(DeploymentCompleter))]
    public string? Deployment { get; set; }

    /// <summary>The file that later steps take for what an instance is; by default instance.config in the current location, where there is one.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(InstanceConfigCompleter))]
    public string? InstanceConfig { get; set; }

    /// <summary>How the instances prove their host keys to later steps.</summary>
    [Parameter]
    public HostKeyPolicy HostKeyPolicy { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var (settings, config) = OrThrow(ReadBoth);
        var deployment = Deployment;
        Begin(async () =>
        {
            using var cloud = new Ec2Cloud(settings);
            var inventory = new Inventory(cloud, settings, config) { HostKeyPolicy = HostKeyPolicy };
            foreach (var found in await inventory.DeploymentsAsync(deployment, StopToken))
            {
                await EmitAsync(found, inventory);
            }
        });
        WriteUntilDone();
    }

    /// <summary>Emits a deployment that was found.</summary>
    protected abstract Task EmitAsync(DeploymentSummary found, Inventory inventory);

    // What is wrong with either is said at once. What is there is found by its tags, so a configuration has to be right only where it is named.
    private (Settings.AwsSettings Settings, string? Config) ReadBoth()
    {
        var problems = new List<Problem>();
        var settings = Settings.AwsSettings.Read(SettingsFile(), problems);
        var config = FilePath(InstanceConfig ?? Settings.InstanceConfig.FileName);
        if (InstanceConfig is not null)
        {
            Settings.InstanceConfig.Read(config, problems);
        }

        return settings is null || problems.Any(p => p.Severity == Severity.Error)
            ? throw new SettingsException(problems)
            : (settings, InstanceConfig is not null || File.Exists(config) ? config : null);
    }
}
