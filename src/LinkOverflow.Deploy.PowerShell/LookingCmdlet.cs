using System.Management.Automation;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>What the cmdlets that look for deployments have in common.</summary>
public abstract class LookingCmdlet : EngineCmdlet
{
    /// <summary>The deployment's id; without it, all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Deployment { get; set; }

    /// <summary>The file with your AWS keys; by default ~/.aws.settings.</summary>
    [Parameter]
    public string? AwsSettings { get; set; }

    /// <summary>The file that says what an instance is; by default instance.config in the current location.</summary>
    [Parameter]
    public string InstanceConfig { get; set; } = Settings.InstanceConfig.FileName;

    /// <summary>Look in the lab on this machine.</summary>
    [Parameter]
    public SwitchParameter Lab { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var problems = new List<Problem>();
        try
        {
            var path = Lab ? LabSettings() : AwsSettings is null ? Settings.AwsSettings.DefaultPath : FilePath(AwsSettings);
            var settings = Settings.AwsSettings.Read(path, problems);
            var config = Settings.InstanceConfig.Read(FilePath(InstanceConfig), problems);
            if (settings is null || config is null)
            {
                throw new SettingsException(problems);
            }

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
        }
        catch (DeployException e)
        {
            ThrowTerminatingError(Errors.Record(e, null));
        }

        WriteUntilDone();
    }

    /// <summary>Emits a deployment that was found.</summary>
    protected abstract Task EmitAsync(DeploymentSummary found, Inventory inventory);
}
