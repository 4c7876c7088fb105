using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Attributes of single instances.</summary>
internal sealed class InstanceAttributes : ActionSet
{
    private readonly Account _account;
    private readonly Fleet _fleet;

    public InstanceAttributes(Account account, Fleet fleet)
    {
        _account = account;
        _fleet = fleet;
        Add("DescribeInstanceAttribute", Describe);
        Add("ModifyInstanceAttribute", ModifyAsync);
        Add("DescribeInstanceCreditSpecifications", DescribeCredits);
    }

    private IEnumerable<Element?> Describe(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var instance = InstanceActions.Find(_account, [parameters.Require("InstanceId")])[0];
            var attribute = parameters.Require("Attribute");
            Element Value(object? value) => new(attribute, value is null ? null : new Element("value", value));
            return
            [
                new("instanceId", instance.Id),
                attribute switch
                {
                    "disableApiTermination" => Value(instance.DisableTermination),
                    "disableApiStop" => Value(instance.DisableStop),
                    "instanceInitiatedShutdownBehavior" => Value(instance.ShutdownBehavior),
                    "instanceType" => Value(instance.Type.Name),
                    "userData" => Value(instance.UserData.Length == 0 ? null : Convert.ToBase64String(instance.UserData.Span)),
                    "rootDeviceName" => Value(MachineImage.RootDevice),
                    "sourceDestCheck" => Value(true),
                    "ebsOptimized" => Value(false),
                    "enaSupport" => Value(true),
                    "sriovNetSupport" or "kernel" or "ramdisk" => Value(null),
                    "groupSet" => InstanceXml.Groups(instance),
                    "blockDeviceMapping" => InstanceXml.BlockDevices(_account.VolumesOf(instance.Id)),
                    "productCodes" => new("productCodes"),
                    _ => throw ApiException.Invalid(attribute, "attribute"),
                },
            ];
        }
    }

    private IEnumerable<Element?> DescribeCredits(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var ids = parameters.List("InstanceId");
            var instances = ids.Count > 0 ? InstanceActions.Find(_account, ids) : [.. _account.Instances.Values.Where(i => i.IsAlive)];
            return
            [
                Xml.List("instanceCreditSpecificationSet", instances.Where(i => i.Type.IsBurstable), i => new[]
                {
                    new Element("instanceId", i.Id), new Element("cpuCredits", i.Type.IsNitro ? "unlimited" : "standard"),
                }),
            ];
        }
    }

    private async Task<IEnumerable<Element?>> ModifyAsync(QueryParameters parameters, CancellationToken cancellationToken)
    {
        lock (_account.Gate)
        {
            var instance = InstanceActions.Find(_account, [parameters.Require("InstanceId")])[0];
            // Either X.Value, or the older Attribute=x with Value.
            var attribute = parameters.Find("Attribute");
            bool? Flag(string name, string old) => parameters.FindBoolean($"{name}.Value") ?? (attribute == old ? parameters.FindBoolean("Value") : null);
            var termination = Flag("DisableApiTermination", "disableApiTermination");
            var stop = Flag("DisableApiStop", "disableApiStop");
            var behavior = parameters.Find("InstanceInitiatedShutdownBehavior.Value");
            var typeName = parameters.Find("InstanceType.Value") ?? (attribute == "instanceType" ? parameters.Find("Value") : null);
            var groups = parameters.List("GroupId").Select(g => SecurityGroupActions.Find(_account, g)).ToList();
            if (behavior is not (null or "stop" or "terminate"))
            {
                throw ApiException.Invalid(behavior, "InstanceInitiatedShutdownBehavior");
            }

            var type = ReadType(instance, typeName);
            var volumes = ReadVolumes(instance, parameters);
            if (termination is null && stop is null && behavior is null && type is null && groups.Count == 0 && volumes.Count == 0)
            {
                throw new ApiException("InvalidParameterCombination", "No attributes specified.");
            }

            EndDryRun(parameters);
            instance.DisableTermination = termination ?? instance.DisableTermination;
            instance.DisableStop = stop ?? instance.DisableStop;
            instance.ShutdownBehavior = behavior ?? instance.ShutdownBehavior;
            instance.Type = type ?? instance.Type;
            instance.Groups = groups.Count > 0 ? groups : instance.Groups;
            foreach (var volume in volumes)
            {
                _account.Volumes[volume.Id] = volume;
            }
        }

        await _fleet.ApplyPolicyAsync(cancellationToken);
        return [Xml.Return()];
    }

    private static InstanceType? ReadType(Instance instance, string? name)
    {
        if (name is null)
        {
            return null;
        }

        return !InstanceType.All.TryGetValue(name, out var type) ? throw new ApiException("InvalidInstanceAttributeValue", $"Invalid value '{name}' for instanceType.")
            : instance.State != InstanceState.Stopped ? throw new ApiException("IncorrectInstanceState", $"The instance '{instance.Id}' is not in the 'stopped' state.")
            : type;
    }

    /// <summary>The volumes of an instance as the request wants them.</summary>
    private List<Volume> ReadVolumes(Instance instance, QueryParameters parameters) =>
    [
        .. parameters.Structures("BlockDeviceMapping").Select(mapping =>
        {
            var device = mapping.Require("DeviceName");
            var volume = _account.VolumesOf(instance.Id).FirstOrDefault(v => v.Attachment!.Device == device)
                ?? throw new ApiException("InvalidInstanceAttributeValue", $"No device is currently mapped at {device}");
            var attachment = volume.Attachment!;
            return volume with { Attachment = attachment with { DeleteOnTermination = mapping.FindBoolean("Ebs.DeleteOnTermination") ?? attachment.DeleteOnTermination } };
        }),
    ];
}
