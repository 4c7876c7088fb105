using System.Globalization;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Model;

/// <summary>Everything that the lab's one account owns. Whoever reads or changes it holds <see cref="Gate"/>.</summary>
internal sealed class Account
{
    private static readonly IReadOnlyDictionary<string, string> NoTags = new Dictionary<string, string>(StringComparer.Ordinal);
    private static readonly TimeSpan TerminatedStay = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, SortedDictionary<string, string>> _tags = new(StringComparer.Ordinal);
    private readonly Dictionary<Zone, int> _lastHost = [];

    public Account(LabSlot slot, TimeProvider clock)
    {
        Slot = slot;
        Clock = clock;
        OwnerId = string.Create(CultureInfo.InvariantCulture, $"77770000{slot.Number:D4}");
        var group = new SecurityGroup(ResourceId.New("sg"), "default", "default VPC security group");
        group.Ingress.Add(new SecurityGroupRule(ResourceId.New("sgr"), new AllowedTraffic("-1", -1, -1, null, group.Id), null));
        // Beyond EC2's own default group: one who only tries the lab wants to log in.
        group.Ingress.Add(new SecurityGroupRule(ResourceId.New("sgr"), new AllowedTraffic("tcp", 22, 22, "127.0.0.0/8", null), "SSH from this machine"));
        Groups.Add(group.Id, group);
        Images.Add(MachineImage.Debian12.Id, MachineImage.Debian12);
        Images.Add(MachineImage.RedHat9.Id, MachineImage.RedHat9);
        Images.Add(MachineImage.CentOS9.Id, MachineImage.CentOS9);
        var architecture = MachineImage.Architecture == "arm64" ? "arm64" : "amd64";
        Parameters.Add($"/aws/service/debian/release/12/latest/{architecture}", MachineImage.Debian12.Id);
        Parameters.Add("/lab/debian/12", MachineImage.Debian12.Id);
        Parameters.Add("/lab/redhat/9", MachineImage.RedHat9.Id);
        Parameters.Add("/lab/centos/9", MachineImage.CentOS9.Id);
    }

    public Lock Gate { get; } = new();

    public TimeProvider Clock { get; }

    public LabSlot Slot { get; }

    /// <summary>Twelve digits, as every AWS account has.</summary>
    public string OwnerId { get; }

    /// <summary>The user who may do everything.</summary>
    public string UserArn => $"arn:aws:iam::{OwnerId}:user/lab";

    /// <summary>The user who may only look.</summary>
    public string ReaderArn => $"arn:aws:iam::{OwnerId}:user/reader";

    public string VpcRange => Slot.PrivateRange;

    /// <summary>In the order in which they were launched.</summary>
    public Dictionary<string, Instance> Instances { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, KeyPair> KeyPairs { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, SecurityGroup> Groups { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, MachineImage> Images { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, Volume> Volumes { get; } = new(StringComparer.Ordinal);

    /// <summary>The account's own; those of public images are their owners'.</summary>
    public Dictionary<string, Snapshot> Snapshots { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, LaunchTemplate> LaunchTemplates { get; } = new(StringComparer.Ordinal);

    /// <summary>SSM parameters: aliases of images.</summary>
    public SortedDictionary<string, string> Parameters { get; } = new(StringComparer.Ordinal);

    /// <summary>What was made under an action and its client token: a digest of the request, and the id of what it made.</summary>
    public Dictionary<string, (string Request, string ResourceId)> ClientTokens { get; } = new(StringComparer.Ordinal);

    public IEnumerable<KeyValuePair<string, SortedDictionary<string, string>>> AllTags => _tags;

    public string SubnetRange(Zone zone) => string.Create(CultureInfo.InvariantCulture, $"{Slot.PrivatePrefix}{zone.First}/26");

    public int FreeAddresses(Zone zone) => Hosts(zone).Count() - Instances.Values.Count(i => i.Zone == zone && i.State != InstanceState.Terminated);

    /// <summary>A private address of the zone that nobody has, not one just given back where another is free; null when all are taken.</summary>
    public (string Private, string Public)? TakeAddress(Zone zone, IReadOnlySet<string> alsoTaken)
    {
        var taken = Instances.Values.Where(i => i.State != InstanceState.Terminated).Select(i => i.PrivateAddress).ToHashSet(StringComparer.Ordinal);
        var last = _lastHost.GetValueOrDefault(zone);
        foreach (var host in Hosts(zone).Where(h => h > last).Concat(Hosts(zone).Where(h => h <= last)))
        {
            var address = Slot.PrivatePrefix + host.ToString(CultureInfo.InvariantCulture);
            if (!taken.Contains(address) && !alsoTaken.Contains(address))
            {
                _lastHost[zone] = host;
                return (address, PublicOf(address));
            }
        }

        return null;
    }

    /// <summary>Whether an address is one that an instance in the zone may have.</summary>
    public bool IsAddressOf(Zone zone, string address) => Hosts(zone).Any(h => Slot.PrivatePrefix + h.ToString(CultureInfo.InvariantCulture) == address);

    /// <summary>The public address that goes with a private one.</summary>
    public string PublicOf(string privateAddress) => Slot.PublicPrefix + privateAddress[(privateAddress.LastIndexOf('.') + 1)..];

    public IReadOnlyDictionary<string, string> TagsOf(string resourceId) => _tags.TryGetValue(resourceId, out var tags) ? tags : NoTags;

    public void SetTag(string resourceId, string key, string value)
    {
        if (!_tags.TryGetValue(resourceId, out var tags))
        {
            _tags.Add(resourceId, tags = new SortedDictionary<string, string>(StringComparer.Ordinal));
        }

        tags[key] = value;
    }

    public void RemoveTag(string resourceId, string key, string? value)
    {
        if (_tags.TryGetValue(resourceId, out var tags) && tags.TryGetValue(key, out var now) && (value is null || value == now))
        {
            tags.Remove(key);
            if (tags.Count == 0)
            {
                _tags.Remove(resourceId);
            }
        }
    }

    public void RemoveTags(string resourceId) => _tags.Remove(resourceId);

    /// <summary>Whether calls find it already.</summary>
    public bool IsVisible(Instance instance) => instance.VisibleFrom <= Clock.GetUtcNow();

    /// <summary>Whether something of that id is there to be tagged.</summary>
    public bool Exists(string resourceId) =>
        (Instances.TryGetValue(resourceId, out var instance) && IsVisible(instance)) || Groups.ContainsKey(resourceId) || Images.ContainsKey(resourceId) || resourceId == Zones.VpcId
        || KeyPairs.Values.Any(k => k.Id == resourceId) || Zones.All.Any(z => z.SubnetId == resourceId)
        || Volumes.ContainsKey(resourceId) || Snapshots.ContainsKey(resourceId) || LaunchTemplates.ContainsKey(resourceId) || Instances.Values.Any(i => i.InterfaceId == resourceId);

    /// <summary>The volumes of an instance, its root volume first.</summary>
    public IReadOnlyList<Volume> VolumesOf(string instanceId) => InOrder(Volumes.Values.Where(v => v.Attachment?.InstanceId == instanceId));

    /// <summary>The same for whoever asks for many instances: all volumes are looked through once.</summary>
    public Func<string, IReadOnlyList<Volume>> VolumesOfAll()
    {
        var attached = Volumes.Values.Where(v => v.Attachment is not null).ToLookup(v => v.Attachment!.InstanceId, StringComparer.Ordinal);
        return instanceId => InOrder(attached[instanceId]);
    }

    /// <summary>Whether nothing needs the driver's image of that name any more.</summary>
    public bool IsUnused(string image) =>
        Images.Values.All(i => i.Reference != image) && Snapshots.Values.All(s => s.Image != image) && Volumes.Values.All(v => v.Image != image);

    /// <summary>Terminated instances stay visible for a while, as in EC2; then this forgets them.</summary>
    public void ForgetTerminated()
    {
        var now = Clock.GetUtcNow();
        foreach (var instance in Instances.Values.Where(i => now - i.TerminatedAt > TerminatedStay).ToList())
        {
            Instances.Remove(instance.Id);
            RemoveTags(instance.Id);
            if (Instances.Values.All(i => i.ReservationId != instance.ReservationId))
            {
                foreach (var token in ClientTokens.Where(t => t.Value.ResourceId == instance.ReservationId).Select(t => t.Key).ToList())
                {
                    ClientTokens.Remove(token);
                }
            }
        }
    }

    /// <summary>What the packet filter has to let through now.</summary>
    public NetworkPolicy Policy() => new(
        [
            .. Instances.Values
                .Where(i => i.IsConnected && i.State is (InstanceState.Pending or InstanceState.Running or InstanceState.Stopping))
                .Select(i => new MachineAddress(i.PrivateAddress, i.PublicAddress, [.. i.Groups.Select(g => g.Id)], i.IsCutOff)),
        ],
        [.. Groups.Values.Select(g => g.ToPolicy())]);

    private static IReadOnlyList<Volume> InOrder(IEnumerable<Volume> volumes) =>
        [.. volumes.OrderByDescending(v => v.IsRoot).ThenBy(v => v.Attachment!.Device, StringComparer.Ordinal)];

    private static IEnumerable<int> Hosts(Zone zone) => Enumerable.Range(zone.First + 4, Zone.Size - 5);
}
