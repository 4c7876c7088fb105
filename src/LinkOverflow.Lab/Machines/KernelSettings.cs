using System.Globalization;
using System.Text.Json;

namespace LinkOverflow.Lab.Machines;

/// <summary>
/// What machines need of the kernel. What was there before is written down by the first lab on this machine and put back by the last.
/// </summary>
/// <param name="folder">Shared by all labs on this machine.</param>
internal sealed class KernelSettings(string folder)
{
    private const string Forwarding = "/proc/sys/net/ipv4/ip_forward";

    // systemd and dbus take six a machine; the usual 128 is gone at twenty machines.
    private const string InotifyInstances = "/proc/sys/fs/inotify/max_user_instances";
    private const int InotifyInstancesNeeded = 1024;

    private string Record => Path.Combine(folder, "kernel.json");

    /// <summary>Switches on IPv4 forwarding and makes room for inotify. The caller holds the lock on the folder.</summary>
    /// <returns>What was changed, one line each.</returns>
    public async Task<IReadOnlyList<string>> ApplyAsync(CancellationToken cancellationToken)
    {
        var before = File.Exists(Record)
            ? JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllTextAsync(Record, cancellationToken))!
            : new Dictionary<string, string>(StringComparer.Ordinal);
        var changes = new List<string>();
        foreach (var (file, needed) in ((string, int)[])[(Forwarding, 1), (InotifyInstances, InotifyInstancesNeeded)])
        {
            var value = (await File.ReadAllTextAsync(file, cancellationToken)).Trim();
            if (int.Parse(value, CultureInfo.InvariantCulture) >= needed)
            {
                continue;
            }

            before.TryAdd(file, value);
            await File.WriteAllTextAsync(Record, JsonSerializer.Serialize(before), cancellationToken);
            try
            {
                await File.WriteAllTextAsync(file, needed.ToString(CultureInfo.InvariantCulture), cancellationToken);
                changes.Add($"{file} was {value}, now {needed} until the last lab stops");
            }
            catch (UnauthorizedAccessException) when (file == InotifyInstances)
            {
                changes.Add($"{file} stays {value}: not allowed to raise it, about {int.Parse(value, CultureInfo.InvariantCulture) / 6} machines can run");
            }
        }

        return changes;
    }

    /// <summary>Puts back what was there before the first lab.</summary>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Record))
        {
            return;
        }

        foreach (var (file, value) in JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllTextAsync(Record, cancellationToken))!)
        {
            await File.WriteAllTextAsync(file, value, cancellationToken);
        }

        File.Delete(Record);
    }
}
