using System.Management.Automation;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;

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
public sealed class RemoveLODeploymentCmdlet : AccountCmdlet
{
    private readonly HashSet<string> _deployments = new(StringComparer.Ordinal);

    /// <summary>The deployment's id; instances from the pipeline name theirs.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(DeploymentCompleter))]
    public string Deployment { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord() => _deployments.Add(Deployment);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var settings = OrThrow(ReadSettings);
        foreach (var deployment in _deployments.Where(d => ShouldProcess(d, "Terminate all instances of the deployment")))
        {
            Begin(async () =>
            {
                using var cloud = new Ec2Cloud(settings);
                var removed = await new Removal(cloud).RemoveAsync(deployment, StopToken);
                Show(new DeploymentEvent(EventKind.Information, $"{deployment}: removed {string.Join(", ", removed)}"));
            });
        }

        WriteUntilDone();
    }
}
