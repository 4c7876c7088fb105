using System.Management.Automation;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Removes single instances of deployments and waits until they are gone; with its last instance a deployment is removed as a whole.</summary>
/// <example>
/// Says which instances that do not answer would be removed.
/// <code>
/// Get-LOInstance -Lab | Where-Object Stage -NE Healthy | Remove-LOInstance -Lab -WhatIf
/// </code>
/// </example>
[Cmdlet(VerbsCommon.Remove, "LOInstance", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class RemoveLOInstanceCmdlet : AccountCmdlet
{
    private readonly HashSet<string> _instances = new(StringComparer.Ordinal);

    /// <summary>The instance's id; instances from the pipeline name theirs.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public string InstanceId { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord() => _instances.Add(InstanceId);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var settings = OrThrow(ReadSettings);
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
        WriteUntilDone();
    }
}
