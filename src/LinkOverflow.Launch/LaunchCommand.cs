using System.CommandLine;
using System.Runtime.InteropServices;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Launch;

/// <summary>The command line of <c>launch</c>.</summary>
internal static class LaunchCommand
{
    public const int BadUsage = 2;

    private static readonly Argument<string?> Project = new("project")
    {
        Description = "The folder of the Django project, the one with manage.py.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Argument<string?> Count = new("count")
    {
        Description = "How many instances to launch; from 1 to MaxInstances of the configuration, which is 5 by default.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> AwsSettings = new("--aws-settings")
    {
        Description = "The file with your AWS keys, zone and SSH key pair. [default: ~/.aws.settings]",
        HelpName = "FILE",
    };

    private static readonly Option<string?> EnvironmentFile = new("--environment-file")
    {
        Description = "NAME=value lines for the site's environment, for your eyes only: secrets, which are on no command line.", HelpName = "FILE",
    };

    private static readonly Option<string?> InstanceConfig = new("--instance-config")
    {
        Description = "The file that says what an instance is. [default: ./instance.config]",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Lab = new("--lab")
    {
        Description = "Use local machines instead of AWS; starts the lab where none runs. [default: off]",
    };

    private static readonly Option<int> Minimum = new("--minimum")
    {
        Description = "How many instances have to become healthy for a success in part (exit code 3).",
        HelpName = "NUMBER",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<string?> Resume = new("--resume")
    {
        Description = "Go on with this deployment after an interruption or a failure: each host is picked up where it is, and only what is missing is launched. <count> can be left out. [default: a new deployment]",
        HelpName = "DEPLOYMENT",
    };

    private static readonly Option<bool> BreakLock = new("--break-lock")
    {
        Description = "With --resume: take the deployment's lock from whoever holds it. [default: off]",
    };

    private static readonly Option<HostKeyPolicy> HostKeys = new("--host-key-policy")
    {
        Description = "How an instance proves its host key at the first login. Console: by what it printed to its console. TrustOnFirstUse: by what it presents first. KnownHosts: by your own known_hosts files.",
        HelpName = "Console|TrustOnFirstUse|KnownHosts",
        DefaultValueFactory = _ => HostKeyPolicy.Console,
    };

    private static readonly Option<FailureAction> OnFailure = new("--on-failure")
    {
        Description = "What becomes of instances when something fails. Keep: they stay and cost money. Remove: failed ones are ended; with fewer healthy than --minimum, all.",
        HelpName = "Keep|Remove",
        DefaultValueFactory = _ => FailureAction.Keep,
    };

    private static readonly Option<int> ThrottleLimit = new("--throttle-limit")
    {
        Description = "How many instances are worked on at once.",
        HelpName = "NUMBER",
        DefaultValueFactory = _ => 32,
    };

    private static readonly Option<string?> Report = new("--report")
    {
        Description = "Write an HTML report, one file that needs nothing else. [default: none]",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Print the result as one JSON document on stdout, everything else on stderr. [default: off]",
    };

    private static readonly Option<bool> Verbose = new("--verbose", "-v")
    {
        Description = "Show what the hosts print, too. [default: off]",
    };

    private static readonly Option<bool> Check = new("--check")
    {
        Description = "Check settings, configuration, project and what EC2 knows of them, and start nothing. [default: off]",
    };

    private static readonly Option<bool> Offline = new("--offline")
    {
        Description = "With --check: leave out what only EC2 can tell. [default: off]",
    };

    private static readonly Option<bool> Quiet = new("--quiet")
    {
        Description = "With --check: print nothing; the exit code tells, 0 or 2. [default: off]",
    };

    private static readonly Option<string?> Remove = new("--remove")
    {
        Description = "Instead of launching: remove this deployment, whatever belongs to it.",
        HelpName = "DEPLOYMENT",
    };

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var command = new RootCommand(
            "Takes a Django project to running, health-checked EC2 instances: settings checked, instances launched, configured by Puppet, published and served, all hosts side by side. "
            + "Exit codes: 0 all healthy, 1 failed, 2 bad arguments or settings (nothing was started), 3 fewer healthy than asked for, 130 interrupted.")
        {
            Project, Count, AwsSettings, InstanceConfig, EnvironmentFile, Lab, Minimum, Resume, BreakLock, HostKeys, OnFailure, ThrottleLimit, Report, Json, Verbose, Check, Offline, Quiet, Remove,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new LaunchOptions(
                parsed.GetValue(Project),
                parsed.GetValue(Count),
                parsed.GetValue(AwsSettings),
                parsed.GetValue(InstanceConfig),
                parsed.GetValue(EnvironmentFile),
                parsed.GetValue(Lab),
                parsed.GetValue(Minimum),
                parsed.GetValue(Resume),
                parsed.GetValue(BreakLock),
                parsed.GetValue(HostKeys),
                parsed.GetValue(OnFailure),
                parsed.GetValue(ThrottleLimit),
                parsed.GetValue(Report),
                parsed.GetValue(Json),
                parsed.GetValue(Verbose),
                parsed.GetValue(Check),
                parsed.GetValue(Offline),
                parsed.GetValue(Quiet),
                parsed.GetValue(Remove));
            if (options.Wrong() is { } wrong)
            {
                return Usage(error, wrong);
            }

            // A terminal that is closed interrupts as Ctrl+C does, so that the deployment's lock is freed; nohup keeps it from that.
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
            {
                signal.Cancel = true;
                ending.Cancel();
            });
            try
            {
                return await new LaunchRun(options, output, error).RunAsync(ending.Token);
            }
            catch (IOException) when (ending.IsCancellationRequested)
            {
                // Nobody reads any more what an interrupted run has to say.
                return LaunchRun.Interrupted;
            }
        });

        var result = command.Parse(args);
        return result.Errors.Count > 0
            ? Usage(error, [.. result.Errors.Select(e => e.Message)])
            : await result.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,

                // An interrupted run answers at once; what it needs longer for is to free the deployment's lock where EC2 is slow.
                ProcessTerminationTimeout = TimeSpan.FromSeconds(10),
            });
    }

    private static int Usage(TextWriter error, params string[] wrong)
    {
        foreach (var message in wrong)
        {
            error.WriteLine($"launch: {message} [{ErrorId.Usage}]");
        }

        error.WriteLine("Usage: launch <project> <count> [options]      (launch --help explains them)");
        return BadUsage;
    }
}
