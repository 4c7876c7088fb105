using System.Globalization;
using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Snapshots of volumes.</summary>
internal sealed class SnapshotActions : ActionSet
{
    private readonly Account _account;
    private readonly Storage _storage;
    private readonly FilterTable<Snapshot> _filters;

    public SnapshotActions(Account account, Storage storage)
    {
        _account = account;
        _storage = storage;
        _filters = new()
        {
            { "snapshot-id", s => s.Id },
            { "volume-id", s => s.VolumeId },
            { "volume-size", s => s.SizeGiB.ToString(CultureInfo.InvariantCulture) },
            { "status", s => s.State },
            { "progress", Progress },
            { "start-time", s => Xml.Time(s.Started) },
            { "description", s => s.Description },
            { "encrypted", s => s.Encrypted ? "true" : "false" },
            { "owner-id", _ => account.OwnerId },
            { "owner-alias", _ => (string?)null },
            { "storage-tier", _ => "standard" },
        };
        Add("CreateSnapshot", Create);
        Add("DescribeSnapshots", Describe);
        Add("DeleteSnapshot", DeleteAsync);
    }

    /// <exception cref="ApiException">InvalidSnapshotID.Malformed or InvalidSnapshot.NotFound.</exception>
    public static Snapshot Find(Account account, string id) => ResourceId.Find("snapshot", account.Snapshots, id, "snap", "InvalidSnapshotID.Malformed", "InvalidSnapshot.NotFound");

    private IEnumerable<Element?> Create(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var volume = VolumeActions.Find(_account, parameters.Require("VolumeId"));
            var tags = new TagSpecifications(parameters, "snapshot");
            EndDryRun(parameters);
            var id = ResourceId.New("snap");
            // A root volume without a machine is an image already.
            var image = volume.Image ?? (volume.IsRoot ? id : null);
            var snapshot = new Snapshot(id, volume.Id, volume.SizeGiB, volume.Encrypted, parameters.Find("Description") ?? "", _account.Clock.GetUtcNow(), "pending", image);
            _account.Snapshots.Add(id, snapshot);
            tags.Apply(_account, "snapshot", id);
            _storage.CreateSnapshot(snapshot, volume);
            return Describe(snapshot);
        }
    }

    private IEnumerable<Element?> Describe(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            Paging.RefuseWith(parameters, "SnapshotId");
            var owners = parameters.List("Owner").Concat(parameters.List("RestorableBy")).ToList();
            // All that the lab knows are the account's own.
            var mine = owners.Count == 0 || owners.Exists(o => o is "self" or "all" || o == _account.OwnerId);
            var snapshots = Listing.Named(parameters, "SnapshotId", mine ? _account.Snapshots.Values : Enumerable.Empty<Snapshot>(), id => Find(_account, id));
            return Listing.Answer(parameters, "snapshotSet", snapshots, s => _account.TagsOf(s.Id), _filters, Describe);
        }
    }

    private async Task<IEnumerable<Element?>> DeleteAsync(QueryParameters parameters, CancellationToken cancellationToken)
    {
        await _storage.DeleteAsync(_account.Snapshots, () => Deletable(parameters), s => (s.Id, s.Image), cancellationToken);
        return [Xml.Return()];
    }

    private Snapshot Deletable(QueryParameters parameters)
    {
        var snapshot = Find(_account, parameters.Require("SnapshotId"));
        if (_account.Images.Values.FirstOrDefault(i => i.BlockDevices.Any(d => d.SnapshotId == snapshot.Id)) is { } user)
        {
            throw new ApiException("InvalidSnapshot.InUse", $"The snapshot {snapshot.Id} is currently in use by {user.Id}");
        }

        EndDryRun(parameters);
        return snapshot;
    }

    private static string Progress(Snapshot snapshot) => snapshot.State == "completed" ? "100%" : "0%";

    private IEnumerable<Element?> Describe(Snapshot snapshot) =>
    [
        new("snapshotId", snapshot.Id),
        new("volumeId", snapshot.VolumeId),
        new("status", snapshot.State),
        new("startTime", Xml.Time(snapshot.Started)),
        new("progress", Progress(snapshot)),
        new("ownerId", _account.OwnerId),
        new("volumeSize", snapshot.SizeGiB),
        new("description", snapshot.Description),
        Xml.Tags(_account.TagsOf(snapshot.Id)),
        new("encrypted", snapshot.Encrypted),
        new("storageTier", "standard"),
    ];
}
