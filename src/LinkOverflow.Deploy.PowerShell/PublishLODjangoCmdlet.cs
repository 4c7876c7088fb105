using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Publishes a Django project on instances and waits until it answers its health check.</summary>
/// <example>
/// Configures instances and publishes the sample on them.
/// <code>
/// Get-LOInstance -Lab | Install-LOPuppet | Publish-LODjango -Project samples/linkoverflow
/// </code>
/// </example>
[Cmdlet(VerbsData.Publish, "LODjango")]
[OutputType(typeof(LOInstance))]
public sealed class PublishLODjangoCmdlet : InstanceStepCmdlet
{
    private DjangoProject? _project;
    private Task<ProjectArchive>? _archive;
    private IReadOnlyDictionary<string, string>? _environment;

    /// <summary>The folder of the Django project, the one with manage.py.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public string Project { get; set; } = "";

    /// <summary>
    /// A file of NAME=value lines for the site's environment, for your eyes only (mode 600): secrets, which are on no command line and on the
    /// host in a file that only root reads.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? EnvironmentFile { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        var problems = new List<Problem>();
        _project = DjangoProject.Read(FilePath(Project), problems);
        if (_project is null)
        {
            ThrowTerminatingError(Errors.Record(new SettingsException(problems), null));
        }

        try
        {
            _environment = EnvironmentFile is null ? null : Settings.EnvironmentFile.Read(FilePath(EnvironmentFile));
        }
        catch (DeployException e)
        {
            ThrowTerminatingError(Errors.Record(e, null));
        }

        // Packed once for all instances.
        _archive = ProjectArchive.PackAsync(_project!, StopToken);
    }

    /// <inheritdoc/>
    protected override async Task<LOInstance> StepAsync(LOInstance instance, Settings.InstanceConfig config) =>
        await PublishStep.RunAsync(instance, _project!, await _archive!, Settings.EnvironmentFile.With(config, _environment), Show, StopToken);
}
