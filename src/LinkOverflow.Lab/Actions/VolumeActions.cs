using System.Globalization;
using System.Xml.Linq;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Volumes: those that instances boot from.</summary>
internal sealed class VolumeActions : ActionSet
{
    private readonly Account _account;

    public VolumeActions(Account account)
    {
        _account = account;
        Add("DescribeVolumes", Describe);
    }

    private IEnumerable<XElement?> Describe(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var all = _account.Instances.Values.Where(i => i.State != InstanceState.Terminated).ToList();
            var ids = parameters.List("VolumeId");
            if (ids.FirstOrDefault(v => !ResourceId.IsWellFormed(v, "vol")) is { } wrong)
            {
                throw new ApiException("InvalidParameterValue", $"Value ({wrong}) for parameter volumeId is invalid. Expected: 'vol-...'.");
            }

            if (ids.FirstOrDefault(v => all.TrueForAll(i => i.Root.Id != v)) is { } unknown)
            {
                throw new ApiException("InvalidVolume.NotFound", $"The volume '{unknown}' does not exist.");
            }

            var volumes = new Filters(parameters).Apply(
                all.Where(i => ids.Count == 0 || ids.Contains(i.Root.Id, StringComparer.Ordinal)),
                i => _account.TagsOf(i.Root.Id),
                (i, filter) => filter switch
                {
                    "volume-id" => [i.Root.Id],
                    "attachment.instance-id" => [i.Id],
                    "attachment.device" => [MachineImage.RootDevice],
                    "attachment.status" => ["attached"],
                    "attachment.delete-on-termination" => [i.Root.DeleteOnTermination ? "true" : "false"],
                    "availability-zone" => [i.Zone.Name],
                    "status" => ["in-use"],
                    "size" => [i.Root.SizeGiB.ToString(CultureInfo.InvariantCulture)],
                    "volume-type" => [i.Root.Type],
                    "encrypted" => [i.Root.Encrypted ? "true" : "false"],
                    _ => null,
                });
            var (page, next) = new Paging(parameters).Cut(volumes);
            return [Xml.List("volumeSet", page, Describe), next];
        }
    }

    private IEnumerable<XElement?> Describe(Instance instance)
    {
        var volume = instance.Root;
        return
        [
            new("volumeId", volume.Id),
            new("size", volume.SizeGiB),
            new("snapshotId", instance.Image.Id.Replace("ami-", "snap-", StringComparison.Ordinal)),
            new("availabilityZone", instance.Zone.Name),
            new("status", "in-use"),
            new("createTime", Xml.Time(volume.Created)),
            Xml.List("attachmentSet", [volume], v => new[]
            {
                new XElement("volumeId", v.Id),
                new XElement("instanceId", instance.Id),
                new XElement("device", MachineImage.RootDevice),
                new XElement("status", "attached"),
                new XElement("attachTime", Xml.Time(v.Created)),
                new XElement("deleteOnTermination", v.DeleteOnTermination),
            }),
            Xml.Tags(_account.TagsOf(volume.Id)),
            new("volumeType", volume.Type),
            new("encrypted", volume.Encrypted),
            new("iops", 3000),
            new("throughput", 125),
            new("multiAttachEnabled", false),
        ];
    }
}
