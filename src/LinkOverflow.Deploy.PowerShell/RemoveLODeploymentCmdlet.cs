using System.Management.Automation;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Removes deployments: their instances, volumes and security groups, by their tags.</summary>
/// <example>
/// Says what would be removed.
/// <code>
/// Get-LODeployment -Lab | Remove-LODeployment -Lab -WhatIf
/// </code>
/// </example>
/// <example>
/// Removes every deployment in the lab, without asking.
/// <code>
/// Get-LODeployment -Lab | Remove-LODeployment -Lab -Confirm:$false
/// </code>
/// </example>
[Cmdlet(VerbsCommon.Remove, "LODeployment", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class RemoveLODeploymentCmdlet : EngineCmdlet
{
    private readonly HashSet<string> _deployments = new(StringComparer.Ordinal);

    /// <summary>The deployment's id; instances from the pipeline name theirs.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Deployment { get; set; } = "";

    /// <summary>The file with your AWS keys; by default ~/.aws.settings.</summary>
    [Parameter]
    public string? AwsSettings { get; set; }

    /// <summary>The deployment is in the lab on this machine.</summary>
    [Parameter]
    public SwitchParameter Lab { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _deployments.Add(Deployment);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var problems = new List<Problem>();
        try
        {
            var path = Lab ? LabSettings() : AwsSettings is null ? Settings.AwsSettings.DefaultPath : FilePath(AwsSettings);
            var settings = Settings.AwsSettings.Read(path, problems) ?? throw new SettingsException(problems);
            foreach (var deployment in _deployments.Where(d => ShouldProcess(d, "Terminate all instances of the deployment")))
            {
                Begin(async () =>
                {
                    using var cloud = new Ec2Cloud(settings);
                    var removed = await new Removal(cloud).RemoveAsync(deployment, StopToken);
                    Show(new DeploymentEvent(EventKind.Information, $"{deployment}: removed {string.Join(", ", removed)}"));
                });
            }
        }
        catch (DeployException e)
        {
            ThrowTerminatingError(Errors.Record(e, null));
        }

        WriteUntilDone();
    }
}
