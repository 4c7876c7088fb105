using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Remote;

/// <summary>What the OpenSSH client's words mean where it could not log in, or lost its connection.</summary>
internal static class SshRefusal
{
    private const string NotLetIn =
        "If this machine's address has changed since the launch, the deployment's security group does not let it in. Start-LODeployment -Resume ID, or launch PROJECT --resume ID, opens the group to it; SshFrom in instance.config names networks to let in.";

    /// <summary>HostKeyMismatch or ConnectionFailed.</summary>
    public static DeployException Error(SshTarget target, string error)
    {
        var said = error.Trim();
        return said.Contains("Host key verification failed", StringComparison.Ordinal)
            || said.Contains("REMOTE HOST IDENTIFICATION HAS CHANGED", StringComparison.Ordinal)
            || said.Contains("host key is known", StringComparison.Ordinal)
            ? new DeployException(
                ErrorId.HostKeyMismatch,
                $"The host at {target.Address} presented {Presented(target)}: {said}",
                target.HostKeyPolicy == HostKeyPolicy.KnownHosts
                    ? "Add its key to your known_hosts once you have made sure of it, or leave it to the console: -HostKeyPolicy Console."
                    : "Do not log in: something else answers at this address. Remove the instance and launch it again.")
            : new DeployException(ErrorId.ConnectionFailed, $"ssh to {target.User}@{target.Address} failed: {said}", IsSilent(said) ? NotLetIn : null);
    }

    // A security group drops what it does not let in, so nobody answers (ssh says so in its system's words).
    private static bool IsSilent(string said) => said.Contains("timed out", StringComparison.OrdinalIgnoreCase);

    private static string Presented(SshTarget target) => target.HostKeyPolicy switch
    {
        HostKeyPolicy.TrustOnFirstUse => $"another host key than {target.HostKeyAlias} did at the first login",
        HostKeyPolicy.KnownHosts => "a host key that your known_hosts files do not hold for it",
        _ => $"another host key than {target.HostKeyAlias} printed to its console",
    };
}
