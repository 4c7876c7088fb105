using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>
/// A step that takes instances from the pipeline and gives them back further along. Instances that are piped in straight are worked on side
/// by side, too.
/// </summary>
public abstract class InstanceStepCmdlet : InstanceCmdlet
{
    /// <summary>The file that says what an instance is; by default the one that it was launched with.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(InstanceConfigCompleter))]
    public string? InstanceConfig { get; set; }

    /// <inheritdoc/>
    protected override Func<Task> Work(LOInstance instance)
    {
        var config = Config(instance);
        return async () => Emit(await StepAsync(instance, config));
    }

    /// <summary>The step.</summary>
    protected abstract Task<LOInstance> StepAsync(LOInstance instance, Settings.InstanceConfig config);

    private Settings.InstanceConfig Config(LOInstance instance)
    {
        var problems = new List<Problem>();
        var config = Settings.InstanceConfig.Read(
            FilePath(InstanceConfig ?? instance.InstanceConfig ?? Settings.InstanceConfig.FileName), problems);
        if (config is null)
        {
            ThrowTerminatingError(Errors.Record(new SettingsException(problems), instance));
        }

        return config!;
    }
}
