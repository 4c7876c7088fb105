using System.CommandLine;
using System.Net;
using System.Runtime.Versioning;
using LinkOverflow.Lab.Host;
using LinkOverflow.Lab.Machines;

[assembly: SupportedOSPlatform("linux")]

// nft and others live where not every user's PATH leads.
Environment.SetEnvironmentVariable("PATH", $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin");

var state = new Option<string?>("--state") { Description = "Folder of this lab: keys, settings, log. [default: $XDG_STATE_HOME/linkoverflow/lab or ~/.local/state/linkoverflow/lab]" };
var cache = new Option<string?>("--cache") { Description = "Folder of base image and machines' disks, shared by labs. [default: $XDG_CACHE_HOME/linkoverflow/lab or ~/.cache/linkoverflow/lab]" };
var json = new Option<bool>("--json") { Description = "Answer in JSON." };
var detach = new Option<bool>("--detach") { Description = "Run in the background; returns once the lab answers and prints its lab.json." };
var remove = new Option<bool>("--remove") { Description = "Also remove the state folder, base image and machines' disks." };
var terminate = new Option<bool>("--terminate") { Description = "Terminate all machines and forget everything but keys and base image." };
var port = new Option<int>("--port") { Description = "Port to listen on; 0 for any free one.", DefaultValueFactory = _ => 0 };
port.Validators.Add(r =>
{
    if (r.GetValueOrDefault<int>() is < 0 or > 65535)
    {
        r.AddError("--port must be from 0 to 65535.");
    }
});
var listen = new Option<IPAddress>("--listen")
{
    Description = "Loopback address to listen on.",
    DefaultValueFactory = _ => IPAddress.Loopback,
    CustomParser = r =>
    {
        if (IPAddress.TryParse(r.Tokens[0].Value, out var address) && IPAddress.IsLoopback(address))
        {
            return address;
        }

        r.AddError($"--listen {r.Tokens[0].Value}: the lab listens on loopback addresses only, such as 127.0.0.1; it gives whoever reaches it root on machines here.");
        return null;
    },
};
var centos = new Option<string?>("--centos-image") { Description = $"The image that a machine of CentOS Stream 9 is made of, such as docker.io/rockylinux/rockylinux:9. [default: ${PulledImage.Variable} or {PulledImage.DefaultReference}]" };
LabFolders Folders(ParseResult result) =>
    LabFolders.From(FullPath(result.GetValue(state)), FullPath(result.GetValue(cache)));
static string? FullPath(string? path) => string.IsNullOrEmpty(path) ? null : Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

var start = new System.CommandLine.Command("start", "Start the lab: an EC2 endpoint on loopback whose instances are local machines.") { detach, state, cache, port, listen, centos };
start.SetAction((result, cancellationToken) =>
{
    if (result.GetValue(centos) is { Length: > 0 } reference)
    {
        // A lab in the background inherits it.
        Environment.SetEnvironmentVariable(PulledImage.Variable, reference);
    }

    return result.GetValue(detach)
        ? DetachedStart.RunAsync(Folders(result), result.GetValue(listen)!, result.GetValue(port), cancellationToken)
        : StartCommand.RunAsync(Folders(result), result.GetValue(listen)!, result.GetValue(port), cancellationToken);
});
var status = new System.CommandLine.Command("status", "Whether a lab runs, where, and which machines it has. Exit code 3 when none runs.") { json, state, cache };
status.SetAction((result, cancellationToken) => StatusCommand.RunAsync(Folders(result), result.GetValue(json), cancellationToken));
var stop = new System.CommandLine.Command("stop", "Stop the lab with its machines, which the next start brings back; also one that was killed.") { terminate, remove, state, cache };
stop.SetAction((result, cancellationToken) => StopCommand.RunAsync(Folders(result), result.GetValue(terminate), result.GetValue(remove), cancellationToken));
var check = new System.CommandLine.Command("check", "What the lab needs and this machine does not have. Exit code 1 when something is missing.") { json };
check.SetAction((result, cancellationToken) => CheckCommand.RunAsync(result.GetValue(json), cancellationToken));

var faultOptions = new FaultOptions();
var list = new System.CommandLine.Command("list", "The faults that still strike, and what they have met.") { json, state, cache };
list.SetAction((result, cancellationToken) => FaultCommand.ListAsync(Folders(result), result.GetValue(json), cancellationToken));
var id = new Argument<string?>("id") { Description = "One fault, such as fault-1. [default: all]", Arity = ArgumentArity.ZeroOrOne };
var clear = new System.CommandLine.Command("clear", "Takes faults back, and ends what instances suffer from them.") { id, json, state, cache };
clear.SetAction((result, cancellationToken) => FaultCommand.ClearAsync(Folders(result), result.GetValue(id), result.GetValue(json), cancellationToken));
var add = new System.CommandLine.Command("add", "Makes something go wrong in the running lab.") { json, state, cache };
faultOptions.AddTo(add);
add.SetAction((result, cancellationToken) => FaultCommand.AddAsync(Folders(result), faultOptions.Read(result), result.GetValue(json), cancellationToken));
var fault = new System.CommandLine.Command("fault", "Makes things go wrong in the running lab, on request and within bounds.") { add, list, clear };

var reset = new Option<bool>("--reset") { Description = "Count from zero again." };
var calls = new System.CommandLine.Command("calls", "How often each API action was called, refused calls with it.") { reset, json, state, cache };
calls.SetAction((result, cancellationToken) => FaultCommand.CallsAsync(Folders(result), result.GetValue(reset), result.GetValue(json), cancellationToken));

var root = new RootCommand("An EC2 on your own machine: real AWS clients, real machines, nothing to pay.") { start, status, stop, check, fault, calls };
try
{
    // Ending takes as long as the machines take; the signals are the command's own.
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is MachineException or IOException or UnauthorizedAccessException or HttpRequestException)
{
    Console.Error.WriteLine(e.Message);
    return ExitCodes.Failed;
}
catch (OperationCanceledException)
{
    return ExitCodes.Interrupted;
}
