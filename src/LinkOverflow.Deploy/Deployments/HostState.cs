using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>How far a host is, as the host itself tells.</summary>
/// <param name="Applied">The fingerprint of the desired state that Puppet brought it to, or null.</param>
/// <param name="Release">The release in use, or null.</param>
internal sealed record HostState(string? Applied, string? Release)
{
    /// <summary>A host that nobody has worked on.</summary>
    public static HostState New { get; } = new(null, null);

    /// <summary>Asks a host.</summary>
    public static async Task<HostState> AskAsync(LOInstance instance, CancellationToken cancellationToken)
    {
        var told = await SshConnections.RunAsync(instance.Ssh(), RemoteScript.Embedded("state.sh", instance.Project), cancellationToken: cancellationToken);
        string? Value(string name) => told.Output.Split('\n').FirstOrDefault(l => l.StartsWith(name + " ", StringComparison.Ordinal))?[(name.Length + 1)..];
        return new HostState(Value("applied"), Value("release"));
    }
}
