using System.Globalization;
using System.Security.Cryptography;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Puppet;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>What the user asks for.</summary>
/// <param name="Project">The folder of the Django project.</param>
/// <param name="Count">How many instances.</param>
/// <param name="Minimum">With how many healthy instances the deployment still counts as a success in part.</param>
/// <param name="AwsSettings">The settings file, or null: the one in the home folder.</param>
/// <param name="InstanceConfig">The configuration file, or null: the one in the current folder.</param>
/// <param name="Resume">The id of a deployment to go on with, or null: a new one. With it a count of 0 is that of the deployment.</param>
public sealed record DeploymentRequest(
    string Project, int Count, int Minimum = 1, string? AwsSettings = null, string? InstanceConfig = null, string? Resume = null)
{
    /// <summary>A file of variables for the site's environment, secrets among them; null: none.</summary>
    public string? EnvironmentFile { get; init; }

    /// <summary>What was given for <see cref="Count"/>, where it is no number.</summary>
    public string? NoNumber { get; init; }

    /// <summary>A request with the count as it was typed: one that is no number is told among everything else that is wrong.</summary>
    public static DeploymentRequest Of(string project, string? count, int minimum, string? awsSettings, string? instanceConfig) =>
        int.TryParse(count ?? "0", NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? new DeploymentRequest(project, number, minimum, awsSettings, instanceConfig)
            : new DeploymentRequest(project, 0, minimum, awsSettings, instanceConfig) { NoNumber = count };
}

/// <summary>A request with everything it names read and checked: what will be launched, and what will run there.</summary>
/// <param name="Deployment">The new deployment's id.</param>
/// <param name="Project">The Django project.</param>
/// <param name="Count">How many instances.</param>
/// <param name="Minimum">How many at least.</param>
/// <param name="Settings">The user's settings.</param>
/// <param name="Config">The product's configuration.</param>
/// <param name="Warnings">What is odd, though not wrong.</param>
public sealed record DeploymentPlan(
    string Deployment,
    DjangoProject Project,
    int Count,
    int Minimum,
    AwsSettings Settings,
    InstanceConfig Config,
    IReadOnlyList<Problem> Warnings)
{
    /// <summary>How the instances prove their host keys.</summary>
    public HostKeyPolicy HostKeyPolicy { get; init; }

    /// <summary>The networks that SSH is let in from, in CIDR notation; null: not found out yet.</summary>
    public IReadOnlyList<string>? SshFrom { get; init; }

    /// <summary>Whether the deployment is there already, in part or whole, and is gone on with.</summary>
    public bool Resumes { get; init; }

    /// <summary>What is there of it, which is not launched again.</summary>
    internal Found Found { get; init; } = Found.Nothing;

    /// <summary>Reads and checks all that a request names, without asking EC2; the manifest is read by the Puppet of this machine, where there is one.</summary>
    /// <exception cref="SettingsException">Everything that is wrong, all of it at once.</exception>
    public static async Task<DeploymentPlan> MakeAsync(DeploymentRequest request, CancellationToken cancellationToken)
    {
        var problems = new List<Problem>();
        var (project, config) = ReadAllButSettings(request, problems);
        if (config is not null && (await ManifestCheck.RunAsync(config, cancellationToken)).Problem is { } unreadable)
        {
            problems.Add(unreadable);
        }

        var settings = AwsSettings.Read(Path.GetFullPath(request.AwsSettings ?? AwsSettings.DefaultPath), problems);
        return problems.Any(p => p.Severity == Severity.Error)
            ? throw new SettingsException(problems)
            : new DeploymentPlan(request.Resume ?? NewId(project!.Name), project!, request.Count, request.Minimum, settings!, config!, problems)
            {
                Resumes = request.Resume is not null,
            };
    }

    /// <summary>Checks all that a request names but the user's settings, for the time before the lab has written them.</summary>
    /// <exception cref="SettingsException">Everything that is wrong, all of it at once.</exception>
    public static void CheckWithoutSettings(DeploymentRequest request)
    {
        var problems = new List<Problem>();
        ReadAllButSettings(request, problems);
        if (problems.Any(p => p.Severity == Severity.Error))
        {
            throw new SettingsException(problems);
        }
    }

    private static Problem InvalidCount(string count, int maximum) => new(
        ErrorId.InvalidCount,
        $"The number of instances is {count}; it has to be within 1-{maximum}.",
        "MaxInstances in instance.config sets the upper end.");

    private static (DjangoProject? Project, InstanceConfig? Config) ReadAllButSettings(DeploymentRequest request, List<Problem> problems)
    {
        var project = DjangoProject.Read(request.Project, problems);
        var config = LinkOverflow.Deploy.Settings.InstanceConfig.Read(
            Path.GetFullPath(request.InstanceConfig ?? LinkOverflow.Deploy.Settings.InstanceConfig.DefaultPath), problems);
        if (request.EnvironmentFile is { } environment)
        {
            try
            {
                var variables = LinkOverflow.Deploy.Settings.EnvironmentFile.Read(Path.GetFullPath(environment));
                config = config is null ? null : LinkOverflow.Deploy.Settings.EnvironmentFile.With(config, variables);
            }
            catch (SettingsException e)
            {
                problems.AddRange(e.Problems);
            }
        }

        var maximum = config?.MaxInstances ?? 5;
        if (request.Resume is { } id && !IsId(id))
        {
            problems.Insert(0, new Problem(ErrorId.ValueInvalid, $"'{id}' is no deployment's id.", "Get-LODeployment lists those that are there."));
        }

        if (request is { Resume: not null, Count: 0, NoNumber: null })
        {
            // The deployment's own tags tell.
            return (project, config);
        }

        if (request.NoNumber is not null || request.Count < 1 || request.Count > maximum)
        {
            problems.Insert(0, InvalidCount(request.NoNumber ?? request.Count.ToString(CultureInfo.InvariantCulture), maximum));
        }
        else if (request.Minimum < 1 || request.Minimum > request.Count)
        {
            problems.Insert(0, new Problem(
                ErrorId.InvalidCount, $"The minimum {request.Minimum} is not within 1-{request.Count}, the number of instances."));
        }

        return (project, config);
    }

    /// <summary>Whether a text can be a deployment's id: EC2's filters take * and ? for any text, and the id becomes a folder's name.</summary>
    public static bool IsId(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static string NewId(string project) => $"{project}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
}
