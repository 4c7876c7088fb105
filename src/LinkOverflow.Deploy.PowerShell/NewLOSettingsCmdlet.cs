using System.Management.Automation;
using System.Security;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>
/// Writes .aws.settings (mode 600) and instance.config, from parameters, from a profile of ~/.aws, or by asking; makes a key pair in EC2
/// with -CreateKeyPair. Emits the files that it wrote; overwrites none without -Force.
/// </summary>
/// <example>
/// Says which files would be written for a profile of ~/.aws, and writes none.
/// <code>
/// New-LOSettings -Profile work -Region us-west-2 -KeyPair LinkOverflow-keys -KeyFile ~/LinkOverflow-keys.pem -WhatIf
/// </code>
/// </example>
[Cmdlet(VerbsCommon.New, "LOSettings", SupportsShouldProcess = true, DefaultParameterSetName = KeysSet)]
[OutputType(typeof(FileInfo))]
public sealed class NewLOSettingsCmdlet : EngineCmdlet
{
    private const string KeysSet = "Keys";
    private const string ProfileSet = "Profile";

    /// <summary>The settings file to write; by default ~/.aws.settings.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(AwsSettingsCompleter))]
    [ValidateNotNullOrEmpty]
    public string AwsSettings { get; set; } = Settings.AwsSettings.DefaultPath;

    /// <summary>The configuration file to write; by default instance.config in the current location. One that is there is left as it is, unless a value for it is given.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(InstanceConfigCompleter))]
    [ValidateNotNullOrEmpty]
    public string InstanceConfig { get; set; } = Settings.InstanceConfig.FileName;

    /// <summary>The access key id. Left empty when asked for, the standard AWS credential chain gives the credentials.</summary>
    [Parameter(ParameterSetName = KeysSet)]
    public string? AccessKeyId { get; set; }

    /// <summary>The secret access key; asked for without echo where it is needed and not given.</summary>
    [Parameter(ParameterSetName = KeysSet)]
    public SecureString? SecretAccessKey { get; set; }

    /// <summary>The token that goes with temporary keys.</summary>
    [Parameter(ParameterSetName = KeysSet)]
    public SecureString? SessionToken { get; set; }

    /// <summary>A profile of ~/.aws to use instead of keys, roles and IAM Identity Center included; its region is taken unless one is given.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ProfileSet)]
    [ArgumentCompleter(typeof(ProfileCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Profile { get; set; }

    /// <summary>The region; EC2 chooses the zone.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(RegionCompleter))]
    public string? Region { get; set; }

    /// <summary>The zone, such as us-west-2a.</summary>
    [Parameter]
    public string? AvailabilityZone { get; set; }

    /// <summary>The key pair's name in EC2.</summary>
    [Parameter]
    public string? KeyPair { get; set; }

    /// <summary>The file of the key pair's private half; with -CreateKeyPair by default ~/NAME.pem.</summary>
    [Parameter]
    public string? KeyFile { get; set; }

    /// <summary>Make the key pair in EC2 and save its private half with mode 400.</summary>
    [Parameter]
    public SwitchParameter CreateKeyPair { get; set; }

    /// <summary>Another EC2 endpoint than AWS's own.</summary>
    [Parameter]
    public string? EndpointUrl { get; set; }

    /// <summary>The image, for instance.config: an AMI's id, or resolve:ssm: and a parameter's name.</summary>
    [Parameter]
    public string? ImageId { get; set; }

    /// <summary>The instance type, for instance.config.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(InstanceTypeCompleter))]
    public string? InstanceType { get; set; }

    /// <summary>The user that the image lets in, for instance.config.</summary>
    [Parameter]
    public string? SshUser { get; set; }

    /// <summary>The Puppet manifest, for instance.config; without it the product's own is written beside it.</summary>
    [Parameter]
    public string? PuppetConfigFile { get; set; }

    /// <summary>Overwrite settings and configuration that are there; never a private key.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private bool GivesConfiguration => (ImageId ?? InstanceType ?? SshUser ?? PuppetConfigFile) is not null;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        try
        {
            var settingsPath = FilePath(AwsSettings);
            var configPath = FilePath(InstanceConfig);
            var writesConfig = GivesConfiguration || !File.Exists(configPath);

            // Before anybody is asked anything.
            NewFile.ThrowIfThere(settingsPath, Force);
            if (writesConfig)
            {
                NewFile.ThrowIfThere(configPath, Force);
            }

            if (Profile is not null && !Ec2Names.Profiles().Contains(Profile, StringComparer.Ordinal))
            {
                throw new SettingsException(new Problem(ErrorId.CredentialsMissing, $"No profile is called {Profile}.", Ec2Names.ProfilesInWords()));
            }

            Ask();
            var settings = Values();
            var keyFile = FilePaths.Expand(settings.KeyFile, Path.GetDirectoryName(settingsPath)!);
            var account = settings.ToAwsSettings(settingsPath, keyFile);
            if (CreateKeyPair && ShouldProcess($"{settings.KeyPair} in {account.Region}, saved as {keyFile}", "Create key pair"))
            {
                Wait(CreateAsync(account));
                WriteObject(new FileInfo(keyFile));
            }

            if (ShouldProcess(settingsPath, "Write settings"))
            {
                settings.Write(settingsPath, Force);
                WriteObject(new FileInfo(settingsPath));
            }

            if (!writesConfig)
            {
                WriteVerbose($"{configPath} is there already and is left as it is.");
            }
            else if (ShouldProcess(configPath, "Write configuration"))
            {
                WriteConfiguration(configPath);
            }
        }
        catch (DeployException e)
        {
            ThrowTerminatingError(Errors.Record(e, null));
        }
    }

    private async Task<bool> CreateAsync(Settings.AwsSettings account)
    {
        using var cloud = new Ec2Cloud(account);
        await NewKeyPair.CreateAsync(cloud, account.KeyPair, account.KeyFile, StopToken);
        return true;
    }

    private void WriteConfiguration(string path)
    {
        var standard = new NewInstanceConfig();
        var config = new NewInstanceConfig
        {
            ImageId = ImageId ?? standard.ImageId,
            InstanceType = InstanceType ?? standard.InstanceType,
            SshUser = SshUser ?? standard.SshUser,
            PuppetConfigFile = PuppetConfigFile ?? standard.PuppetConfigFile,
        };
        config.Write(path, Force);
        WriteObject(new FileInfo(path));
        if (PuppetConfigFile is null)
        {
            foreach (var file in ProductManifest.Write(Path.GetDirectoryName(path)!))
            {
                WriteObject(new FileInfo(file));
            }
        }
    }

    /// <summary>Asks for what is needed and was not given, as PowerShell asks for mandatory parameters; secrets without echo.</summary>
    private void Ask()
    {
        if (Profile is null && AccessKeyId is null)
        {
            AccessKeyId = Text(Prompt(new Question(nameof(AccessKeyId), "Empty: the standard AWS credential chain gives the credentials.")));
        }

        var questions = new List<Question>();
        if (AccessKeyId is { Length: > 0 } && SecretAccessKey is null)
        {
            questions.Add(new Question(nameof(SecretAccessKey), "The key's secret; it is not shown.", IsSecret: true));
        }

        Region ??= AvailabilityZone is null && Profile is not null ? Ec2Names.RegionOf(Profile) : null;
        if (Region is null && AvailabilityZone is null)
        {
            questions.Add(new Question(nameof(AvailabilityZone), "A zone such as us-west-2a, or a region such as us-west-2."));
        }

        if (KeyPair is null)
        {
            questions.Add(new Question(nameof(KeyPair), "The key pair's name in EC2."));
        }

        if (KeyFile is null && !CreateKeyPair)
        {
            questions.Add(new Question(nameof(KeyFile), "The file of its private half."));
        }

        var answers = Prompt([.. questions]);
        SecretAccessKey ??= answers.GetValueOrDefault(nameof(SecretAccessKey))?.BaseObject as SecureString;
        AvailabilityZone ??= Text(answers, nameof(AvailabilityZone));
        KeyPair ??= Text(answers, nameof(KeyPair));
        KeyFile ??= Text(answers, nameof(KeyFile)) ?? (CreateKeyPair ? $"~/{KeyPair}.pem" : null);
    }

    private Dictionary<string, PSObject> Prompt(params Question[] questions)
    {
        if (questions.Length == 0)
        {
            return [];
        }

        var fields = new System.Collections.ObjectModel.Collection<System.Management.Automation.Host.FieldDescription>();
        foreach (var question in questions)
        {
            var field = new System.Management.Automation.Host.FieldDescription(question.Parameter) { HelpMessage = question.Help, IsMandatory = false };
            field.SetParameterType(question.IsSecret ? typeof(SecureString) : typeof(string));
            fields.Add(field);
        }

        try
        {
            return Host.UI.Prompt("New-LOSettings", string.Join(Environment.NewLine, questions.Select(q => $"{q.Parameter}: {q.Help}")), fields);
        }
        catch (Exception e) when (e is PSInvalidOperationException or System.Management.Automation.Host.HostException or NotImplementedException)
        {
            throw new DeployException(
                ErrorId.Usage, $"This session cannot be asked, and these are missing: {string.Join(", ", questions.Select(q => $"-{q.Parameter}"))}.", "Give them as parameters.");
        }
    }

    private static string? Text(Dictionary<string, PSObject> answers, string? parameter = null) =>
        (parameter is null ? answers.Values.FirstOrDefault() : answers.GetValueOrDefault(parameter))?.BaseObject is string { Length: > 0 } text ? text.Trim() : null;

    private NewAwsSettings Values()
    {
        var problems = new List<Problem>();
        void Require(string parameter, bool there)
        {
            if (!there)
            {
                problems.Add(new Problem(ErrorId.KeyMissing, $"-{parameter} is needed, and nothing was given for it."));
            }
        }

        Require(nameof(SecretAccessKey), string.IsNullOrEmpty(AccessKeyId) || SecretAccessKey is { Length: > 0 });
        Require(nameof(AccessKeyId), SecretAccessKey is null || !string.IsNullOrEmpty(AccessKeyId));
        Require(nameof(AvailabilityZone), !string.IsNullOrEmpty(Region) || !string.IsNullOrEmpty(AvailabilityZone));
        Require(nameof(KeyPair), !string.IsNullOrEmpty(KeyPair));
        Require(nameof(KeyFile), !string.IsNullOrEmpty(KeyFile));
        return problems.Count > 0 ? throw new SettingsException(problems) : new NewAwsSettings
        {
            AccessKeyId = string.IsNullOrEmpty(AccessKeyId) ? null : AccessKeyId,
            SecretAccessKey = Hidden(SecretAccessKey),
            SessionToken = Hidden(SessionToken),
            Profile = Profile,
            Region = Region,
            AvailabilityZone = AvailabilityZone,
            KeyPair = KeyPair!,
            // Seen from the current location, as other paths that are typed; ~ stays, for people who share a home folder's layout.
            KeyFile = KeyFile!.StartsWith('~') || KeyFile.StartsWith('$') ? KeyFile : FilePath(KeyFile),
            EndpointUrl = EndpointUrl,
        };
    }

    private static Secret? Hidden(SecureString? text) =>
        text is null ? null : new Secret(new System.Net.NetworkCredential("", text).Password);

    private sealed record Question(string Parameter, string Help, bool IsSecret = false);
}
