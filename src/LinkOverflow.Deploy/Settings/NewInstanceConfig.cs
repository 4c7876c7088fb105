namespace LinkOverflow.Deploy.Settings;

/// <summary>What is to stand in a new <c>instance.config</c>.</summary>
public sealed record NewInstanceConfig
{
    /// <summary>The AMI: an id, or resolve:ssm: and the name of a public parameter.</summary>
    public string ImageId { get; init; } = "resolve:ssm:/aws/service/debian/release/12/latest/amd64";

    /// <summary>The instance type.</summary>
    public string InstanceType { get; init; } = "t3.small";

    /// <summary>The user that the image lets in.</summary>
    public string SshUser { get; init; } = "admin";

    /// <summary>The manifest, or a folder of them; a relative path starts at the file.</summary>
    public string PuppetConfigFile { get; init; } = "puppet/linkoverflow.pp";

    /// <summary>Writes the file.</summary>
    /// <exception cref="Errors.SettingsException">SettingsFileExists, ValueInvalid; nothing was written.</exception>
    public void Write(string path, bool overwrite)
    {
        var ini = new IniWriter()
            .Comment("The product's configuration: what an instance of the site is. Kept under version control; what is secret or differs\nfrom user to user stands in ~/.aws.settings. All keys: docs/settings.md of LinkOverflow.Deploy.")
            .Section("EC2")
            .Comment("An AMI's id (ami-...), or resolve:ssm: and the name of a public parameter that holds one.")
            .Key("ImageID", ImageId)
            .Key("InstanceType", InstanceType)
            .Comment("The user that the image lets in with the key pair (admin: Debian, ec2-user: Amazon Linux).")
            .Key("SshUser", SshUser)
            .Comment("The guard against an expensive typo: more instances are refused.")
            .Key("MaxInstances", "5")
            .Section("Puppet")
            .Comment("A .deb or .rpm that brings Puppet's package repository; without it the distribution's own Puppet is used.\nPuppetURL = https://...")
            .Comment("What a machine must have; a relative path starts at this file.")
            .Key("PuppetConfigFile", PuppetConfigFile)
            .Section("Django")
            .Key("Port", "8080")
            .Comment("gunicorn or runserver.")
            .Key("Server", "gunicorn")
            .Comment("Has to answer 2xx or 3xx before an instance counts as healthy.")
            .Key("HealthPath", "/");
        NewFile.Write(path, ini.ToBytes(path), NewFile.Public, overwrite);
    }
}
