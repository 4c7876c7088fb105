using System.Diagnostics;
using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>Runs a command on instances, all of them side by side, and emits one object per host.</summary>
/// <example>
/// Asks every host in the lab how long it has been up.
/// <code>
/// Get-LOInstance -Lab | Invoke-LOCommand 'uptime -p'
/// </code>
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "LOCommand")]
[OutputType(typeof(HostCommandResult))]
public sealed class InvokeLOCommandCmdlet : InstanceCmdlet
{
    /// <summary>The command, for bash on the host.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Command { get; set; } = "";

    /// <summary>What the command has as $1, $2 ...: any text, taken as it is.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNull]
    public string[] ArgumentList { get; set; } = [];

    /// <summary>Run it as root, by sudo.</summary>
    [Parameter]
    public SwitchParameter AsRoot { get; set; }

    /// <inheritdoc/>
    protected override Func<Task> Work(LOInstance instance) => async () =>
    {
        var clock = Stopwatch.StartNew();
        var result = await SshConnections.RunAsync(
            instance.Ssh(),
            new RemoteScript(Command, ArgumentList, AsRoot) { Repeatable = false },
            line: line => Show(new DeploymentEvent(EventKind.Output, line, instance)),
            cancellationToken: StopToken);
        Emit(new HostCommandResult(instance.Name, result.ExitCode, result.Output.TrimEnd('\n'), result.Error.TrimEnd('\n'), clock.Elapsed));
    };
}
