using System.Management.Automation;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>What the cmdlets that launch instances have in common: the same parameters, the same plan.</summary>
public abstract class LaunchingCmdlet : EngineCmdlet
{
    /// <summary>The folder of the Django project, the one with manage.py.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Project { get; set; } = "";

    /// <summary>How many instances to launch.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    public virtual int Count { get; set; }

    /// <summary>With how many instances the cmdlet still goes on.</summary>
    [Parameter]
    public int MinimumCount { get; set; } = 1;

    /// <summary>The file with your AWS keys, zone and SSH key pair; by default ~/.aws.settings.</summary>
    [Parameter]
    public string? AwsSettings { get; set; }

    /// <summary>The file that says what an instance is; by default instance.config in the current location.</summary>
    [Parameter]
    public string InstanceConfig { get; set; } = Settings.InstanceConfig.FileName;

    /// <summary>
    /// How the instances prove their host keys: by their console (the default), by what they present first, or by your own known_hosts files.
    /// </summary>
    [Parameter]
    public HostKeyPolicy HostKeyPolicy { get; set; }

    /// <summary>Use local machines instead of AWS; starts the lab where none runs.</summary>
    [Parameter]
    public SwitchParameter Lab { get; set; }

    /// <summary>The deployment to go on with, or null: a new one.</summary>
    protected virtual string? Resumed => null;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var request = new DeploymentRequest(
            FilePath(Project), Count, MinimumCount, AwsSettings is null ? null : FilePath(AwsSettings), FilePath(InstanceConfig), Resumed);
        var launch = ThrowingRecords(() =>
            WaitFor(LaunchPlan.MakeAsync((Lab ? LabPlan(request) : DeploymentPlan.Make(request)) with { HostKeyPolicy = HostKeyPolicy }, StopToken)));
        var text = Resumed is null
            ? string.Join(Environment.NewLine, launch.Describe())
            : $"Go on with deployment {Resumed} of project {launch.Plan.Project.Name}: each host where it is; launch only what is missing";
        if (!ShouldProcess(text, $"{text}{Environment.NewLine}Launch it?", "Launch EC2 instances"))
        {
            return;
        }

        var plan = launch.Plan;
        Begin(async () =>
        {
            using var cloud = new Ec2Cloud(plan.Settings);
            await WorkAsync(cloud, plan);
        });
        WriteUntilDone();
    }

    /// <summary>Carries the plan out.</summary>
    protected abstract Task WorkAsync(Ec2Cloud cloud, DeploymentPlan plan);

    private DeploymentPlan LabPlan(DeploymentRequest request)
    {
        // The lab is started for a request only that is right in everything else.
        DeploymentPlan.CheckWithoutSettings(request);
        return DeploymentPlan.Make(request with { AwsSettings = LabSettings() });
    }

    private T ThrowingRecords<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (LinkOverflow.Deploy.Errors.DeployException e)
        {
            ThrowTerminatingError(Errors.Record(e, null));
            throw;
        }
    }
}
