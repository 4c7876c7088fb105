using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Puppet;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Installs Puppet on instances and applies the manifest.</summary>
/// <example>
/// Applies the manifest to every instance of all deployments, side by side.
/// <code>
/// Get-LOInstance -Lab | Install-LOPuppet
/// </code>
/// </example>
[Cmdlet(VerbsLifecycle.Install, "LOPuppet")]
[OutputType(typeof(LOInstance))]
public sealed class InstallLOPuppetCmdlet : InstanceStepCmdlet
{
    /// <summary>Change nothing, and tell what would be changed: the emitted instances' Puppet.Changed. Puppet itself is installed where it is missing.</summary>
    [Parameter]
    public SwitchParameter NoOp { get; set; }

    /// <inheritdoc/>
    protected override Task<LOInstance> StepAsync(LOInstance instance, Settings.InstanceConfig config) =>
        PuppetStep.RunAsync(instance, config, NoOp, Show, StopToken);
}
