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

    /// <summary>How many instances were asked for.</summary>
    public const string Count = "linkoverflow:count";

    /// <summary>On the group that is a deployment's lock: the deployment's id.</summary>
    public const string Lock = "linkoverflow:lock";

    /// <summary>On a lock: who holds it, as user@machine.</summary>
    public const string LockHolder = "linkoverflow:lock-holder";

    /// <summary>On a lock: the process that holds it, as its id and the time it was started.</summary>
    public const string LockProcess = "linkoverflow:lock-process";

    /// <summary>On a lock: since when it is held.</summary>
    public const string LockSince = "linkoverflow:lock-since";

    /// <summary>The name that the EC2 console shows.</summary>
    public const string Name = "Name";
}
