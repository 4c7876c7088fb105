using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>What the cmdlets for the lab itself have in common: one question to it, whose answer is awaited.</summary>
public abstract class LabCmdlet : EngineCmdlet
{
    /// <summary>Asks the lab and waits; what it says meanwhile is verbose output.</summary>
    protected T Ask<T>(Func<Action<string>, CancellationToken, Task<T>> question)
    {
        try
        {
            return Wait(question(Say, StopToken));
        }
        catch (DeployException e)
        {
            ThrowTerminatingError(Errors.Record(e, null));
            throw;
        }
    }
}
