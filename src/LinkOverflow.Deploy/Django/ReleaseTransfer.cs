using System.Text.Json;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Django;

/// <summary>Brings a release's files to a host: nothing where it has the release, else what no release there holds.</summary>
internal static class ReleaseTransfer
{
    // An exit code of receive.sh.
    private const int FileGone = 8;

    /// <summary>Sends what is missing. What breaks off half-way leaves nothing.</summary>
    /// <param name="ssh">The host.</param>
    /// <param name="name">Its name in errors.</param>
    /// <param name="project">The project's name.</param>
    /// <param name="archive">The release.</param>
    /// <param name="line">Called with each line that the host prints.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    /// <exception cref="DeployException">PublishFailed, or an error of the connection.</exception>
    public static async Task SendAsync(
        SshTarget ssh, string name, string project, ProjectArchive archive, Action<string> line, CancellationToken cancellationToken)
    {
        var prepare = await SshConnections.RunAsync(
            ssh,
            RemoteScript.Embedded("prepare.sh", project, archive.ReleaseId),
            async (stream, token) => await stream.WriteAsync(archive.Manifest, token),
            cancellationToken: cancellationToken);
        Check(prepare, name, "prepare the site's folders");
        var missing = prepare.Output.Trim();
        if (missing == "present")
        {
            return;
        }

        var wanted = missing == "all" ? null : JsonSerializer.Deserialize<HashSet<string>>(missing);
        var receive = await ReceiveAsync(wanted);
        if (receive.ExitCode == FileGone)
        {
            receive = await ReceiveAsync(null);
        }

        Check(receive, name, "take the release");

        Task<RemoteResult> ReceiveAsync(IReadOnlySet<string>? contents) => SshConnections.RunAsync(
            ssh,
            RemoteScript.Embedded("receive.sh", project, archive.ReleaseId, contents is null ? "all" : "part"),
            (stream, token) => archive.WriteAsync(stream, contents, token),
            line,
            cancellationToken);
    }

    private static void Check(RemoteResult result, string name, string what)
    {
        if (result.ExitCode != 0)
        {
            throw new DeployException(
                ErrorId.PublishFailed, $"{name} could not {what} (exit code {result.ExitCode}):{Environment.NewLine}{result.Tail(20)}");
        }
    }
}
