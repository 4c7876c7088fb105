using System.Text.Json;
using System.Text.Json.Serialization;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Lab;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Reports;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Launch;

/// <summary>One run of <c>launch</c>.</summary>
internal sealed class LaunchRun(LaunchOptions options, TextWriter output, TextWriter error)
{
    /// <summary>The exit code of a run that was interrupted.</summary>
    public const int Interrupted = 130;

    private const int Failed = 1;

    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter() },
    };

    // What EC2 says of a request before it starts anything.
    private static readonly HashSet<string> NothingStarted = new(StringComparer.Ordinal)
    {
        ErrorId.CredentialsRejected, ErrorId.CredentialsMissing, ErrorId.KeyPairNotFound, ErrorId.ImageMalformed, ErrorId.ImageNotFound,
        ErrorId.InstanceTypeUnknown, ErrorId.ValueInvalid, ErrorId.ZoneUnknown, ErrorId.PermissionDenied,
    };

    private readonly LaunchedInstances _launched = new();
    private DeploymentPlan? _plan;

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            return options.Remove is { } deployment ? await RemoveAsync(deployment, cancellationToken)
                : options.Check ? await CheckAsync(cancellationToken)
                : await DeployAsync(cancellationToken);
        }
        catch (DeployException e)
        {
            foreach (var problem in e.Problems)
            {
                await error.WriteLineAsync($"launch: {(problem.Severity == Severity.Warning ? "warning: " : "")}{problem}");
            }

            return e is SettingsException || NothingStarted.Contains(e.Id) ? LaunchCommand.BadUsage : Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await error.WriteLineAsync($"launch: interrupted [{ErrorId.Interrupted}]");
            if (_plan is not null)
            {
                await error.WriteLineAsync(_launched.Describe() ?? $"Whatever EC2 has launched carries the tag of {_plan.Deployment} and costs money.");
                await error.WriteLineAsync($"Go on:   launch {options.Project} --resume {_plan.Deployment}{SettingsOption}{PolicyOption}");
                await error.WriteLineAsync($"Remove:  {RemoveCommand(_plan.Deployment)}");
            }

            return Interrupted;
        }
        catch (Exception e)
        {
            // A defect of this program; whoever reports it sets the variable to tell where.
            var detail = Environment.GetEnvironmentVariable("LINKOVERFLOW_TRACE") is null ? $"{e.GetType().Name}: {e.Message}" : e.ToString();
            await error.WriteLineAsync($"launch: unexpected: {detail} [{ErrorId.Unexpected}]");
            if (_plan is not null)
            {
                await error.WriteLineAsync($"If instances were launched, remove them: {RemoveCommand(_plan.Deployment)}");
            }

            return Failed;
        }
        finally
        {
            await SshConnections.CloseAllAsync();
        }
    }

    private async Task<int> DeployAsync(CancellationToken cancellationToken)
    {
        if (options.Report is not null)
        {
            HtmlReport.CheckFile(options.Report);
        }

        // The lab is started for a request only that is right in everything else.
        var request = DeploymentRequest.Of(
            options.Project!, options.Count, options.Minimum, options.AwsSettings, options.InstanceConfig) with { Resume = options.Resume, EnvironmentFile = options.EnvironmentFile };
        if (options.Lab)
        {
            DeploymentPlan.CheckWithoutSettings(request);
            request = request with { AwsSettings = await SettingsFileAsync(cancellationToken) };
        }

        var plan = await DeploymentPlan.MakeAsync(request, cancellationToken) with { HostKeyPolicy = options.HostKeyPolicy };
        _plan = plan;
        using var cloud = new Ec2Cloud(plan.Settings);
        DeploymentResult result;
        await using (var progress = ProgressView.Create(error, options.Verbose))
        {
            void Show(DeploymentEvent happened)
            {
                _launched.Note(happened);
                progress.Show(happened);
            }

            result = await new Deployment(cloud, Show).RunAsync(
                plan,
                new DeploymentOptions { OnFailure = options.OnFailure, ThrottleLimit = options.ThrottleLimit, BreakLock = options.BreakLock },
                cancellationToken);
        }

        if (options.Report is not null)
        {
            result = await HtmlReport.WriteAsync(result, options.Report, cancellationToken);
        }

        if (options.Json)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(result, JsonOptions));
        }
        else
        {
            ResultTable.Write(output, result);
        }

        foreach (var failure in result.Failures)
        {
            await error.WriteLineAsync($"launch: {failure.Instance.Name}: {failure.Message} [{failure.Id}]");
        }

        if (!options.Json)
        {
            LOInstance[] left = [.. result.Instances.Where(i => !result.Removed.Contains(i.InstanceId, StringComparer.Ordinal))];
            foreach (var instance in left.Where(i => i.LoginCommand is not null))
            {
                await error.WriteLineAsync($"Log in:  {instance.LoginCommand}");
            }

            if (result.Report is not null)
            {
                await error.WriteLineAsync($"Report:  {result.Report}");
            }

            if (left.Length > 0)
            {
                await error.WriteLineAsync($"Remove:  {RemoveCommand(result.Deployment)}");
            }
        }

        return result.ExitCode;
    }

    /// <summary>The lab's settings with --lab, starting it where it does not run; else the user's.</summary>
    private async Task<string> SettingsFileAsync(CancellationToken cancellationToken) => options.Lab
        ? (await LocalLab.StartAsync(line => error.WriteLine($"lab: {line}"), cancellationToken)).Settings
        : options.AwsSettings ?? AwsSettings.DefaultPath;

    private async Task<int> CheckAsync(CancellationToken cancellationToken)
    {
        var settings = await SettingsFileAsync(cancellationToken);
        var checks = await Checklist.RunAsync(
            options.Project,
            Path.GetFullPath(settings),
            Path.GetFullPath(options.InstanceConfig ?? InstanceConfig.DefaultPath),
            options.Offline ? null : s => new Ec2Cloud(s),
            cancellationToken);
        if (options.Json)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(checks, JsonOptions));
        }
        else if (!options.Quiet)
        {
            ChecklistTable.Write(output, checks);
        }

        return checks.Any(c => c.Status == CheckStatus.Error) ? LaunchCommand.BadUsage : 0;
    }

    private async Task<int> RemoveAsync(string deployment, CancellationToken cancellationToken)
    {
        var path = await SettingsFileAsync(cancellationToken);
        var problems = new List<Problem>();
        using var cloud = new Ec2Cloud(AwsSettings.Read(path, problems) ?? throw new SettingsException(problems));
        var removed = await new Removal(cloud).RemoveAsync(deployment, cancellationToken);
        await error.WriteLineAsync(removed.Count == 0
            ? $"Nothing carries the tag of deployment {deployment}."
            : $"Removed {removed.Count} instance(s) of {deployment}: {string.Join(", ", removed)}");
        return 0;
    }

    private string RemoveCommand(string deployment) => $"launch --remove {deployment}{SettingsOption}";

    private string PolicyOption => options.HostKeyPolicy == HostKeyPolicy.Console ? "" : $" --host-key-policy {options.HostKeyPolicy}";

    private string SettingsOption => options.Lab ? " --lab" : options.AwsSettings is null ? "" : $" --aws-settings {options.AwsSettings}";
}
