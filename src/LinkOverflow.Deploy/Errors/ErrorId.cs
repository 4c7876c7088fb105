namespace LinkOverflow.Deploy.Errors;

/// <summary>
/// The stable names of everything that can go wrong, each with its cause and its fix; docs/errors.md is made from this file. PowerShell
/// shows them as FullyQualifiedErrorId, <c>launch</c> in brackets; scripts may rely on them, so a released id is never renamed.
/// </summary>
public static class ErrorId
{
    /// <summary>The command line itself is wrong: something is missing or too much.</summary>
    [Remedy(
        "An argument was left out, or one stands there that nobody reads, or two options exclude each other.",
        "See `launch --help`; the message names the word that is missing or too much.")]
    public const string Usage = "Usage";

    /// <summary>The number of instances is no number, or outside the allowed range.</summary>
    [Remedy(
        "A slip of the finger, or MaxInstances in instance.config (5 unless set) is lower than what is wanted: the guard against an expensive typo.",
        "Give a whole number within the range that the message names, or raise MaxInstances.")]
    public const string InvalidCount = "InvalidCount";

    /// <summary>The project folder is missing, holds no readable manage.py, or its manage.py names no settings module.</summary>
    [Remedy(
        "The path leads to the repository or to the inner package instead of the folder with manage.py.",
        "Name the folder that holds manage.py, as `django-admin startproject` lays it out.")]
    public const string NotADjangoProject = "NotADjangoProject";

    /// <summary>A settings file does not exist.</summary>
    [Remedy(
        "It was not written yet, or the command runs in another folder than the one with instance.config.",
        "Write both with `New-LOSettings`, or name others with -AwsSettings and -InstanceConfig (--aws-settings, --instance-config).")]
    public const string SettingsFileMissing = "SettingsFileMissing";

    /// <summary>New-LOSettings would overwrite a file.</summary>
    [Remedy(
        "The file has been written before, by hand or by an earlier run.",
        "Give -Force to replace settings, or name another file; a private key is never replaced.")]
    public const string SettingsFileExists = "SettingsFileExists";

    /// <summary>A settings file cannot be read by its owner.</summary>
    [Remedy(
        "The file's mode lacks the owner's read permission, or it belongs to somebody else.",
        "Run the chmod that the message gives; where the file belongs to another user, write one of your own.")]
    public const string SettingsFileUnreadable = "SettingsFileUnreadable";

    /// <summary>The file with the secret key can be read by other users.</summary>
    [Remedy(
        "Editors and copies create files with mode 644.",
        "Run the chmod that the message gives. Where others have used the machine meanwhile, replace the key in the IAM console.")]
    public const string SettingsFileNotPrivate = "SettingsFileNotPrivate";

    /// <summary>A settings file is not written as such files are: bad line, duplicate, binary, a folder, too large.</summary>
    [Remedy(
        "A key without `=`, a section or key given twice, an unclosed bracket, an encoding other than UTF-8, or the path of some other file.",
        "Correct the line that the message names; docs/settings.md shows both files.")]
    public const string SettingsSyntax = "SettingsSyntax";

    /// <summary>A required section is missing.</summary>
    [Remedy(
        "The section's header was left out or misspelt; names of sections are case-sensitive.",
        "Write the header as the message gives it, above its keys.")]
    public const string SectionMissing = "SectionMissing";

    /// <summary>A required key is missing or empty.</summary>
    [Remedy(
        "The key was left out, misspelt, or has no value.",
        "Correct the line that the message points at, or add `key = value` to the section.")]
    public const string KeyMissing = "KeyMissing";

    /// <summary>A section or key that nobody reads; a warning.</summary>
    [Remedy(
        "A misspelt optional key, or one of another version.",
        "Take the nearest known name that the message gives, or remove the line.")]
    public const string KeyUnknown = "KeyUnknown";

    /// <summary>A key's value cannot be what the key wants.</summary>
    [Remedy(
        "A number outside its range, a word that is none of the choices, a path without its slash, a name that EC2 does not know.",
        "Put in a value as the message describes it; docs/settings.md has every key.")]
    public const string ValueInvalid = "ValueInvalid";

    /// <summary>The private key file does not exist.</summary>
    [Remedy(
        "SSHKeyPairFile has a wrong path, or the key was saved elsewhere.",
        "Save the key pair's private half there or correct the path. A lost one cannot be had again: make a new pair with `New-LOSettings -CreateKeyPair`.")]
    public const string KeyFileMissing = "KeyFileMissing";

    /// <summary>The private key file cannot be read by its owner.</summary>
    [Remedy(
        "The file's mode lacks the owner's read permission.",
        "Run the chmod that the message gives.")]
    public const string KeyFileUnreadable = "KeyFileUnreadable";

    /// <summary>The private key file can be read by other users; OpenSSH refuses such a key.</summary>
    [Remedy(
        "Browsers save downloads with mode 644.",
        "Run the chmod that the message gives.")]
    public const string KeyFileNotPrivate = "KeyFileNotPrivate";

    /// <summary>An image id that cannot be one.</summary>
    [Remedy(
        "Letters were lost or added in copying.",
        "Copy the id again; it is ami- and 8 or 17 hexadecimal digits, or resolve:ssm: and a parameter's name.")]
    public const string ImageMalformed = "ImageMalformed";

    /// <summary>The image is unknown in the region, or not open to the account.</summary>
    [Remedy(
        "Images belong to one region; old ones are withdrawn; Marketplace images have to be subscribed to; a public parameter's name is misspelt.",
        "Look for the image in the region that the message names, subscribe to it, or use a resolve:ssm: parameter, which follows the distribution's newest image.")]
    public const string ImageNotFound = "ImageNotFound";

    /// <summary>The Puppet manifest does not exist.</summary>
    [Remedy(
        "PuppetConfigFile has a wrong path; a relative one starts at instance.config.",
        "Correct PuppetConfigFile.")]
    public const string ManifestMissing = "ManifestMissing";

    /// <summary>Puppet cannot compile the manifest, or the file cannot be read.</summary>
    [Remedy(
        "A syntax error, an unknown function or class, or a file without read permission.",
        "Correct the line that Puppet's own words name; `puppet parser validate FILE` checks it on any machine with Puppet.")]
    public const string ManifestInvalid = "ManifestInvalid";

    /// <summary>AWS refused the credentials.</summary>
    [Remedy(
        "A wrong or deleted key, an expired session token or sign-in, or a clock that is minutes off.",
        "Compare the key id with the IAM console, sign in again (`aws sso login`), and check the clock.")]
    public const string CredentialsRejected = "CredentialsRejected";

    /// <summary>No credentials are in the settings, and the profile or the standard AWS chain gives none.</summary>
    [Remedy(
        "A profile that does not exist or is not signed in to, or no keys anywhere.",
        "Set AccessKeyId and SecretAccessKey, or Profile, in the settings; see `aws configure list-profiles`.")]
    public const string CredentialsMissing = "CredentialsMissing";

    /// <summary>The credentials are good, but may not do what a deployment needs.</summary>
    [Remedy(
        "The account's policies lack ec2:RunInstances, ec2:CreateSecurityGroup or ec2:CreateTags, or deny them here. EC2 was asked with DryRun, so nothing was started.",
        "Ask whoever keeps the account's policies for the action that the message names.")]
    public const string PermissionDenied = "PermissionDenied";

    /// <summary>The availability zone is unknown in the region.</summary>
    [Remedy(
        "A zone's letter that the region does not have, or a zone of another region than Region says.",
        "Take one of the zones that the message lists, or leave the letter out to let EC2 choose.")]
    public const string ZoneUnknown = "ZoneUnknown";

    /// <summary>The key pair is unknown in the region.</summary>
    [Remedy(
        "Key pairs belong to one region; the name is misspelt, or the pair was made elsewhere.",
        "Take one of the pairs that the message lists, import yours, or make one with `New-LOSettings -CreateKeyPair`.")]
    public const string KeyPairNotFound = "KeyPairNotFound";

    /// <summary>EC2 has a key pair of that name already.</summary>
    [Remedy(
        "New-LOSettings -CreateKeyPair was asked for a name that is taken in the region.",
        "Choose another name; or use the pair, where you have its private half.")]
    public const string KeyPairExists = "KeyPairExists";

    /// <summary>The private key on this machine is not that of the key pair in EC2.</summary>
    [Remedy(
        "SSHKeyPairFile leads to another key, or the pair was made anew under the same name.",
        "Correct SSHKeyPair or SSHKeyPairFile; `ssh-keygen -lf FILE` shows a key's fingerprint.")]
    public const string KeyPairMismatch = "KeyPairMismatch";

    /// <summary>The instance type is unknown, or not offered there.</summary>
    [Remedy(
        "A misspelt type, or one that this zone or region does not have.",
        "Take one of the names or zones that the message gives.")]
    public const string InstanceTypeUnknown = "InstanceTypeUnknown";

    /// <summary>EC2 answered with an error that has no id of its own here.</summary>
    [Remedy(
        "The message has EC2's code and words.",
        "Look the code up in EC2's list of error codes (docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html).")]
    public const string CloudError = "CloudError";

    /// <summary>EC2 could not be reached.</summary>
    [Remedy(
        "No network, a proxy in between, a region that does not exist, or a wrong EndpointUrl.",
        "Check the network and the proxy variables; correct Region, AvailabilityZone or EndpointUrl.")]
    public const string CloudUnreachable = "CloudUnreachable";

    /// <summary>EC2 could give fewer instances than the minimum.</summary>
    [Remedy(
        "The zone has no free machines of this type, or the account's quota is used up.",
        "Try another zone or type, a smaller number, or ask AWS for a larger quota.")]
    public const string CapacityInsufficient = "CapacityInsufficient";

    /// <summary>The address that SSH comes from, which a deployment's security group opens port 22 to, could not be found out.</summary>
    [Remedy(
        "This machine reaches AWS but not checkip.amazonaws.com, for instance through a proxy that lets only AWS's own endpoints pass.",
        "Set SshFrom in [EC2] of instance.config to the address or network that SSH will come from, or name an existing SecurityGroup.")]
    public const string CallerAddressUnknown = "CallerAddressUnknown";

    /// <summary>An instance did not become reachable within its boot timeout, or ended while booting.</summary>
    [Remedy(
        "A security group or network that lets no SSH in, another user name than SshUser, an image that boots slowly, or a volume that could not be made.",
        "See what the message says was waited for, and the instance's console output; BootTimeout sets the limit.")]
    public const string InstanceUnreachable = "InstanceUnreachable";

    /// <summary>The host presented another host key than the one it printed to its console.</summary>
    [Remedy(
        "Something between here and the host answers in its place, or its host keys were made anew after boot.",
        "Do not log in. Look at the instance's console output in EC2; launch anew where it cannot be explained.")]
    public const string HostKeyMismatch = "HostKeyMismatch";

    /// <summary>The connection to a host was lost or could not be made.</summary>
    [Remedy(
        "The network broke, the host restarts, its SSH server refuses the key, or its security group does not let this machine's address in.",
        "Run the step again: each can be repeated. The message has OpenSSH's own words. After a change of address, -Resume opens the deployment's group to the new one.")]
    public const string ConnectionFailed = "ConnectionFailed";

    /// <summary>The OpenSSH client is not installed.</summary>
    [Remedy(
        "There is no `ssh` on the PATH.",
        "Install OpenSSH's client (Debian: openssh-client; Windows: an optional feature).")]
    public const string SshClientMissing = "SshClientMissing";

    /// <summary>Puppet could not be installed on a host.</summary>
    [Remedy(
        "PuppetURL cannot be reached from the host, or its package sources have no puppet-agent.",
        "Read the remote command's last lines in the message; correct PuppetURL, or leave it empty for the distribution's own Puppet.")]
    public const string PuppetInstallFailed = "PuppetInstallFailed";

    /// <summary>Puppet ran, and a resource failed.</summary>
    [Remedy(
        "A package that is not to be had, a service that does not start, a command that fails.",
        "The message names each resource with Puppet's words; correct the manifest and run the step again.")]
    public const string PuppetApplyFailed = "PuppetApplyFailed";

    /// <summary>A release could not be sent or put in place.</summary>
    [Remedy(
        "The host's disk is full, Python or gunicorn is missing there, or the project cannot be packed.",
        "Read the remote command's last lines in the message; the release before it stays in use.")]
    public const string PublishFailed = "PublishFailed";

    /// <summary>The database migrations of a release failed; the release before it stays.</summary>
    [Remedy(
        "A migration that does not fit the data, or a database that cannot be reached.",
        "Read Django's words in the message, correct the migration and publish again; the database was put back.")]
    public const string MigrationFailed = "MigrationFailed";

    /// <summary>A host does not hold the release to go back to.</summary>
    [Remedy(
        "Nothing was published before the release in use, or it was removed as KeepReleases says, or the id is misspelt.",
        "Get-LORelease lists what a host holds; publish the project as it was to bring a release back.")]
    public const string ReleaseNotFound = "ReleaseNotFound";

    /// <summary>A command that this program runs on a host failed.</summary>
    [Remedy(
        "The host lacks a program, or its disk is full, or the login user may not use sudo without a password.",
        "Read the host's own words in the message; Enter-LOHost logs in to look.")]
    public const string CommandFailed = "CommandFailed";

    /// <summary>The site does not answer its health check.</summary>
    [Remedy(
        "The project's code fails at start, HealthPath does not exist, or the site needs longer than HealthTimeout.",
        "The message has the site's last lines of log; correct the project or HealthPath and publish again.")]
    public const string HealthCheckFailed = "HealthCheckFailed";

    /// <summary>Somebody else is at work on the deployment.</summary>
    [Remedy(
        "Two people or two jobs work on the same deployment; or a run on another machine ended without freeing its lock.",
        "Wait until the other is done. Where nobody is at work any more, break the lock: -BreakLock (--break-lock).")]
    public const string DeploymentLocked = "DeploymentLocked";

    /// <summary>Nothing carries the tag of a deployment with this id.</summary>
    [Remedy(
        "The id is misspelt, or the deployment is in another region or account, or was removed.",
        "Look for it with `Get-LODeployment`.")]
    public const string DeploymentNotFound = "DeploymentNotFound";

    /// <summary>The lab cannot be started.</summary>
    [Remedy(
        "The lab's program is not built, or this machine lacks what its machines need.",
        "The message has the lab's own words; `./build.sh build` builds it, `./build.sh demo` installs what it needs.")]
    public const string LabUnavailable = "LabUnavailable";

    /// <summary>The user interrupted the run.</summary>
    [Remedy(
        "Ctrl+C.",
        "Instances that were launched keep running: remove them with the command that is printed.")]
    public const string Interrupted = "Interrupted";

    /// <summary>A defect of this program.</summary>
    [Remedy(
        "None that you could mend.",
        "Set LINKOVERFLOW_TRACE=1, run it again, and report what it prints.")]
    public const string Unexpected = "Unexpected";
}
