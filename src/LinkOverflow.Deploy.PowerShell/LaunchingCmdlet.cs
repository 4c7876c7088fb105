using System.Globalization;
using System.Management.Automation;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>What the cmdlets that launch instances have in common: the same parameters, the same plan.</summary>
public abstract class LaunchingCmdlet : ConfiguredCmdlet
{
    /// <summary>The folder of the Django project, the one with manage.py.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public string Project { get; set; } = "";

    /// <summary>How many instances to launch: from 1 to MaxInstances of the configuration, which is 5 by default.</summary>
    // As text, so that one that is no number is told as launch tells it: with the range, by its id, together with all else that is wrong.
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public virtual string? Count { get; set; }

    /// <summary>With how many instances the cmdlet still goes on.</summary>
    [Parameter]
    public int MinimumCount { get; set; } = 1;

    /// <summary>
    /// How the instances prove their host keys: by their console (the default), by what they present first, or by your own known_hosts files.
    /// </summary>
    [Parameter]
    public HostKeyPolicy HostKeyPolicy { get; set; }

    /// <summary>The deployment to go on with, or null: a new one.</summary>
    protected virtual string? Resumed => null;

    /// <summary>A file of variables for the site's environment, or null.</summary>
    protected virtual string? SiteEnvironment => null;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var launch = OrThrow(() => Wait(LaunchPlan.MakeAsync(MakePlan() with { HostKeyPolicy = HostKeyPolicy }, StopToken)));
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

    private DeploymentPlan MakePlan()
    {
        // As PowerShell reads a number: 2.0 is one, and so is the text "2".
        var count = LanguagePrimitives.TryConvertTo<int>(Count, CultureInfo.InvariantCulture, out var number) ? number.ToString(CultureInfo.InvariantCulture) : Count;
        var request = DeploymentRequest.Of(FilePath(Project), count, MinimumCount, null, FilePath(InstanceConfig)) with
        {
            Resume = Resumed, EnvironmentFile = SiteEnvironment is null ? null : FilePath(SiteEnvironment),
        };
        if (Lab)
        {
            // The lab is started for a request only that is right in everything else.
            DeploymentPlan.CheckWithoutSettings(request);
        }

        return Wait(DeploymentPlan.MakeAsync(request with { AwsSettings = SettingsFile() }, StopToken));
    }
}
