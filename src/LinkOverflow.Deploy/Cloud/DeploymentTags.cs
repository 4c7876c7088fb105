namespace LinkOverflow.Deploy.Cloud;

/// <summary>The EC2 tags that say what belongs to which deployment. There is no other record of it.</summary>
public static class DeploymentTags
{
    /// <summary>The deployment's id.</summary>
    public const string Deployment = "linkoverflow:deployment";

    /// <summary>The project's name.</summary>
    public const string Project = "linkoverflow:project";

    /// <summary>Who launched it: user@machine.</summary>
    public const string Owner = "linkoverflow:owner";

    /// <summary>The version of this program.</summary>
    public const string Version = "linkoverflow:version";

    /// <summary>The number of the first instance of the launch; an instance's own is that and its index within the launch.</summary>
    public const string First = "linkoverflow:first";

    /// <summary>How to log in: the user, and by which address, as admin@public.</summary>
    public const string Login = "linkoverflow:login";

    /// <summary>Where the site answers: its port and health path, as 8080/health.</summary>
    public const string Site = "linkoverflow:site";

    /// <summary>The name that the EC2 console shows.</summary>
    public const string Name = "Name";
}
