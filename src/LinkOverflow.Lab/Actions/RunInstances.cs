using System.Globalization;
using LinkOverflow.Lab.Faults;
using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>RunInstances.</summary>
internal sealed class RunInstances : ActionSet
{
    private const int MaximumUserData = 16384;

    private readonly Account _account;
    private readonly Fleet _fleet;
    private readonly FaultInjector _faults;
    private readonly MachineOutages _outages;

    public RunInstances(Account account, Fleet fleet, FaultInjector faults, MachineOutages outages)
    {
        _account = account;
        _fleet = fleet;
        _faults = faults;
        _outages = outages;
        Add("RunInstances", Run);
    }

    private IEnumerable<Element?> Run(QueryParameters parameters)
    {
        var launched = new List<Instance>();
        IEnumerable<Element?> answer;
        lock (_account.Gate)
        {
            _account.ForgetTerminated();
            if (ClientTokens.Find(_account, parameters) is { } before)
            {
                return InstanceXml.Reservation(_account, [.. _account.Instances.Values.Where(i => i.ReservationId == before)], _account.VolumesOf);
            }

            var (merged, template) = LaunchTemplateData.Merge(_account, parameters);
            launched.AddRange(Make(merged));
            if (template is { } from)
            {
                foreach (var instance in launched)
                {
                    _account.SetTag(instance.Id, "aws:ec2launchtemplate:id", from.Template.Id);
                    _account.SetTag(instance.Id, "aws:ec2launchtemplate:version", from.Version.Number.ToString(CultureInfo.InvariantCulture));
                }
            }

            ClientTokens.Keep(_account, parameters, launched[0].ReservationId);
            answer = [.. InstanceXml.Reservation(_account, launched, _account.VolumesOf)];
        }

        _fleet.Launch(launched);
        _outages.Watch(launched);
        return answer;
    }

    private List<Instance> Make(QueryParameters parameters)
    {
        var (minimum, maximum) = Counts(parameters);
        var image = FindImage(parameters.Require("ImageId"));
        var type = parameters.Find("InstanceType") ?? "m1.small";
        if (!InstanceType.All.TryGetValue(type, out var instanceType))
        {
            throw new ApiException("InvalidParameterValue", $"Invalid value '{type}' for InstanceType.");
        }

        KeyPair? key = null;
        if (parameters.Find("KeyName") is { } keyName && !_account.KeyPairs.TryGetValue(keyName, out key))
        {
            throw new ApiException("InvalidKeyPair.NotFound", $"The key pair '{keyName}' does not exist");
        }

        var zone = FindZone(parameters) ?? Zones.All.FirstOrDefault(z => _faults.Room(z) >= minimum) ?? Zones.All[0];
        var groups = FindGroups(parameters);
        var tags = new TagSpecifications(parameters, "instance", "volume", "network-interface", "spot-instances-request");
        var userData = ReadUserData(parameters.Find("UserData"));
        var devices = ReadDevices(parameters, image);
        var wantsPublic = parameters.Structures("NetworkInterface") is [var first, ..] ? first.FindBoolean("AssociatePublicIpAddress") ?? true : true;
        var behavior = parameters.Find("InstanceInitiatedShutdownBehavior") ?? "stop";
        if (behavior is not ("stop" or "terminate"))
        {
            throw ApiException.Invalid(behavior, "InstanceInitiatedShutdownBehavior");
        }

        var noTermination = parameters.FindBoolean("DisableApiTermination") ?? false;
        var noStop = parameters.FindBoolean("DisableApiStop") ?? false;
        var monitoring = parameters.FindBoolean("Monitoring.Enabled") ?? false;
        var tokens = parameters.Find("MetadataOptions.HttpTokens") ?? "optional";
        if (tokens is not ("optional" or "required"))
        {
            throw ApiException.Invalid(tokens, "MetadataOptions.HttpTokens");
        }

        var room = _faults.Room(zone);
        if (room < minimum)
        {
            throw InsufficientCapacity(instanceType, zone);
        }

        var addresses = TakeAddresses(parameters, zone, minimum, Math.Min(maximum, room));
        EndDryRun(parameters);

        var reservation = ResourceId.New("r");
        var now = _account.Clock.GetUtcNow();
        var made = new List<Instance>();
        foreach (var (privateAddress, publicAddress) in addresses)
        {
            var instance = new Instance
            {
                Id = ResourceId.New("i"),
                ReservationId = reservation,
                Image = image,
                Type = instanceType,
                LaunchedType = instanceType,
                KeyPair = key,
                LaunchIndex = made.Count,
                Zone = zone,
                PrivateAddress = privateAddress,
                PublicAddress = wantsPublic ? publicAddress : null,
                ClientToken = parameters.Find("ClientToken"),
                UserData = userData,
                Groups = groups,
                RootVolumeId = ResourceId.New("vol"),
                Created = now,
                LaunchTime = now,
                MetadataTokens = tokens,
                DisableTermination = noTermination,
                DisableStop = noStop,
                ShutdownBehavior = behavior,
                MonitoringEnabled = monitoring,
            };
            _faults.OnLaunch(instance);
            _account.Instances.Add(instance.Id, instance);
            tags.Apply(_account, "instance", instance.Id);
            foreach (var device in devices)
            {
                var volume = new Volume(device.Name == MachineImage.RootDevice ? instance.RootVolumeId : ResourceId.New("vol"), device.SizeGiB, device.Kind, device.Encrypted, device.SnapshotId, zone.Name, now)
                {
                    Attachment = new VolumeAttachment(instance.Id, device.Name, now, device.DeleteOnTermination),
                };
                _account.Volumes.Add(volume.Id, volume);
                tags.Apply(_account, "volume", volume.Id);
            }

            tags.Apply(_account, "network-interface", instance.InterfaceId);
            made.Add(instance);
        }

        return made;
    }

    private static (int Minimum, int Maximum) Counts(QueryParameters parameters)
    {
        var minimum = parameters.FindInteger("MinCount") ?? throw ApiException.Missing("MinCount");
        var maximum = parameters.FindInteger("MaxCount") ?? throw ApiException.Missing("MaxCount");
        if (minimum < 1)
        {
            throw new ApiException("InvalidParameterValue", "Value for parameter MinCount must be at least 1.");
        }

        return maximum < minimum
            ? throw new ApiException("InvalidParameterValue", "Value for parameter MaxCount must not be smaller than that for MinCount.")
            : (minimum, maximum);
    }

    private MachineImage FindImage(string id)
    {
        const string Alias = "resolve:ssm:";
        if (id.StartsWith(Alias, StringComparison.Ordinal))
        {
            var name = id[Alias.Length..];
            id = _account.Parameters.TryGetValue(name, out var value)
                ? value
                : throw new ApiException("InvalidParameterValue", $"The Systems Manager parameter '{name}' does not exist.");
        }

        var image = ImageActions.Find(_account, id);
        return image.State == "available" ? image : throw new ApiException("InvalidAMIID.Unavailable", $"The image ID '{id}' is not available: it is {image.State}.");
    }

    /// <summary>The zone that is asked for; null when the choice is left to EC2.</summary>
    private static Zone? FindZone(QueryParameters parameters)
    {
        var interfaces = parameters.Structures("NetworkInterface");
        var subnet = parameters.Find("SubnetId") ?? (interfaces.Count > 0 ? interfaces[0].Find("SubnetId") : null);
        var zone = parameters.Find("Placement.AvailabilityZone");
        if (zone is not null && Zones.All.All(z => z.Name != zone))
        {
            throw new ApiException("InvalidParameterValue", $"Invalid availability zone: [{zone}]");
        }

        if (subnet is null)
        {
            return Zones.All.FirstOrDefault(z => z.Name == zone);
        }

        var found = Zones.All.FirstOrDefault(z => z.SubnetId == subnet)
            ?? throw new ApiException("InvalidSubnetID.NotFound", $"The subnet ID '{subnet}' does not exist");
        return zone is null || zone == found.Name
            ? found
            : throw new ApiException("InvalidParameterValue", $"The availability zone '{zone}' does not match that of the subnet '{subnet}'.");
    }

    private SecurityGroup[] FindGroups(QueryParameters parameters)
    {
        var interfaces = parameters.Structures("NetworkInterface");
        IReadOnlyList<string> ids = interfaces.Count > 0 ? interfaces[0].List("SecurityGroupId") : parameters.List("SecurityGroupId");
        if (interfaces.Count > 0 && (parameters.List("SecurityGroupId").Count > 0 || parameters.Find("SubnetId") is not null))
        {
            throw ApiException.Combination("Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request");
        }

        var groups = ids.Select(id => SecurityGroupActions.Find(_account, id))
            .Concat(parameters.List("SecurityGroup").Select(name => SecurityGroupActions.FindByName(_account, name)))
            .Distinct().ToArray();
        return groups.Length > 0 ? groups : [.. _account.Groups.Values.Where(g => g.IsDefault)];
    }

    private List<(string Private, string Public)> TakeAddresses(QueryParameters parameters, Zone zone, int minimum, int maximum)
    {
        var addresses = new List<(string Private, string Public)>();
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var wanted = parameters.Find("PrivateIpAddress") is { } given ? TakeGiven(given, zone, maximum) : ((string Private, string Public)?)null;
        while (addresses.Count < maximum && (wanted ?? _account.TakeAddress(zone, taken)) is { } address)
        {
            taken.Add(address.Private);
            addresses.Add(address);
        }

        return addresses.Count >= minimum
            ? addresses
            : throw new ApiException("InsufficientFreeAddressesInSubnet", $"There are not enough free addresses in subnet '{zone.SubnetId}' to satisfy the requested number of instances.");
    }

    private (string Private, string Public) TakeGiven(string address, Zone zone, int maximum)
    {
        if (maximum > 1)
        {
            throw ApiException.Combination("A private IP address can be given for one instance only.");
        }

        if (_account.Instances.Values.Any(i => i.PrivateAddress == address && i.State != InstanceState.Terminated))
        {
            throw new ApiException("InvalidIPAddress.InUse", $"Address {address} is in use.");
        }

        return _account.IsAddressOf(zone, address)
            ? (address, _account.PublicOf(address))
            : throw new ApiException("InvalidParameterValue", $"Address {address} does not fall within the subnet's address range");
    }

    private ApiException InsufficientCapacity(InstanceType type, Zone zone)
    {
        var others = string.Join(", ", Zones.All.Where(z => z != zone && _faults.Room(z) > 0).Select(z => z.Name));
        return new ApiException(
            500,
            "InsufficientInstanceCapacity",
            $"We currently do not have sufficient {type.Name} capacity in the Availability Zone you requested ({zone.Name}). Our system will be working on provisioning additional capacity."
            + (others.Length == 0 ? "" : $" You can currently get {type.Name} capacity by not specifying an Availability Zone in your request or choosing {others}."));
    }

    private static byte[] ReadUserData(string? text)
    {
        if (text is null)
        {
            return [];
        }

        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length))
        {
            throw new ApiException("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
        }

        return length <= MaximumUserData ? bytes[..length] : throw new ApiException("InvalidParameterValue", "User data is limited to 16384 bytes");
    }

    private IReadOnlyList<BlockDevice> ReadDevices(QueryParameters parameters, MachineImage image)
    {
        var devices = BlockDeviceMappings.Read(_account, parameters, image.BlockDevices);
        if (devices.Count > 1 && !_fleet.HasBlockDevices)
        {
            throw VolumeAttachments.NoBlockDevices;
        }

        foreach (var device in devices.Skip(1).Where(d => d.SnapshotId is not null))
        {
            VolumeActions.CheckUsable(SnapshotActions.Find(_account, device.SnapshotId!));
        }

        return devices;
    }
}
