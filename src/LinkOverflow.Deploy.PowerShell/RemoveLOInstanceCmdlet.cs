using System.Management.Automation;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Removes single instances of deployments and waits until they are gone; with its last instance a deployment is removed as a whole.</summary>
/// <example>
/// Says which instances that do not answer would be removed.
/// <code>
/// Get-LOInstance -Lab | Where-Object Stage -NE Healthy | Remove-LOInstance -Lab -WhatIf
/// </code>
/// </example>
[Cmdlet(VerbsCommon.Remove, "LOInstance", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class RemoveLOInstanceCmdlet : EngineCmdlet
{
    private readonly HashSet<string> _instances = new(StringComparer.Ordinal);

    /// <summary>The instance's id; instances from the pipeline name theirs.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string InstanceId { get; set; } = "";

    /// <summary>The file with your AWS keys; by default ~/.aws.settings.</summary>
    [Parameter]
    public string? AwsSettings { get; set; }

    /// <summary>The instances are in the lab on this machine.</summary>
    [Parameter]
    public SwitchParameter Lab { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _instances.Add(InstanceId);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var problems = new List<Problem>();
        try
        {
            var path = Lab ? LabSettings() : AwsSettings is null ? Settings.AwsSettings.DefaultPath : FilePath(AwsSettings);
            var settings = Settings.AwsSettings.Read(path, problems) ?? throw new SettingsException(problems);
            string[] instances = [.. _instances.Where(i => ShouldProcess(i, "Terminate the instance"))];
            if (instances.Length == 0)
            {
                return;
            }

            Begin(async () =>
            {
                using var cloud = new Ec2Cloud(settings);
                var removed = await new Removal(cloud).RemoveInstancesAsync(instances, StopToken);
                Show(new DeploymentEvent(EventKind.Information, $"removed {string.Join(", ", removed)}"));
            });
        }
        catch (DeployException e)
        {
            ThrowTerminatingError(Errors.Record(e, null));
        }

        WriteUntilDone();
    }
}
