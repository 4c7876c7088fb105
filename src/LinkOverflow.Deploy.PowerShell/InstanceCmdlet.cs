using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Works on the instances that come down the pipeline, side by side.</summary>
public abstract class InstanceCmdlet : EngineCmdlet
{
    private SemaphoreSlim? _throttle;

    /// <summary>The instances, as New-LOInstance emits them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    public LOInstance InputObject { get; set; } = null!;

    /// <summary>How many instances are worked on at once.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int ThrottleLimit { get; set; } = 32;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _throttle ??= new SemaphoreSlim(ThrottleLimit);
        var instance = InputObject;
        var work = Work(instance);
        Begin(async () =>
        {
            await _throttle.WaitAsync(StopToken);
            try
            {
                await work();
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

    /// <summary>What is done for an instance; called on the pipeline thread, what it returns on the thread pool.</summary>
    protected abstract Func<Task> Work(LOInstance instance);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            _throttle?.Dispose();
        }
    }
}
