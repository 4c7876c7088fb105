using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Which volume is attached to which instance.</summary>
internal sealed class VolumeAttachments : ActionSet
{
    private readonly Account _account;
    private readonly Storage _storage;

    public VolumeAttachments(Account account, Storage storage)
    {
        _account = account;
        _storage = storage;
        Add("AttachVolume", AttachAsync);
        Add("DetachVolume", DetachAsync);
    }

    /// <summary>A volume's attachment, in one of EC2's states for it.</summary>
    public static IEnumerable<Element?> Describe(Volume volume, string state) =>
    [
        new("volumeId", volume.Id),
        new("instanceId", volume.Attachment!.InstanceId),
        new("device", volume.Attachment.Device),
        new("status", state),
        new("attachTime", Xml.Time(volume.Attachment.Time)),
        new("deleteOnTermination", volume.Attachment.DeleteOnTermination),
    ];

    private async Task<IEnumerable<Element?>> AttachAsync(QueryParameters parameters, CancellationToken cancellationToken)
    {
        Volume volume;
        Instance instance;
        lock (_account.Gate)
        {
            volume = VolumeActions.Find(_account, parameters.Require("VolumeId"));
            instance = InstanceActions.Find(_account, [parameters.Require("InstanceId")])[0];
            var device = parameters.Require("Device");
            BlockDeviceMappings.CheckName(device);
            CheckAttachable(volume, instance, device);
            EndDryRun(parameters);
            volume = volume with { Attachment = new VolumeAttachment(instance.Id, device, _account.Clock.GetUtcNow(), DeleteOnTermination: false) };
            _account.Volumes[volume.Id] = volume;
        }

        try
        {
            await _storage.AttachAsync(volume, instance, cancellationToken);
        }
        catch
        {
            Release(volume.Id);
            throw;
        }

        return Describe(volume, "attaching");
    }

    private async Task<IEnumerable<Element?>> DetachAsync(QueryParameters parameters, CancellationToken cancellationToken)
    {
        Volume volume;
        Instance instance;
        lock (_account.Gate)
        {
            volume = VolumeActions.Find(_account, parameters.Require("VolumeId"));
            if (volume.Attachment is not { } at)
            {
                throw new ApiException("IncorrectState", $"Volume '{volume.Id}' is in the 'available' state.");
            }

            if ((parameters.Find("InstanceId") ?? at.InstanceId) != at.InstanceId || (parameters.Find("Device") ?? at.Device) != at.Device)
            {
                throw new ApiException("InvalidAttachment.NotFound", $"The volume '{volume.Id}' is not attached to that instance as that device.");
            }

            if (volume.IsRoot)
            {
                throw new ApiException("OperationNotPermitted", $"Unable to detach root volume '{at.Device}' from instance '{at.InstanceId}'");
            }

            if (parameters.FindBoolean("Force") != true && _storage.IsMounted(volume))
            {
                // EC2 would wait, for ever if need be, until it is unmounted.
                throw new ApiException("IncorrectState", $"Volume '{volume.Id}' is mounted from {at.Device} on '{at.InstanceId}'. Unmount it there first, or use Force.");
            }

            EndDryRun(parameters);
            instance = _account.Instances[at.InstanceId];
        }

        await _storage.DetachAsync(volume, instance, cancellationToken);
        Release(volume.Id);
        return Describe(volume, "detaching");
    }

    /// <summary>What whoever attaches a volume is told where machines cannot have one.</summary>
    public static ApiException NoBlockDevices { get; } = new(
        "UnsupportedOperation",
        "The lab runs without root, and a volume is led to its machine through a loop device, which is root's to make: run the lab by sudo to attach volumes. They can be created, and snapshots made of them, without.");

    private void CheckAttachable(Volume volume, Instance instance, string device)
    {
        if (!_storage.HasBlockDevices)
        {
            throw NoBlockDevices;
        }

        if (volume.Attachment is not null)
        {
            throw new ApiException("VolumeInUse", $"{volume.Id} is already attached to an instance");
        }

        if (volume.IsRoot)
        {
            throw new ApiException("UnsupportedOperation", $"'{volume.Id}' was a root volume, which the lab keeps as a folder: make a snapshot of it and register an image from that.");
        }

        if (instance.State is not (InstanceState.Running or InstanceState.Stopped))
        {
            throw new ApiException("IncorrectState", $"Instance '{instance.Id}' is not 'running' but '{instance.StateName}'.");
        }

        if (volume.Zone != instance.Zone.Name)
        {
            throw new ApiException("InvalidVolume.ZoneMismatch", $"The volume '{volume.Id}' is not in the same availability zone as instance '{instance.Id}'");
        }

        if (_account.VolumesOf(instance.Id).Any(v => v.Attachment!.Device == device))
        {
            throw new ApiException("InvalidParameterValue", $"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use");
        }
    }

    private void Release(string volumeId)
    {
        lock (_account.Gate)
        {
            if (_account.Volumes.TryGetValue(volumeId, out var now))
            {
                _account.Volumes[volumeId] = now with { Attachment = null };
            }
        }
    }
}
