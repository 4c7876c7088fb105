using System.Management.Automation;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Checks settings, configuration and project, and emits one object per check. Starts nothing.</summary>
/// <example>
/// Checks the sample's project and the files, and leaves EC2 out.
/// <code>
/// Test-LOSettings samples/linkoverflow -Offline
/// </code>
/// </example>
/// <example>
/// Lists only what is wrong.
/// <code>
/// Test-LOSettings samples/linkoverflow -Offline | Where-Object Status -EQ Error
/// </code>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "LOSettings")]
[OutputType(typeof(SettingsCheck), typeof(bool))]
public sealed class TestLOSettingsCmdlet : EngineCmdlet
{
    /// <summary>The folder of the Django project, the one with manage.py; without it no project is checked.</summary>
    [Parameter(Position = 0)]
    public string? Project { get; set; }

    /// <summary>The file with your AWS keys, zone and SSH key pair; by default ~/.aws.settings.</summary>
    [Parameter]
    public string? AwsSettings { get; set; }

    /// <summary>The file that says what an instance is; by default instance.config in the current location.</summary>
    [Parameter]
    public string InstanceConfig { get; set; } = Settings.InstanceConfig.FileName;

    /// <summary>Leave out what only EC2 can tell.</summary>
    [Parameter]
    public SwitchParameter Offline { get; set; }

    /// <summary>Emit nothing but whether all is well.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        Begin(async () =>
        {
            var checks = await SettingsCheck.RunAsync(
                Project is null ? null : FilePath(Project),
                AwsSettings is null ? Settings.AwsSettings.DefaultPath : FilePath(AwsSettings),
                FilePath(InstanceConfig),
                Offline ? null : settings => new Ec2Cloud(settings),
                StopToken);
            if (Quiet)
            {
                Emit(checks.All(c => c.Status != CheckStatus.Error));
                return;
            }

            foreach (var check in checks)
            {
                Emit(check);
            }
        });
        WriteUntilDone();
    }
}
