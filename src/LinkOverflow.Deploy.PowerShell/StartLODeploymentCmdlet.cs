using System.Management.Automation;
using System.Management.Automation.Host;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Reports;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Takes a Django project to running, health-checked instances, all hosts side by side, and emits each once it is healthy.</summary>
/// <remarks>Every host goes from boot to health at its own pace. A host that fails is one non-terminating error; the others go on.</remarks>
/// <example>
/// Deploys the sample to two local machines.
/// <code>
/// Start-LODeployment -Project samples/linkoverflow -Count 2 -Lab
/// </code>
/// </example>
/// <example>
/// Says what would be launched, and starts nothing.
/// <code>
/// Start-LODeployment samples/linkoverflow 2 -Lab -WhatIf
/// </code>
/// </example>
/// <example>
/// Takes the result as one object, writes a report, and leaves nothing that failed.
/// <code>
/// $result = Start-LODeployment samples/linkoverflow 1 -Lab -Summary -Report report.html -OnFailure Remove
/// $result.Urls
/// </code>
/// </example>
/// <example>
/// Goes on with a deployment that was interrupted: what is done is not done again, and only missing instances are launched.
/// <code>
/// Start-LODeployment samples/linkoverflow -Resume (Get-LODeployment -Lab)[0].Deployment -Lab
/// </code>
/// </example>
[Cmdlet(VerbsLifecycle.Start, "LODeployment", SupportsShouldProcess = true, DefaultParameterSetName = LaunchSet)]
[OutputType(typeof(LOInstance), typeof(DeploymentResult))]
public sealed class StartLODeploymentCmdlet : LaunchingCmdlet
{
    private const string LaunchSet = "Launch";
    private const string ResumeSet = "Resume";

    private readonly LaunchedInstances _launched = new();
    private string _deployment = "";

    /// <summary>How many instances to launch; with -Resume, as many as the deployment was asked for.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = LaunchSet)]
    [Parameter(Position = 1, ParameterSetName = ResumeSet)]
    [ValidateNotNullOrEmpty]
    public override string? Count { get; set; }

    /// <summary>The id of a deployment to go on with, after an interruption or a failure: each host is picked up where it is, and only what is missing is launched.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ResumeSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(DeploymentCompleter))]
    public string? Resume { get; set; }

    /// <summary>Take the deployment's lock from whoever holds it.</summary>
    [Parameter(ParameterSetName = ResumeSet)]
    public SwitchParameter BreakLock { get; set; }

    /// <summary>
    /// A file of NAME=value lines for the site's environment, for your eyes only (mode 600): secrets, which are on no command line and on the
    /// host in a file that only root reads.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? EnvironmentFile { get; set; }

    /// <summary>What becomes of instances when something fails: Keep leaves all of them; Remove ends those that failed, and all where fewer than the minimum are healthy.</summary>
    [Parameter]
    public FailureAction OnFailure { get; set; } = FailureAction.Keep;

    /// <summary>How many instances are worked on at once.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int ThrottleLimit { get; set; } = 32;

    /// <summary>A file for an HTML report of the deployment.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Report { get; set; }

    /// <summary>Emit one object with the deployment's result at the end, in place of the instances.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    /// <inheritdoc/>
    protected override string? SiteEnvironment => EnvironmentFile;

    /// <inheritdoc/>
    protected override string? Resumed => Resume;

    /// <inheritdoc/>
    protected override void BeginProcessing() => Report = ReportFile(Report);

    /// <inheritdoc/>
    protected override void StopProcessing()
    {
        base.StopProcessing();
        if (_launched.Describe() is not { } running)
        {
            return;
        }

        try
        {
            // The pipeline takes no more; the host itself still can.
            Host.UI.WriteWarningLine($"{running} Go on: Start-LODeployment {Project} -Resume {_deployment}{InLab}{WithPolicy}; remove: Remove-LODeployment {_deployment}{InLab}");
        }
        catch (Exception e) when (e is HostException or NotImplementedException or InvalidOperationException)
        {
            // A host without anybody to read it; Get-LODeployment tells the same later.
        }
    }

    /// <inheritdoc/>
    protected override async Task WorkAsync(Ec2Cloud cloud, DeploymentPlan plan)
    {
        _deployment = plan.Deployment;
        var options = new DeploymentOptions { OnFailure = OnFailure, ThrottleLimit = ThrottleLimit, BreakLock = BreakLock, Healthy = Summary ? null : Emit };
        var result = await new Deployment(cloud, Note).RunAsync(plan, options, StopToken);
        foreach (var failure in result.Failures)
        {
            Fail(new DeployException(failure.Id, failure.Message), failure.Instance);
        }

        if (Report is not null)
        {
            result = await HtmlReport.WriteAsync(result, Report, StopToken);
        }

        var left = result.Instances.Count(i => !result.Removed.Contains(i.InstanceId, StringComparer.Ordinal));
        if (result.Failures.Count > 0 && left > 0)
        {
            Show(new DeploymentEvent(
                EventKind.Warning,
                $"{left} instance(s) of {result.Deployment} keep running and cost money. Remove them: Remove-LODeployment {result.Deployment}{InLab}"));
        }

        if (Summary)
        {
            Emit(result);
        }
    }

    private string WithPolicy => HostKeyPolicy == HostKeyPolicy.Console ? "" : $" -HostKeyPolicy {HostKeyPolicy}";

    private string InLab => Lab ? " -Lab" : "";

    private void Note(DeploymentEvent happened)
    {
        _launched.Note(happened);
        Show(happened);
    }
}
