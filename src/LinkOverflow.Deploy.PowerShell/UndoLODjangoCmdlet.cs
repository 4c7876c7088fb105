using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Django;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Takes sites back to an earlier release that their hosts still hold.</summary>
/// <example>
/// Asks what would go back to the release before.
/// <code>
/// Get-LOInstance -Lab | Undo-LODjango -WhatIf
/// </code>
/// </example>
[Cmdlet(VerbsCommon.Undo, "LODjango", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(LOInstance))]
public sealed class UndoLODjangoCmdlet : InstanceStepCmdlet
{
    /// <summary>The release's id, as Get-LORelease lists it; by default the one that was in use before.</summary>
    [Parameter(Position = 0)]
    [ValidatePattern("^[0-9a-f]{16}$")]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public string? Release { get; set; }

    /// <summary>
    /// The SQLite database goes back, too, to what it was before the first migration since the release was last published. What the site wrote since
    /// is not in it then; the host keeps a copy of the database as it was. A database that is no SQLite file is refused.
    /// </summary>
    [Parameter]
    public SwitchParameter Database { get; set; }

    /// <inheritdoc/>
    protected override Func<Task> Work(LOInstance instance) =>
        ShouldProcess(
            instance.Name,
            $"Go back to {Release ?? "the release before"}{(Database ? ", and with the database to what it was then: rows written since are lost to the site" : "")}")
            ? base.Work(instance)
            : () => Task.CompletedTask;

    /// <inheritdoc/>
    protected override Task<LOInstance> StepAsync(LOInstance instance, Settings.InstanceConfig config) =>
        UndoStep.RunAsync(instance, Release, Database, config, Show, StopToken);
}
