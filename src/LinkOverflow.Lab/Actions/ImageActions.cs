using System.Globalization;
using System.Text.RegularExpressions;
using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Images: those that are always there, and those made of machines.</summary>
internal sealed partial class ImageActions : ActionSet
{
    private static readonly FilterTable<MachineImage> FilterNames = new()
    {
        { "image-id", i => i.Id },
        { "name", i => i.Name },
        { "description", i => i.Description },
        { "owner-id", i => i.OwnerId },
        { "owner-alias", i => i.OwnerAlias },
        { "architecture", _ => MachineImage.Architecture },
        { "state", i => i.State },
        { "is-public", i => i.IsPublic ? "true" : "false" },
        { "image-type", _ => "machine" },
        { "root-device-type", _ => "ebs" },
        { "root-device-name", _ => MachineImage.RootDevice },
        { "virtualization-type", _ => "hvm" },
        { "hypervisor", _ => "xen" },
        { "ena-support", _ => "true" },
        { "creation-date", i => Xml.Time(i.Created) },
        { "block-device-mapping.device-name", i => i.BlockDevices.Select(d => d.Name) },
        { "block-device-mapping.snapshot-id", i => i.BlockDevices.Select(d => d.SnapshotId) },
        { "block-device-mapping.volume-size", i => i.BlockDevices.Select(d => d.SizeGiB.ToString(CultureInfo.InvariantCulture)) },
        { "block-device-mapping.volume-type", i => i.BlockDevices.Select(d => d.Kind.Type) },
        { "block-device-mapping.delete-on-termination", i => i.BlockDevices.Select(d => d.DeleteOnTermination ? "true" : "false") },
        { "block-device-mapping.encrypted", i => i.BlockDevices.Select(d => d.Encrypted ? "true" : "false") },
        { "source-instance-id", i => i.SourceInstanceId },
        { "platform", _ => (string?)null },
        { "platform-details", _ => "Linux/UNIX" },
    };

    private readonly Account _account;
    private readonly Storage _storage;

    public ImageActions(Account account, Storage storage)
    {
        _account = account;
        _storage = storage;
        Add("CreateImage", Create);
        Add("RegisterImage", Register);
        Add("DeregisterImage", DeregisterAsync);
        Add("DescribeImages", Describe);
    }

    /// <exception cref="ApiException">InvalidAMIID.Malformed or InvalidAMIID.NotFound.</exception>
    public static MachineImage Find(Account account, string id) => ResourceId.Find("image id", account.Images, id, "ami", "InvalidAMIID.Malformed", "InvalidAMIID.NotFound");

    private IEnumerable<Element?> Create(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var instance = InstanceActions.Find(_account, [parameters.Require("InstanceId")])[0];
            var name = FreeName(parameters);
            if (instance.State is not (InstanceState.Running or InstanceState.Stopped))
            {
                throw new ApiException("IncorrectInstanceState", $"The instance '{instance.Id}' is not in a state from which an image can be made: {instance.StateName}.");
            }

            var noReboot = parameters.FindBoolean("NoReboot") ?? false;
            var tags = new TagSpecifications(parameters, "image", "snapshot");
            var volumes = _account.VolumesOf(instance.Id);
            var devices = BlockDeviceMappings.Read(
                _account,
                parameters,
                volumes.Select(v => new BlockDevice(v.Attachment!.Device, v.SnapshotId, v.SizeGiB, v.Kind, v.Encrypted, v.Attachment.DeleteOnTermination)));
            EndDryRun(parameters);

            var id = ResourceId.New("ami");
            var now = _account.Clock.GetUtcNow();
            // A disk that the instance does not have comes with instances of the image all the same, without a snapshot.
            devices = [.. devices.Select(d => volumes.FirstOrDefault(v => v.Attachment!.Device == d.Name) is { } volume ? d with { SnapshotId = Snapshot(volume, id, now, tags).Id } : d)];
            var image = new MachineImage(id, name, parameters.Find("Description") ?? "", _account.OwnerId, null, id, now, devices) { State = "pending", SourceInstanceId = instance.Id };
            _account.Images.Add(id, image);
            tags.Apply(_account, "image", id);
            _storage.CreateImage(image, instance, reboots: !noReboot);
            return [new("imageId", id)];
        }
    }

    private Snapshot Snapshot(Volume volume, string imageId, DateTimeOffset now, TagSpecifications tags)
    {
        var description = $"Created by CreateImage({volume.Attachment!.InstanceId}) for {imageId}";
        var snapshot = new Snapshot(ResourceId.New("snap"), volume.Id, volume.SizeGiB, volume.Encrypted, description, now, "pending", volume.IsRoot ? imageId : null);
        _account.Snapshots.Add(snapshot.Id, snapshot);
        tags.Apply(_account, "snapshot", snapshot.Id);
        return snapshot;
    }

    private IEnumerable<Element?> Register(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var name = FreeName(parameters);
            if ((parameters.Find("RootDeviceName") ?? MachineImage.RootDevice) != MachineImage.RootDevice)
            {
                throw new ApiException("UnsupportedOperation", $"The lab's machines boot from {MachineImage.RootDevice}.");
            }

            if ((parameters.Find("Architecture") ?? MachineImage.Architecture) != MachineImage.Architecture)
            {
                throw new ApiException("UnsupportedOperation", $"The lab's machines are {MachineImage.Architecture}, as this one is.");
            }

            var devices = BlockDeviceMappings.Read(_account, parameters, []).OrderByDescending(d => d.Name == MachineImage.RootDevice).ToList();
            if (devices is not [{ Name: MachineImage.RootDevice, SnapshotId: { } snapshotId }, ..])
            {
                throw new ApiException("InvalidBlockDeviceMapping", $"No root snapshot specified in device mapping for {MachineImage.RootDevice}");
            }

            var snapshot = SnapshotActions.Find(_account, snapshotId);
            if (snapshot.Image is null || snapshot.State != "completed")
            {
                throw new ApiException("InvalidSnapshot.NotFound", $"'{snapshotId}' is not a completed snapshot of a root volume.");
            }

            var tags = new TagSpecifications(parameters, "image");
            EndDryRun(parameters);
            var id = ResourceId.New("ami");
            _account.Images.Add(id, new MachineImage(id, name, parameters.Find("Description") ?? "", _account.OwnerId, null, snapshot.Image, _account.Clock.GetUtcNow(), devices));
            tags.Apply(_account, "image", id);
            return [new("imageId", id)];
        }
    }

    private async Task<IEnumerable<Element?>> DeregisterAsync(QueryParameters parameters, CancellationToken cancellationToken)
    {
        MachineImage image;
        var deleted = new List<Snapshot>();
        lock (_account.Gate)
        {
            image = Find(_account, parameters.Require("ImageId"));
            if (image.OwnerId != _account.OwnerId)
            {
                throw new ApiException(403, "AuthFailure", $"Not authorized for image:{image.Id}");
            }

            var withSnapshots = parameters.FindBoolean("DeleteAssociatedSnapshots") ?? false;
            EndDryRun(parameters);
            _account.Images.Remove(image.Id);
            _account.RemoveTags(image.Id);
            foreach (var device in withSnapshots ? image.BlockDevices : [])
            {
                // One that another image needs stays.
                if (device.SnapshotId is { } id && _account.Images.Values.All(i => i.BlockDevices.All(d => d.SnapshotId != id)) && _account.Snapshots.Remove(id, out var snapshot))
                {
                    _account.RemoveTags(id);
                    deleted.Add(snapshot);
                }
            }
        }

        foreach (var snapshot in deleted)
        {
            await _storage.RemoveAsync(snapshot.Id, snapshot.Image, cancellationToken);
        }

        await _storage.RemoveAsync(image.Id, image.Reference, cancellationToken);
        return
        [
            Xml.Return(),
            deleted.Count == 0 ? null : Xml.List("deleteSnapshotResultSet", deleted, s => new[] { new Element("snapshotId", s.Id), new Element("returnCode", "success") }),
        ];
    }

    private IEnumerable<Element?> Describe(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var owners = parameters.List("Owner");
            var images = Listing.Named(parameters, "ImageId", _account.Images.Values, id => Find(_account, id))
                .Where(i => owners.Count == 0 || owners.Any(o => o == i.OwnerId || o == i.OwnerAlias || (o == "self" && i.OwnerId == _account.OwnerId)));
            return Listing.Answer(parameters, "imagesSet", images, i => _account.TagsOf(i.Id), FilterNames, Describe, smallestPage: 1);
        }
    }

    private string FreeName(QueryParameters parameters)
    {
        var name = parameters.Require("Name");
        if (!ImageName().IsMatch(name))
        {
            throw new ApiException("InvalidAMIName.Malformed", "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, ' ', '(', ')', '[', ']', '.', '/', '-', ''', '@' and '_'.");
        }

        return _account.Images.Values.FirstOrDefault(i => i.Name == name && i.OwnerId == _account.OwnerId) is { } other
            ? throw new ApiException("InvalidAMIName.Duplicate", $"AMI name {name} is already in use by AMI {other.Id}")
            : name;
    }

    private IEnumerable<Element?> Describe(MachineImage image) =>
    [
        new("imageId", image.Id),
        new("imageLocation", $"{image.OwnerAlias ?? image.OwnerId}/{image.Name}"),
        new("imageState", image.State),
        new("imageOwnerId", image.OwnerId),
        image.OwnerAlias is null ? null : new("imageOwnerAlias", image.OwnerAlias),
        new("creationDate", Xml.Time(image.Created)),
        new("isPublic", image.IsPublic),
        new("productCodes"),
        new("architecture", MachineImage.Architecture),
        new("imageType", "machine"),
        new("name", image.Name),
        new("description", image.Description),
        new("rootDeviceType", "ebs"),
        new("rootDeviceName", MachineImage.RootDevice),
        BlockDeviceMappings.Describe(image.BlockDevices),
        new("virtualizationType", "hvm"),
        new("hypervisor", "xen"),
        new("enaSupport", true),
        new("sriovNetSupport", "simple"),
        new("platformDetails", "Linux/UNIX"),
        new("usageOperation", "RunInstances"),
        image.State == "failed" ? new("stateReason", new Element("code", "Server.InternalError"), new Element("message", "The lab could not save the disk; its log says why.")) : null,
        image.SourceInstanceId is null ? null : new("sourceInstanceId", image.SourceInstanceId),
        Xml.Tags(_account.TagsOf(image.Id)),
    ];

    [GeneratedRegex(@"^[A-Za-z0-9 ()\[\]./\-'@_]{3,128}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ImageName();
}
