using System.CommandLine;
using LinkOverflow.Build;

var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    // The programs that were started get the signal too; this one stays to clean up after them.
    e.Cancel = true;
    stop.Cancel();
};

var count = new Option<int>("--count") { Description = "How many instances.", DefaultValueFactory = _ => 3 };
var keep = new Option<bool>("--keep") { Description = "Leave it running, and say how to log in, look and remove." };
var action = new Argument<string>("action") { Description = "start, status or stop.", DefaultValueFactory = _ => "start" };
var remove = new Option<bool>("--remove") { Description = "With stop: remove the base image, too." };
var quick = new Option<bool>("--quick") { Description = "Leave out the tests that need real machines." };

var demo = new Command("demo", "Deploys samples/linkoverflow to local machines, from nothing.") { count, keep };
demo.SetAction(r => AsRoot.RunAsync(args, () => new DemoTask(stop.Token).RunAsync(r.GetValue(count), r.GetValue(keep)), stop.Token));
var lab = new Command("lab", "Starts the lab, an EC2 on this machine; or shows or stops it.") { action, remove };
lab.SetAction(r => AsRoot.RunAsync(args, () => LabTask.RunAsync(r.GetValue(action)!, r.GetValue(remove), stop.Token), stop.Token));
var test = new Command("test", "Builds, runs every test, and closes with the numbers of all suites.") { quick };
test.SetAction(r => new TestTask(stop.Token).RunAsync(r.GetValue(quick)));
var build = new Command("build", "Builds everything into bin/ and lays the module out in artifacts/module/.");
build.SetAction(_ => BuildTask.RunAsync(stop.Token));
var bench = new Command("bench", "Measures what the project promises, and prints the figures.");
bench.SetAction(_ => new BenchTask(stop.Token).RunAsync());
var pack = new Command("pack", "Makes the module's folder and packages in artifacts/.");
pack.SetAction(_ => PackTask.RunAsync(stop.Token));
var clean = new Command("clean", "Removes what builds and tests made.");
clean.SetAction(_ => CleanTask.Run());

var root = new RootCommand("The tasks of LinkOverflow.Deploy.") { build, test, demo, lab, bench, pack, clean };
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (TaskFailedException e)
{
    await Console.Error.WriteLineAsync($"build: {e.Message}");
    return e.ExitCode;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync("build: interrupted");
    return 130;
}
