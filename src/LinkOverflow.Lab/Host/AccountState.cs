using System.Text.Json.Nodes;
using LinkOverflow.Lab.Model;

namespace LinkOverflow.Lab.Host;

/// <summary>What of an account outlives the lab's process.</summary>
internal sealed record AccountState(
    int Slot,
    List<SecurityGroup> Groups,
    List<KeyPair> KeyPairs,
    List<MachineImage> Images,
    List<Volume> Volumes,
    List<Snapshot> Snapshots,
    List<LaunchTemplate> LaunchTemplates,
    Dictionary<string, (string Request, string ResourceId)> ClientTokens,
    Dictionary<string, SortedDictionary<string, string>> Tags,
    List<JsonNode> Instances)
{
    /// <summary>The caller holds the account's lock.</summary>
    public static AccountState Of(Account account, Func<Instance, JsonNode> describe) => new(
        account.Slot.Number,
        [.. account.Groups.Values],
        [.. account.KeyPairs.Values],
        [.. account.Images.Values.Where(i => !i.IsPublic)],
        [.. account.Volumes.Values],
        [.. account.Snapshots.Values],
        [.. account.LaunchTemplates.Values],
        account.ClientTokens,
        new Dictionary<string, SortedDictionary<string, string>>(account.AllTags, StringComparer.Ordinal),
        [.. account.Instances.Values.Select(describe)]);

    /// <summary>
    /// The names of the machines, disks and images that this state needs on this machine. What was under way when it was written is
    /// not among them: half a disk is none.
    /// </summary>
    public IReadOnlySet<string> Kept()
    {
        var snapshots = Snapshots.Where(s => s.State == "completed").ToList();
        var names = Volumes.Select(v => v.Id).Concat(Volumes.Select(v => v.Image))
            .Concat(snapshots.Select(s => s.Id)).Concat(snapshots.Select(s => s.Image))
            .Concat(Images.Where(i => i.State == "available").Select(i => i.Reference))
            .Concat(Instances.Where(i => (int)i[nameof(Instance.State)]! != (int)InstanceState.Terminated).Select(i => (string)i[nameof(Instance.Id)]!));
        return names.OfType<string>().ToHashSet(StringComparer.Ordinal);
    }
}
