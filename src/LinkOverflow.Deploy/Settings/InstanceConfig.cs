using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Settings;

/// <summary>What <c>instance.config</c> holds: the product's configuration, kept under version control.</summary>
public sealed partial record InstanceConfig
{
    /// <summary>The name that is looked for in the current folder.</summary>
    public const string FileName = "instance.config";

    private static readonly Dictionary<string, string[]> KnownKeys = new(StringComparer.Ordinal)
    {
        ["EC2"] =
        [
            "ImageID", "InstanceType", "SshUser", "SshFrom", "SecurityGroup", "SubnetId", "PublicAddress", "VolumeSize", "MaxInstances", "BootTimeout",
        ],
        ["Puppet"] = ["PuppetURL", "PuppetConfigFile"],
        ["Django"] = ["Port", "Server", "HealthPath", "HealthTimeout", "SharedPaths", "KeepReleases", "Databases", "DatabaseDumps"],
        ["Environment"] = [],
    };

    /// <summary>The file that this configuration was read from.</summary>
    public required string File { get; init; }

    /// <summary>The AMI: an id, or <c>resolve:ssm:</c> and the name of a public parameter, which EC2 resolves itself.</summary>
    public required string ImageId { get; init; }

    /// <summary>The instance type, such as t3.small.</summary>
    public required string InstanceType { get; init; }

    /// <summary>The user that the image lets in with the key pair.</summary>
    public string SshUser { get; init; } = "admin";

    /// <summary>The networks that the deployment's own security group lets SSH in from, in CIDR notation; none: the caller's own address.</summary>
    public IReadOnlyList<string> SshFrom { get; init; } = [];

    /// <summary>An existing security group's id or name; null: the deployment gets its own.</summary>
    public string? SecurityGroup { get; init; }

    /// <summary>The subnet to launch into; null: the default VPC's.</summary>
    public string? SubnetId { get; init; }

    /// <summary>Whether the public address is used to reach an instance (else the private one).</summary>
    public bool PublicAddress { get; init; } = true;

    /// <summary>The root volume's size in GiB; null: as large as the image has it.</summary>
    public int? VolumeSize { get; init; }

    /// <summary>The guard against an expensive typo: more instances are refused.</summary>
    public int MaxInstances { get; init; } = 5;

    /// <summary>How long an instance may take from its launch until it can be logged in to.</summary>
    public TimeSpan BootTimeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>A package that brings Puppet's own repository; null: the distribution's Puppet.</summary>
    public string? PuppetUrl { get; init; }

    /// <summary>The absolute path of the manifest, or of a folder with manifests and modules.</summary>
    public required string PuppetConfigFile { get; init; }

    /// <summary>The TCP port that the site answers on.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>What serves the site: gunicorn or runserver.</summary>
    public string Server { get; init; } = "gunicorn";

    /// <summary>The path that tells whether the site is well, from the root of the site.</summary>
    public string HealthPath { get; init; } = "/";

    /// <summary>How long a new release may take to answer <see cref="HealthPath"/>.</summary>
    public TimeSpan HealthTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Files and folders of the project that outlive a release.</summary>
    public IReadOnlyList<string> SharedPaths { get; init; } = [];

    /// <summary>How many releases stay on a host.</summary>
    public int KeepReleases { get; init; } = 5;

    /// <summary>The databases that a publish migrates, by their names in Django's DATABASES.</summary>
    public IReadOnlyList<string> Databases { get; init; } = ["default"];

    /// <summary>Whether a database that is no SQLite file is dumped before it is migrated.</summary>
    public bool DatabaseDumps { get; init; } = true;

    /// <summary>Environment variables of the site.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The line of a key in <see cref="File"/>, for errors that are found later; null where it does not stand there.</summary>
    internal int? LineOf(string key) => Lines.TryGetValue(key, out var line) ? line : null;

    private IReadOnlyDictionary<string, int> Lines { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Where the file is looked for unless it is named.</summary>
    public static string DefaultPath => Path.GetFullPath(FileName);

    /// <summary>Reads the file and adds everything wrong with it to <paramref name="problems"/>.</summary>
    /// <returns>The configuration, or null where there were errors.</returns>
    public static InstanceConfig? Read(string path, List<Problem> problems)
    {
        var before = problems.Count;
        IniFile file;
        try
        {
            file = IniFile.Load(path);
        }
        catch (SettingsException e)
        {
            problems.AddRange(e.Problems.Select(p => p.Id != ErrorId.SettingsFileMissing ? p : new Problem(
                ErrorId.SettingsFileMissing,
                $"There is no configuration file {path}.",
                "Run in the folder that has it, or name another with --instance-config FILE (-InstanceConfig in PowerShell).")));
            return null;
        }

        var reading = new SettingsReading(file, KnownKeys, problems);
        if (!reading.RequireSection("EC2") | !reading.RequireSection("Puppet"))
        {
            return null;
        }

        var imageId = reading.Required("EC2", "ImageID");
        if (imageId.Length > 0 && !ImageRegex().IsMatch(imageId))
        {
            reading.Invalid(
                "EC2",
                "ImageID",
                $"ImageID = {imageId} cannot be an image: an id is ami- and 8 or 17 hexadecimal digits, an alias resolve:ssm: and a parameter's name.",
                "Copy the id from the EC2 console or from the distribution's list of images.",
                ErrorId.ImageMalformed);
        }

        var healthPath = reading.Optional("Django", "HealthPath") ?? "/";
        if (healthPath[0] != '/' || healthPath.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            reading.Invalid("Django", "HealthPath", $"HealthPath = {healthPath} does not begin with a slash, or has a blank.");
        }

        // What ends up in commands and paths of a host has to look like what it is.
        reading.Pattern("EC2", "SshUser", UserRegex(), "the name of a user");
        reading.Pattern("EC2", "SubnetId", SubnetRegex(), "a subnet's id, subnet- and hexadecimal digits");
        if (reading.Optional("Puppet", "PuppetURL") is { } url && !(Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" or "file"))
        {
            reading.Invalid("Puppet", "PuppetURL", $"PuppetURL = {url} is no http, https or file URL.", "Leave it empty for the distribution's own Puppet.");
        }

        var sharedPaths = reading.List("Django", "SharedPaths", "");
        foreach (var shared in sharedPaths.Where(s => Path.IsPathRooted(s) || s.Any(char.IsControl) || s.TrimEnd('/').Split('/', '\\').Any(part => part is ".." or "." or "")))
        {
            reading.Invalid("Django", "SharedPaths", $"SharedPaths names {shared}, which is not a path below the project.", "Name files and folders as seen from manage.py, such as media.");
        }

        var databases = reading.List("Django", "Databases", "default");
        foreach (var database in databases.Where(d => !DatabaseRegex().IsMatch(d)))
        {
            reading.Invalid("Django", "Databases", $"Databases names {database}, which is no name of a database.", "Use the names that the project's DATABASES has, such as default.");
        }

        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in reading.All("Environment"))
        {
            if (!VariableRegex().IsMatch(entry.Name) || entry.Value.Contains('\n', StringComparison.Ordinal))
            {
                reading.Invalid("Environment", entry.Name, $"{entry.Name} cannot be an environment variable of one line.");
            }

            environment[entry.Name] = entry.Value;
        }

        var config = new InstanceConfig
        {
            File = path,
            ImageId = imageId,
            InstanceType = reading.Required("EC2", "InstanceType"),
            SshUser = reading.Optional("EC2", "SshUser") ?? "admin",
            SshFrom = Networks(reading),
            SecurityGroup = reading.Optional("EC2", "SecurityGroup"),
            SubnetId = reading.Optional("EC2", "SubnetId"),
            PublicAddress = reading.Flag("EC2", "PublicAddress", standard: true),
            VolumeSize = reading.Optional("EC2", "VolumeSize") is null ? null : reading.Number("EC2", "VolumeSize", 8, 1, 65536),
            MaxInstances = reading.Number("EC2", "MaxInstances", 5, 1, 1000),
            BootTimeout = TimeSpan.FromSeconds(reading.Number("EC2", "BootTimeout", 300, 1, 86400)),
            PuppetUrl = reading.Optional("Puppet", "PuppetURL"),
            PuppetConfigFile = Manifest(reading, path),
            Port = reading.Number("Django", "Port", 8080, 1, 65535),
            Server = reading.Choice("Django", "Server", "gunicorn", "gunicorn", "runserver"),
            HealthPath = healthPath,
            HealthTimeout = TimeSpan.FromSeconds(reading.Number("Django", "HealthTimeout", 60, 1, 3600)),
            SharedPaths = sharedPaths,
            KeepReleases = reading.Number("Django", "KeepReleases", 5, 1, 100),
            Databases = databases,
            DatabaseDumps = reading.Flag("Django", "DatabaseDumps", standard: true),
            Environment = environment,
            Lines = reading.Lines(),
        };
        return problems.Skip(before).Any(p => p.Severity == Severity.Error) ? null : config;
    }

    private static string[] Networks(SettingsReading reading)
    {
        var networks = new List<string>();
        foreach (var text in reading.List("EC2", "SshFrom", ""))
        {
            if (IPNetwork.TryParse(text, out var network))
            {
                networks.Add(network.ToString());
            }
            else if (IPAddress.TryParse(text, out var address))
            {
                networks.Add($"{address}/{(address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)}");
            }
            else
            {
                reading.Invalid("EC2", "SshFrom", $"SshFrom has {text}, which is neither an address nor a network such as 203.0.113.0/24.");
            }
        }

        return [.. networks.Distinct(StringComparer.Ordinal)];
    }

    private static string Manifest(SettingsReading reading, string configPath)
    {
        var text = reading.Required("Puppet", "PuppetConfigFile");
        if (text.Length == 0)
        {
            return "";
        }

        var manifest = FilePaths.Expand(text, Path.GetDirectoryName(Path.GetFullPath(configPath))!);
        if (!System.IO.File.Exists(manifest) && !Directory.Exists(manifest))
        {
            reading.Invalid(
                "Puppet",
                "PuppetConfigFile",
                $"PuppetConfigFile names {manifest}, and there is no such file or folder.",
                "Correct the path; a relative one starts at the configuration file.",
                ErrorId.ManifestMissing);
        }
        else if (!FilePrivacy.OwnerCanRead(manifest))
        {
            reading.Invalid(
                "Puppet",
                "PuppetConfigFile",
                $"The manifest {manifest} is not readable: its mode is {FilePrivacy.Mode(manifest)}.",
                $"Run: chmod u+r {manifest}",
                ErrorId.ManifestInvalid);
        }

        return manifest;
    }

    [GeneratedRegex(@"^(ami-([0-9a-f]{8}|[0-9a-f]{17})|resolve:ssm:[A-Za-z0-9_.\-/]+(:\d+)?)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ImageRegex();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_.-]{0,31}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UserRegex();

    [GeneratedRegex("^[A-Za-z0-9_][A-Za-z0-9_.-]*$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DatabaseRegex();

    [GeneratedRegex("^subnet-[0-9a-f]{8,17}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SubnetRegex();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VariableRegex();
}
