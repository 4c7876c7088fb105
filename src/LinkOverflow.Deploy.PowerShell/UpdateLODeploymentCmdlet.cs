using System.Management.Automation;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Reports;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Publishes a project as the new release of a running deployment, in waves, and emits its instances as they are in the end.</summary>
/// <remarks>The first wave with a host that fails is the last one. A host that fails has its own release before put back already.</remarks>
/// <example>
/// Publishes host by host; when one fails, those that are done go back to the release that they had.
/// <code>
/// Get-LODeployment -Lab | Update-LODeployment -Project samples/linkoverflow -Serial 1 -OnFailure Rollback -Lab
/// </code>
/// </example>
[Cmdlet(VerbsData.Update, "LODeployment", SupportsShouldProcess = true)]
[OutputType(typeof(LOInstance), typeof(DeploymentResult))]
public sealed class UpdateLODeploymentCmdlet : ConfiguredCmdlet
{
    /// <summary>The deployment's id.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(DeploymentCompleter))]
    public string Deployment { get; set; } = "";

    /// <summary>The folder of the Django project, the one with manage.py.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public string Project { get; set; } = "";

    /// <summary>How many hosts at once; the next ones begin when all of these are well. Without it, all.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Serial { get; set; } = int.MaxValue;

    /// <summary>What becomes of hosts that have the new release already, when another fails: Keep leaves it there, Rollback puts them back to the release that they had.</summary>
    [Parameter]
    public RolloutFailureAction OnFailure { get; set; } = RolloutFailureAction.Keep;

    /// <summary>How the instances prove their host keys.</summary>
    [Parameter]
    public HostKeyPolicy HostKeyPolicy { get; set; }

    /// <summary>Take the deployment's lock from whoever holds it.</summary>
    [Parameter]
    public SwitchParameter BreakLock { get; set; }

    /// <summary>A file for an HTML report of the update; where several deployments are piped in, of the last one.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Report { get; set; }

    /// <summary>Emit one object with the result at the end, in place of the instances.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => Report = ReportFile(Report);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var request = new DeploymentRequest(FilePath(Project), Count: 0, InstanceConfig: FilePath(InstanceConfig)) { Resume = Deployment };
        var plan = OrThrow(() => Wait(DeploymentPlan.MakeAsync(request with { AwsSettings = SettingsFile() }, StopToken))) with { HostKeyPolicy = HostKeyPolicy };
        if (!ShouldProcess(Deployment, $"Publish {plan.Project.Folder}{(Serial == int.MaxValue ? "" : $", {Serial} host(s) at once")}"))
        {
            return;
        }

        var options = new RolloutOptions { Serial = Serial, OnFailure = OnFailure, BreakLock = BreakLock };
        Begin(async () =>
        {
            using var cloud = new Ec2Cloud(plan.Settings);
            var result = await new Rollout(cloud, Show).RunAsync(plan, options, StopToken);
            foreach (var failure in result.Failures)
            {
                Fail(new DeployException(failure.Id, failure.Message), failure.Instance);
            }

            if (Report is not null)
            {
                result = await HtmlReport.WriteAsync(result, Report, StopToken);
            }

            if (Summary)
            {
                Emit(result);
                return;
            }

            foreach (var instance in result.Healthy)
            {
                Emit(instance);
            }
        });
        WriteUntilDone();
    }
}
