using System.Management.Automation;
using LinkOverflow.Deploy.Lab;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Starts the lab in the background, an EC2 on this machine whose instances are local machines; or finds the one that runs.</summary>
/// <example>
/// Starts it, and says where it is and which settings lead to it. With -Verbose it says what takes long.
/// <code>
/// Start-LOLab -Verbose
/// </code>
/// </example>
/// <example>
/// Checks the settings that it wrote.
/// <code>
/// Test-LOSettings -AwsSettings (Start-LOLab).Settings
/// </code>
/// </example>
[Cmdlet(VerbsLifecycle.Start, "LOLab")]
[OutputType(typeof(LocalLab))]
public sealed class StartLOLabCmdlet : LabCmdlet
{
    /// <inheritdoc/>
    protected override void EndProcessing() => WriteObject(Ask(LocalLab.StartAsync));
}
