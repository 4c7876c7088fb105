using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Logs in to an instance on this terminal, with ssh; its host key is verified as it is for the steps.</summary>
/// <example>
/// Logs in to the first host in the lab.
/// <code>
/// Get-LOInstance -Lab | Select-Object -First 1 | Enter-LOHost
/// </code>
/// </example>
[Cmdlet(VerbsCommon.Enter, "LOHost")]
public sealed class EnterLOHostCmdlet : PSCmdlet
{
    /// <summary>The instance.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public LOInstance InputObject { get; set; } = null!;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            // The terminal belongs to ssh until it ends.
            SessionState.PSVariable.Set("LASTEXITCODE", SshTerminal.Open(InputObject.Ssh()));
        }
        catch (DeployException e)
        {
            WriteError(Errors.Record(e, InputObject));
        }
    }
}
