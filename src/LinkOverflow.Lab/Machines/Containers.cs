using System.Globalization;

namespace LinkOverflow.Lab.Machines;

/// <summary>All containers of a lab, whoever made them and whatever state they were left in.</summary>
/// <param name="podman">Where they are.</param>
/// <param name="label">On each of them.</param>
/// <param name="files">What else there is of the machines.</param>
internal sealed class Containers(Podman podman, string label, MachineFiles files)
{
    /// <summary>How long a machine may take to shut down, in seconds.</summary>
    public const int StopPatience = 10;

    /// <summary>The same for podman.</summary>
    public static string StopSeconds { get; } = StopPatience.ToString(CultureInfo.InvariantCulture);

    /// <summary>Stops those of machines that are to be kept and removes all others.</summary>
    /// <returns>What was removed, one line each.</returns>
    public async Task<IReadOnlyList<string>> CleanAsync(IReadOnlySet<string> keep, CancellationToken cancellationToken)
    {
        var containers = await ListAsync(cancellationToken);
        // One that stood still for its image when the lab was killed would not stop, nor be removed by some versions of podman.
        string[] paused = [.. containers.Where(c => c.State.Equals("paused", StringComparison.OrdinalIgnoreCase)).Select(c => c.Id)];
        if (paused.Length > 0)
        {
            await podman.Command(["unpause", .. paused]).OutputAsync(cancellationToken);
        }

        var kept = containers.Where(c => keep.Contains(c.InstanceId)).ToList();
        if (kept.Count > 0)
        {
            await podman.Command(["stop", "--ignore", "--time", StopSeconds, .. kept.Select(c => c.Id)]).OutputAsync(cancellationToken);
            kept.ForEach(c => files.ForgetProcess(c.InstanceId));
        }

        var gone = containers.Except(kept).ToList();
        if (gone.Count > 0)
        {
            await podman.Command(["rm", "--force", "--ignore", "--time", "0", "--volumes", .. gone.Select(c => c.Id)]).OutputAsync(cancellationToken);
        }

        return gone.ConvertAll(c => $"container {c.Id[..12]}");
    }

    /// <summary>The instances that have a machine, running or not.</summary>
    public async Task<IEnumerable<string>> InstancesAsync(CancellationToken cancellationToken) => (await ListAsync(cancellationToken)).Select(c => c.InstanceId);

    private async Task<List<Container>> ListAsync(CancellationToken cancellationToken)
    {
        var list = await podman.Command("ps", "--all", "--no-trunc", "--format", "{{.Names}} {{.ID}} {{.State}}", "--filter", $"label={label}").OutputAsync(cancellationToken);
        return [.. list.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')).Select(f => new Container(InstanceOf(f[0]), f[1], f[2]))];
    }

    /// <summary>The instance of a container, whatever slot its lab had.</summary>
    private static string InstanceOf(string name) => name[(name.IndexOf('-', StringComparison.Ordinal) + 1)..];

    private sealed record Container(string InstanceId, string Id, string State);
}
