namespace LinkOverflow.Deploy.Settings;

/// <summary>What is to stand in a new <c>.aws.settings</c>; null leaves a key out.</summary>
public sealed record NewAwsSettings
{
    /// <summary>The access key id.</summary>
    public string? AccessKeyId { get; init; }

    /// <summary>The secret access key.</summary>
    public Secret? SecretAccessKey { get; init; }

    /// <summary>The token that goes with temporary keys.</summary>
    public Secret? SessionToken { get; init; }

    /// <summary>The profile of ~/.aws to use instead of keys.</summary>
    public string? Profile { get; init; }

    /// <summary>The region, where <see cref="AvailabilityZone"/> does not tell it.</summary>
    public string? Region { get; init; }

    /// <summary>A zone, or a region.</summary>
    public string? AvailabilityZone { get; init; }

    /// <summary>The key pair's name in EC2.</summary>
    public required string KeyPair { get; init; }

    /// <summary>The path of its private half, as it is to stand there.</summary>
    public required string KeyFile { get; init; }

    /// <summary>Another endpoint than AWS's own.</summary>
    public string? EndpointUrl { get; init; }

    /// <summary>The settings as a reader of the file has them, before there is a file.</summary>
    /// <param name="path">The file that is going to be written.</param>
    /// <param name="keyFile">The absolute path of the private half.</param>
    /// <exception cref="Errors.SettingsException">ValueInvalid: no zone, no region.</exception>
    public AwsSettings ToAwsSettings(string path, string keyFile)
    {
        var place = AvailabilityZone is null ? (Region!, null) : AwsSettings.Place(AvailabilityZone) ?? throw new Errors.SettingsException(new Errors.Problem(
            Errors.ErrorId.ValueInvalid, $"AvailabilityZone = {AvailabilityZone} is neither a zone such as us-west-2a nor a region such as us-west-2."));
        return new AwsSettings
        {
            File = path,
            AccessKeyId = AccessKeyId,
            SecretAccessKey = SecretAccessKey,
            SessionToken = SessionToken,
            Profile = Profile,
            Region = Region ?? place.Item1,
            Zone = place.Item2,
            KeyPair = KeyPair,
            KeyFile = keyFile,
            EndpointUrl = EndpointUrl,
        };
    }

    /// <summary>Writes the file with mode 600.</summary>
    /// <exception cref="Errors.SettingsException">SettingsFileExists, ValueInvalid; nothing was written.</exception>
    public void Write(string path, bool overwrite)
    {
        var ini = new IniWriter()
            .Comment("Your own settings of LinkOverflow.Deploy: secret, for your eyes only (mode 600), never version-controlled.")
            .Section("EC2");
        if (AccessKeyId is not null)
        {
            ini.Comment("From the IAM console.")
                .Key("AccessKeyId", AccessKeyId)
                .Key("SecretAccessKey", SecretAccessKey?.Reveal())
                .Key("SessionToken", SessionToken?.Reveal());
        }
        else if (Profile is not null)
        {
            ini.Comment("A profile of ~/.aws gives the credentials; roles and IAM Identity Center included.").Key("Profile", Profile);
        }
        else
        {
            ini.Comment("No keys and no Profile: the standard AWS credential chain gives the credentials.");
        }

        ini.Comment("A zone (us-west-2a), or a region (us-west-2) to let EC2 choose.")
            .Key("Region", Region)
            .Key("AvailabilityZone", AvailabilityZone)
            .Comment("The key pair's name in EC2, and its private half on this machine (mode 400).")
            .Key("SSHKeyPair", KeyPair)
            .Key("SSHKeyPairFile", KeyFile)
            .Key("EndpointUrl", EndpointUrl);
        NewFile.Write(path, ini.ToBytes(path), NewFile.Private, overwrite);
    }
}
