using System.Globalization;
using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Volumes.</summary>
internal sealed class VolumeActions : ActionSet
{
    private static readonly FilterTable<Volume> FilterNames = new()
    {
        { "volume-id", v => v.Id },
        { "attachment.instance-id", v => v.Attachment?.InstanceId },
        { "attachment.device", v => v.Attachment?.Device },
        { "attachment.status", v => v.Attachment is null ? null : "attached" },
        { "attachment.attach-time", v => v.Attachment is { } at ? Xml.Time(at.Time) : null },
        { "attachment.delete-on-termination", v => v.Attachment is { } at ? at.DeleteOnTermination ? "true" : "false" : null },
        { "availability-zone", v => v.Zone },
        { "create-time", v => Xml.Time(v.Created) },
        { "status", v => v.State },
        { "size", v => v.SizeGiB.ToString(CultureInfo.InvariantCulture) },
        { "snapshot-id", v => v.SnapshotId },
        { "volume-type", v => v.Kind.Type },
        { "encrypted", v => v.Encrypted ? "true" : "false" },
        { "multi-attach-enabled", _ => "false" },
        { "fast-restored", _ => "false" },
        { "volume-status.status", _ => "ok" },
    };

    private readonly Account _account;
    private readonly Storage _storage;

    public VolumeActions(Account account, Storage storage)
    {
        _account = account;
        _storage = storage;
        Add("CreateVolume", CreateAsync);
        Add("DeleteVolume", DeleteAsync);
        Add("DescribeVolumes", p => Describe(p, "volumeSet", Describe));
        Add("DescribeVolumeStatus", p => Describe(p, "volumeStatusSet", Status));
    }

    /// <exception cref="ApiException">InvalidParameterValue or InvalidVolume.NotFound.</exception>
    public static Volume Find(Account account, string id) => ResourceId.Find("volume", account.Volumes, id, "vol", "InvalidParameterValue", "InvalidVolume.NotFound");

    /// <summary>Whether a block device can be made of it.</summary>
    /// <exception cref="ApiException">IncorrectState or UnsupportedOperation.</exception>
    public static void CheckUsable(Snapshot? snapshot)
    {
        if (snapshot is not null && snapshot.State != "completed")
        {
            throw new ApiException("IncorrectState", $"Snapshot is in invalid state - {snapshot.State}");
        }

        if (snapshot?.Image is not null)
        {
            throw new ApiException("UnsupportedOperation", $"'{snapshot.Id}' is of a root volume, which the lab keeps as a folder: register an image from it instead.");
        }
    }

    private async Task<IEnumerable<Element?>> CreateAsync(QueryParameters parameters, CancellationToken cancellationToken)
    {
        Volume volume;
        lock (_account.Gate)
        {
            if (ClientTokens.Find(_account, parameters) is { } before)
            {
                return Describe(Find(_account, before));
            }

            var zone = parameters.Require("AvailabilityZone");
            if (Zones.All.All(z => z.Name != zone))
            {
                throw new ApiException("InvalidZone.NotFound", $"The zone '{zone}' does not exist.");
            }

            var snapshot = parameters.Find("SnapshotId") is { } id ? SnapshotActions.Find(_account, id) : null;
            CheckUsable(snapshot);
            var size = parameters.FindInteger("Size") ?? snapshot?.SizeGiB ?? throw new ApiException("MissingParameter", "The request must contain the parameter size or snapshotId");
            if (size < snapshot?.SizeGiB)
            {
                throw new ApiException("InvalidParameterValue", string.Create(CultureInfo.InvariantCulture, $"Volume of size {size}GB is smaller than snapshot '{snapshot.Id}', expect size>= {snapshot.SizeGiB}GB"));
            }

            if (parameters.FindBoolean("MultiAttachEnabled") == true)
            {
                throw new ApiException("UnsupportedOperation", "The lab attaches a volume to one instance at a time.");
            }

            // EC2's default here is still the old one.
            var kind = VolumeKind.From(parameters.Find("VolumeType") ?? "gp2", size, parameters.FindInteger("Iops"), parameters.FindInteger("Throughput"));
            var encrypted = parameters.FindBoolean("Encrypted") ?? snapshot?.Encrypted ?? false;
            var tags = new TagSpecifications(parameters, "volume");
            EndDryRun(parameters);
            volume = new Volume(ResourceId.New("vol"), size, kind, encrypted, snapshot?.Id, zone, _account.Clock.GetUtcNow());
            _account.Volumes.Add(volume.Id, volume);
            tags.Apply(_account, "volume", volume.Id);
            ClientTokens.Keep(_account, parameters, volume.Id);
        }

        try
        {
            await _storage.CreateVolumeAsync(volume, cancellationToken);
        }
        catch
        {
            lock (_account.Gate)
            {
                _account.Volumes.Remove(volume.Id);
                _account.RemoveTags(volume.Id);
            }

            throw;
        }

        return Describe(volume, state: "creating");
    }

    private async Task<IEnumerable<Element?>> DeleteAsync(QueryParameters parameters, CancellationToken cancellationToken)
    {
        await _storage.DeleteAsync(_account.Volumes, () => Deletable(parameters), v => (v.Id, v.Image), cancellationToken);
        return [Xml.Return()];
    }

    private Volume Deletable(QueryParameters parameters)
    {
        var volume = Find(_account, parameters.Require("VolumeId"));
        if (volume.Attachment is { } at)
        {
            throw new ApiException("VolumeInUse", $"Volume {volume.Id} is currently attached to {at.InstanceId}");
        }

        EndDryRun(parameters);
        return volume;
    }

    private IEnumerable<Element?> Describe(QueryParameters parameters, string set, Func<Volume, IEnumerable<Element?>> describe)
    {
        lock (_account.Gate)
        {
            Paging.RefuseWith(parameters, "VolumeId");
            var volumes = Listing.Named(parameters, "VolumeId", _account.Volumes.Values, id => Find(_account, id));
            return Listing.Answer(parameters, set, volumes, v => _account.TagsOf(v.Id), FilterNames, describe);
        }
    }

    private IEnumerable<Element?> Describe(Volume volume) => Describe(volume, volume.State);

    private IEnumerable<Element?> Describe(Volume volume, string state) =>
    [
        new("volumeId", volume.Id),
        new("size", volume.SizeGiB),
        new("snapshotId", volume.SnapshotId ?? ""),
        new("availabilityZone", volume.Zone),
        new("availabilityZoneId", Zones.All.First(z => z.Name == volume.Zone).Id),
        new("status", state),
        new("createTime", Xml.Time(volume.Created)),
        Xml.List("attachmentSet", volume.Attachment is null ? Array.Empty<Volume>() : [volume], v => VolumeAttachments.Describe(v, "attached")),
        Xml.Tags(_account.TagsOf(volume.Id)),
        new("volumeType", volume.Kind.Type),
        volume.Kind.Iops is { } iops ? new("iops", iops) : null,
        volume.Kind.Throughput is { } throughput ? new("throughput", throughput) : null,
        new("encrypted", volume.Encrypted),
        new("multiAttachEnabled", false),
    ];

    private static IEnumerable<Element?> Status(Volume volume) =>
    [
        new("volumeId", volume.Id),
        new("availabilityZone", volume.Zone),
        new(
            "volumeStatus",
            new Element("status", "ok"),
            Xml.List("details", [("io-enabled", "passed"), ("io-performance", "not-applicable")], d => new[] { new Element("name", d.Item1), new Element("status", d.Item2) })),
        new("eventsSet"),
        new("actionsSet"),
    ];
}
