using System.Globalization;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Django;

/// <summary>Brings a release's files to a host: nothing where it has the release, else what no release there holds.</summary>
internal static class ReleaseTransfer
{
    // An exit code of receive.sh.
    private const int FileGone = 8;
    private const string Wanted = "lo:wanted ";

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
        var result = await ExchangeAsync(ssh, project, archive, useWhatIsThere: true, line, cancellationToken);
        if (result.ExitCode == FileGone)
        {
            result = await ExchangeAsync(ssh, project, archive, useWhatIsThere: false, line, cancellationToken);
        }

        if (result.ExitCode != 0)
        {
            throw new DeployException(
                ErrorId.PublishFailed, $"{name} could not take the release (exit code {result.ExitCode}):{Environment.NewLine}{result.Tail(20)}");
        }
    }

    internal static RemoteScript Script(string project, ProjectArchive archive, bool useWhatIsThere) =>
        RemoteScript.Embedded(
                "receive.sh",
                project,
                archive.ReleaseId,
                archive.Manifest.Length.ToString(CultureInfo.InvariantCulture),
                useWhatIsThere ? "yes" : "no")
            .With("receive", RemoteScript.Resource("receive.py"))
            .With("zstd", RemoteScript.Resource("zstd.py"));

    /// <summary>Tells what there is, hears what is wanted of it and sends that: one command on the host, whatever it has.</summary>
    private static Task<RemoteResult> ExchangeAsync(
        SshTarget ssh, string project, ProjectArchive archive, bool useWhatIsThere, Action<string> line, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<string>();
        return SshConnections.RunAsync(
            ssh,
            Script(project, archive, useWhatIsThere),
            SendAsync,
            Hear,
            cancellationToken);

        async Task SendAsync(Stream stream, CancellationToken token)
        {
            // The host answers what it has read; where the connection broke it is asked again.
            var wanted = answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            await stream.WriteAsync(archive.Manifest, token);
            await stream.FlushAsync(token);
            var words = (await wanted.Task.WaitAsync(token)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is ["present"])
            {
                return;
            }

            var compression = words[0] == "zstd" ? ArchiveCompression.Zstd : ArchiveCompression.Gzip;
            var hashes = words is [_, "all"] ? null : words[1..].ToHashSet(StringComparer.Ordinal);
            await archive.WriteAsync(stream, compression, hashes, token);
        }

        void Hear(string said)
        {
            if (said.StartsWith(Wanted, StringComparison.Ordinal))
            {
                answer.TrySetResult(said[Wanted.Length..]);
            }
            else
            {
                line(said);
            }
        }
    }
}
