using System.Management.Automation;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

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

    /// <summary>The file that later steps take for what an instance is; by default instance.config in the current location, where there is one.</summary>
    [Parameter]
    public string? InstanceConfig { get; set; }

    /// <summary>How the instances prove their host keys to later steps.</summary>
    [Parameter]
    public HostKeyPolicy HostKeyPolicy { get; set; }

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
            var config = ConfigFile(problems);
            if (settings is null || problems.Any(p => p.Severity == Severity.Error))
            {
                throw new SettingsException(problems);
            }

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
        }
        catch (DeployException e)
        {
            ThrowTerminatingError(Errors.Record(e, null));
        }

        WriteUntilDone();
    }

    // What is there is found by its tags; a configuration is for what comes after, and must be right only where it is named.
    private string? ConfigFile(List<Problem> problems)
    {
        var file = FilePath(InstanceConfig ?? Settings.InstanceConfig.FileName);
        if (InstanceConfig is not null)
        {
            Settings.InstanceConfig.Read(file, problems);
        }

        return InstanceConfig is not null || File.Exists(file) ? file : null;
    }

    /// <summary>Emits a deployment that was found.</summary>
    protected abstract Task EmitAsync(DeploymentSummary found, Inventory inventory);
}
