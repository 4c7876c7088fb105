namespace LinkOverflow.Deploy.Errors;

/// <summary>
/// The stable names of everything that can go wrong. PowerShell shows them as FullyQualifiedErrorId, <c>launch</c> in
/// brackets; scripts may rely on them, so a released id is never renamed.
/// </summary>
public static class ErrorId
{
    /// <summary>The command line itself is wrong: something is missing or too much.</summary>
    public const string Usage = "Usage";

    /// <summary>The number of instances is no number, or outside the allowed range.</summary>
    public const string InvalidCount = "InvalidCount";

    /// <summary>The project folder is missing or holds no manage.py.</summary>
    public const string NotADjangoProject = "NotADjangoProject";

    /// <summary>A settings file does not exist.</summary>
    public const string SettingsFileMissing = "SettingsFileMissing";

    /// <summary>A settings file cannot be read by its owner.</summary>
    public const string SettingsFileUnreadable = "SettingsFileUnreadable";

    /// <summary>The file with the secret key can be read by other users.</summary>
    public const string SettingsFileNotPrivate = "SettingsFileNotPrivate";

    /// <summary>A settings file is not written as such files are: bad line, duplicate, binary, a folder, too large.</summary>
    public const string SettingsSyntax = "SettingsSyntax";

    /// <summary>A required section is missing.</summary>
    public const string SectionMissing = "SectionMissing";

    /// <summary>A required key is missing or empty.</summary>
    public const string KeyMissing = "KeyMissing";

    /// <summary>A section or key that nobody reads; a warning.</summary>
    public const string KeyUnknown = "KeyUnknown";

    /// <summary>A key's value cannot be what the key wants.</summary>
    public const string ValueInvalid = "ValueInvalid";

    /// <summary>The private key file does not exist.</summary>
    public const string KeyFileMissing = "KeyFileMissing";

    /// <summary>The private key file can be read by other users; OpenSSH refuses such a key.</summary>
    public const string KeyFileNotPrivate = "KeyFileNotPrivate";

    /// <summary>An image id that cannot be one.</summary>
    public const string ImageMalformed = "ImageMalformed";

    /// <summary>The image is unknown in the region, or not open to the account.</summary>
    public const string ImageNotFound = "ImageNotFound";

    /// <summary>The Puppet manifest does not exist.</summary>
    public const string ManifestMissing = "ManifestMissing";

    /// <summary>AWS refused the credentials.</summary>
    public const string CredentialsRejected = "CredentialsRejected";

    /// <summary>No credentials are in the settings, and the standard AWS chain has none.</summary>
    public const string CredentialsMissing = "CredentialsMissing";

    /// <summary>The key pair is unknown in the region.</summary>
    public const string KeyPairNotFound = "KeyPairNotFound";

    /// <summary>The private key on this machine is not that of the key pair in EC2.</summary>
    public const string KeyPairMismatch = "KeyPairMismatch";

    /// <summary>The instance type is unknown, or not offered there.</summary>
    public const string InstanceTypeUnknown = "InstanceTypeUnknown";

    /// <summary>EC2 answered with an error that has no id of its own here.</summary>
    public const string CloudError = "CloudError";

    /// <summary>EC2 could not be reached.</summary>
    public const string CloudUnreachable = "CloudUnreachable";

    /// <summary>EC2 could give fewer instances than the minimum.</summary>
    public const string CapacityInsufficient = "CapacityInsufficient";

    /// <summary>An instance did not become reachable within its boot timeout, or ended while booting.</summary>
    public const string InstanceUnreachable = "InstanceUnreachable";

    /// <summary>The host presented another host key than the one it printed to its console.</summary>
    public const string HostKeyMismatch = "HostKeyMismatch";

    /// <summary>The connection to a host was lost or could not be made.</summary>
    public const string ConnectionFailed = "ConnectionFailed";

    /// <summary>The OpenSSH client is not installed.</summary>
    public const string SshClientMissing = "SshClientMissing";

    /// <summary>Puppet could not be installed on a host.</summary>
    public const string PuppetInstallFailed = "PuppetInstallFailed";

    /// <summary>Puppet ran, and a resource failed.</summary>
    public const string PuppetApplyFailed = "PuppetApplyFailed";

    /// <summary>Puppet cannot compile the manifest.</summary>
    public const string ManifestInvalid = "ManifestInvalid";

    /// <summary>A release could not be sent or put in place.</summary>
    public const string PublishFailed = "PublishFailed";

    /// <summary>The database migrations of a release failed; the release before it stays.</summary>
    public const string MigrationFailed = "MigrationFailed";

    /// <summary>The site does not answer its health check.</summary>
    public const string HealthCheckFailed = "HealthCheckFailed";

    /// <summary>The lab cannot be started.</summary>
    public const string LabUnavailable = "LabUnavailable";

    /// <summary>The user interrupted the run.</summary>
    public const string Interrupted = "Interrupted";

    /// <summary>A defect of this program.</summary>
    public const string Unexpected = "Unexpected";
}
