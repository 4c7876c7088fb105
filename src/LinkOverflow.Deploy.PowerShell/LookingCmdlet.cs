using System.Management.Automation;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>What the cmdlets that look for deployments have in common.</summary>
public abstract class LookingCmdlet : ConfiguredCmdlet
{
    /// <summary>The deployment's id; without it, all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Deployment { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var (settings, config) = OrThrow(ReadBoth);
        var deployment = Deployment;
        Begin(async () =>
        {
            using var cloud = new Ec2Cloud(settings);
            var inventory = new Inventory(cloud, settings, config);
            foreach (var found in await inventory.DeploymentsAsync(deployment, StopToken))
            {
                await EmitAsync(found, inventory);
            }
        });
        WriteUntilDone();
    }

    /// <summary>Emits a deployment that was found.</summary>
    protected abstract Task EmitAsync(DeploymentSummary found, Inventory inventory);

    // What is wrong with either is said at once.
    private (Settings.AwsSettings Settings, Settings.InstanceConfig Config) ReadBoth()
    {
        var problems = new List<Problem>();
        var settings = Settings.AwsSettings.Read(SettingsFile(), problems);
        var config = Settings.InstanceConfig.Read(FilePath(InstanceConfig), problems);
        return settings is not null && config is not null ? (settings, config) : throw new SettingsException(problems);
    }
}
