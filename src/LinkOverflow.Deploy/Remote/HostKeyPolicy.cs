namespace LinkOverflow.Deploy.Remote;

/// <summary>How a host proves, at the first login, that it is the one that was launched.</summary>
public enum HostKeyPolicy
{
    /// <summary>It presents the key that it printed to its console, which EC2 hands over its own authenticated channel.</summary>
    Console,

    /// <summary>Whatever key it presents first is taken, and any other refused from then on (ssh_config(5): accept-new).</summary>
    TrustOnFirstUse,

    /// <summary>It presents a key that the user's own known_hosts files hold, such as one that the image brings or a certificate authority signed.</summary>
    KnownHosts,
}
