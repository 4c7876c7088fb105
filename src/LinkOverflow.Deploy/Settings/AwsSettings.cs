using System.Text.RegularExpressions;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Settings;

/// <summary>What <c>.aws.settings</c> holds: who the user is to AWS, where to launch, and the SSH key pair.</summary>
public sealed partial record AwsSettings
{
    /// <summary>The name that is looked for in the home folder.</summary>
    public const string FileName = ".aws.settings";

    private static readonly Dictionary<string, string[]> KnownKeys = new(StringComparer.Ordinal)
    {
        ["EC2"] =
        [
            "AccessKeyId", "SecretAccessKey", "SessionToken", "Profile", "Region", "AvailabilityZone", "SSHKeyPair", "SSHKeyPairFile",
            "EndpointUrl",
        ],
    };

    /// <summary>The file that these settings were read from.</summary>
    public required string File { get; init; }

    /// <summary>The access key id, or null where a profile or the standard AWS chain gives the credentials.</summary>
    public string? AccessKeyId { get; init; }

    /// <summary>The secret access key.</summary>
    public Secret? SecretAccessKey { get; init; }

    /// <summary>The token that goes with temporary keys.</summary>
    public Secret? SessionToken { get; init; }

    /// <summary>The profile of <c>~/.aws</c> to use instead of keys.</summary>
    public string? Profile { get; init; }

    /// <summary>The region, such as us-west-2.</summary>
    public required string Region { get; init; }

    /// <summary>The zone, such as us-west-2a, or null: EC2 chooses.</summary>
    public string? Zone { get; init; }

    /// <summary>The key pair's name in EC2.</summary>
    public required string KeyPair { get; init; }

    /// <summary>The absolute path of the key pair's private half.</summary>
    public required string KeyFile { get; init; }

    /// <summary>Another endpoint than AWS's own, such as the lab's.</summary>
    public string? EndpointUrl { get; init; }

    /// <summary>The line of a key in <see cref="File"/>, for errors that are found later; null where it does not stand there.</summary>
    internal int? LineOf(string key) => Lines.TryGetValue(key, out var line) ? line : null;

    private IReadOnlyDictionary<string, int> Lines { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Where the file is looked for unless it is named.</summary>
    public static string DefaultPath =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), FileName);

    /// <summary>Reads the file and adds everything wrong with it to <paramref name="problems"/>.</summary>
    /// <returns>The settings, or null where there were errors.</returns>
    public static AwsSettings? Read(string path, List<Problem> problems)
    {
        var before = problems.Count;
        IniFile file;
        try
        {
            CheckFile(path, problems);
            if (problems.Count > before)
            {
                return null;
            }

            file = IniFile.Load(path);
        }
        catch (SettingsException e)
        {
            problems.AddRange(e.Problems.Select(p => p.Id == ErrorId.SettingsFileMissing ? Missing(path) : p));
            return null;
        }

        var reading = new SettingsReading(file, KnownKeys, problems);
        if (!reading.RequireSection("EC2"))
        {
            return null;
        }

        var accessKeyId = reading.Optional("EC2", "AccessKeyId");
        var secret = reading.Optional("EC2", "SecretAccessKey");
        var profile = reading.Optional("EC2", "Profile");
        if (profile is null && HasNearMissOfKeys(file["EC2"]!, accessKeyId, secret))
        {
            // Both keys or none: with none the standard AWS chain is used, with one somebody mistyped the other.
            accessKeyId = reading.Required("EC2", "AccessKeyId");
            secret = reading.Required("EC2", "SecretAccessKey");
        }

        var (region, zone) = RegionAndZone(reading);
        var keyPair = reading.Required("EC2", "SSHKeyPair");
        var keyFile = reading.Required("EC2", "SSHKeyPairFile");
        if (keyFile.Length > 0)
        {
            keyFile = FilePaths.Expand(keyFile, Path.GetDirectoryName(Path.GetFullPath(path))!);
            CheckKeyFile(keyFile, file, problems);
        }

        var endpoint = reading.Optional("EC2", "EndpointUrl");
        if (endpoint is not null && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            reading.Invalid("EC2", "EndpointUrl", $"EndpointUrl = {endpoint} is not an http(s) URL.");
        }

        if (problems.Skip(before).Any(p => p.Severity == Severity.Error))
        {
            return null;
        }

        return new AwsSettings
        {
            File = path,
            AccessKeyId = accessKeyId,
            SecretAccessKey = secret is null ? null : new Secret(secret),
            SessionToken = reading.Optional("EC2", "SessionToken") is { } token ? new Secret(token) : null,
            Profile = profile,
            Region = region,
            Zone = zone,
            KeyPair = keyPair,
            KeyFile = keyFile,
            EndpointUrl = endpoint,
            Lines = reading.Lines(),
        };
    }

    private static void CheckFile(string path, List<Problem> problems)
    {
        if (!System.IO.File.Exists(path))
        {
            if (!Directory.Exists(path))
            {
                problems.Add(Missing(path));
            }

            return;
        }

        if (!FilePrivacy.OwnerCanRead(path))
        {
            problems.Add(new Problem(
                ErrorId.SettingsFileUnreadable, $"The file is not readable: its mode is {FilePrivacy.Mode(path)}.", $"Run: chmod 600 {path}", path));
        }
        else if (!FilePrivacy.IsPrivate(path))
        {
            problems.Add(new Problem(
                ErrorId.SettingsFileNotPrivate,
                $"The file holds a secret key and is readable by others: its mode is {FilePrivacy.Mode(path)}.",
                $"Run: chmod 600 {path}",
                path));
        }
    }

    private static Problem Missing(string path) => new(
        ErrorId.SettingsFileMissing,
        $"There is no settings file {path}.",
        "Write one with New-LOSettings (README.md has a template), or name another with --aws-settings FILE (-AwsSettings in PowerShell).");

    private static bool HasNearMissOfKeys(IniSection section, string? accessKeyId, string? secret) =>
        accessKeyId is not null
        || secret is not null
        || section.Entries.Any(e => !KnownKeys["EC2"].Contains(e.Name, StringComparer.OrdinalIgnoreCase)
            && NearestName.Find(e.Name, KnownKeys["EC2"]) is "AccessKeyId" or "SecretAccessKey");

    /// <summary>The region and the zone in a zone's or a region's name; null where it is neither.</summary>
    internal static (string Region, string? Zone)? Place(string text)
    {
        var match = ZoneRegex().Match(text);
        return match.Success ? (match.Groups["region"].Value, match.Groups["zone"].Value.Length > 0 ? text : null) : null;
    }

    private static (string Region, string? Zone) RegionAndZone(SettingsReading reading)
    {
        var region = reading.Optional("EC2", "Region");
        if (region is not null && Place(region) is not { Zone: null })
        {
            reading.Invalid("EC2", "Region", $"Region = {region} is not a region such as us-west-2.");
        }

        var zone = region is null ? reading.Required("EC2", "AvailabilityZone") : reading.Optional("EC2", "AvailabilityZone");
        if (string.IsNullOrEmpty(zone))
        {
            return (region ?? "", null);
        }

        if (Place(zone) is not { } place)
        {
            reading.Invalid(
                "EC2",
                "AvailabilityZone",
                $"AvailabilityZone = {zone} is neither a zone such as us-west-2a nor a region such as us-west-2.");
            return (region ?? "", null);
        }

        return (region ?? place.Region, place.Zone);
    }

    private static void CheckKeyFile(string keyFile, IniFile file, List<Problem> problems)
    {
        var line = file["EC2"]!["SSHKeyPairFile"]!.Line;
        if (!System.IO.File.Exists(keyFile))
        {
            problems.Add(new Problem(
                ErrorId.KeyFileMissing,
                $"SSHKeyPairFile names {keyFile}, and there is no such file.",
                "Save the key pair's private half there, or correct the path.",
                file.Path,
                line));
        }
        else if (!FilePrivacy.OwnerCanRead(keyFile))
        {
            problems.Add(new Problem(
                ErrorId.KeyFileUnreadable,
                $"The private key {keyFile} is not readable: its mode is {FilePrivacy.Mode(keyFile)}.",
                $"Run: chmod 400 {keyFile}",
                file.Path,
                line));
        }
        else if (!FilePrivacy.IsPrivate(keyFile))
        {
            problems.Add(new Problem(
                ErrorId.KeyFileNotPrivate,
                $"The private key {keyFile} can be read by others: its mode is {FilePrivacy.Mode(keyFile)}.",
                $"Run: chmod 400 {keyFile}",
                file.Path,
                line));
        }
    }

    // Zones: us-west-2a; local zones: us-west-2-lax-1a; wavelength zones: us-east-1-wl1-bos-wlz-1.
    [GeneratedRegex(@"^(?<region>[a-z]{2}(-[a-z]+)+-\d)(?<zone>[a-z]|-[a-z0-9-]+)?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ZoneRegex();
}
