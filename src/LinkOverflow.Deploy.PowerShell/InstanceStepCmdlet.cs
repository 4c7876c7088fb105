using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>
/// A step that takes instances from the pipeline and gives them back further along. Instances that are piped in straight are worked on side
/// by side, too.
/// </summary>
public abstract class InstanceStepCmdlet : EngineCmdlet
{
    private SemaphoreSlim? _throttle;

    /// <summary>The instances, as New-LOInstance emits them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    public LOInstance InputObject { get; set; } = null!;

    /// <summary>The file that says what an instance is; by default the one that it was launched with.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(InstanceConfigCompleter))]
    public string? InstanceConfig { get; set; }

    /// <summary>How many instances are worked on at once.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int ThrottleLimit { get; set; } = 32;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _throttle ??= new SemaphoreSlim(ThrottleLimit);
        var instance = InputObject;
        var config = Config(instance);
        Begin(async () =>
        {
            await _throttle.WaitAsync(StopToken);
            try
            {
                Emit(await StepAsync(instance, config));
            }
            catch (DeployException e)
            {
                Fail(e, instance.At(Stage.Failed));
            }
            finally
            {
                _throttle.Release();
            }
        });
        WritePending();
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => WriteUntilDone();

    /// <summary>The step.</summary>
    protected abstract Task<LOInstance> StepAsync(LOInstance instance, Settings.InstanceConfig config);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            _throttle?.Dispose();
        }
    }

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
