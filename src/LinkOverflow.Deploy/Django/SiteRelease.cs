using System.Globalization;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Django;

/// <summary>A release on a host.</summary>
/// <param name="Instance">The host's name.</param>
/// <param name="Project">The project's name.</param>
/// <param name="Release">Its id, the content's hash: equal ids are equal content.</param>
/// <param name="Current">Whether it is in use.</param>
/// <param name="Published">When it last became the one in use by a publish, in UTC; null: it never worked.</param>
/// <param name="Files">How many files it has.</param>
/// <param name="Size">Their size in bytes.</param>
public sealed record SiteRelease(string Instance, string Project, string Release, bool Current, DateTime? Published, int Files, long Size)
{
    /// <summary>The releases on a host, the newest first.</summary>
    /// <exception cref="DeployException">CommandFailed, or an error of the connection.</exception>
    public static async Task<IReadOnlyList<SiteRelease>> ListAsync(LOInstance instance, CancellationToken cancellationToken)
    {
        var result = await SshConnections.RunAsync(
            instance.Ssh(), RemoteScript.Embedded("releases.sh", instance.Project), cancellationToken: cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new DeployException(
                ErrorId.CommandFailed, $"The releases on {instance.Name} cannot be listed (exit code {result.ExitCode}): {result.Tail()}");
        }

        return
        [
            .. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => Read(instance, line.Split('\t')))
                .OrderByDescending(r => r.Published ?? DateTime.MinValue),
        ];
    }

    private static SiteRelease Read(LOInstance instance, string[] fields) => new(
        instance.Name,
        instance.Project,
        fields[0],
        fields[1] == "yes",
        fields[2].Length == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(long.Parse(fields[2], CultureInfo.InvariantCulture)).UtcDateTime,
        int.Parse(fields[3], CultureInfo.InvariantCulture),
        long.Parse(fields[4], CultureInfo.InvariantCulture));
}
