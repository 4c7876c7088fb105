using System.Xml.Linq;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>DescribeImages.</summary>
internal sealed class ImageActions : ActionSet
{
    private readonly Account _account;

    public ImageActions(Account account)
    {
        _account = account;
        Add("DescribeImages", Describe);
    }

    /// <exception cref="ApiException">InvalidAMIID.Malformed.</exception>
    public static void CheckId(string id)
    {
        if (!ResourceId.IsWellFormed(id, "ami"))
        {
            throw new ApiException("InvalidAMIID.Malformed", $"Invalid id: \"{id}\" (expecting \"ami-...\")");
        }
    }

    public static ApiException NotFound(string id) => new("InvalidAMIID.NotFound", $"The image id '[{id}]' does not exist");

    private IEnumerable<XElement?> Describe(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var ids = parameters.List("ImageId");
            foreach (var id in ids)
            {
                CheckId(id);
                if (!_account.Images.ContainsKey(id))
                {
                    throw NotFound(id);
                }
            }

            var owners = parameters.List("Owner");
            var filters = new Filters(parameters);
            filters.Check(name => Values(MachineImage.Debian12, name) is not null);
            var images = _account.Images.Values
                .Where(i => ids.Count == 0 || ids.Contains(i.Id, StringComparer.Ordinal))
                .Where(i => owners.Count == 0 || owners.Any(o => o == i.OwnerId || o == i.OwnerAlias || (o == "self" && i.OwnerId == _account.OwnerId)));
            var (page, next) = new Paging(parameters, minimum: 1).Cut(filters.Apply(images, i => _account.TagsOf(i.Id), Values));
            return [Xml.List("imagesSet", page, Describe), next];
        }
    }

    private IEnumerable<XElement?> Describe(MachineImage image) =>
    [
        new("imageId", image.Id),
        new("imageLocation", $"{image.OwnerAlias ?? image.OwnerId}/{image.Name}"),
        new("imageState", "available"),
        new("imageOwnerId", image.OwnerId),
        image.OwnerAlias is null ? null : new("imageOwnerAlias", image.OwnerAlias),
        new("creationDate", Xml.Time(image.Created)),
        new("isPublic", image.OwnerId != _account.OwnerId),
        new("productCodes"),
        new("architecture", MachineImage.Architecture),
        new("imageType", "machine"),
        new("name", image.Name),
        new("description", image.Description),
        new("rootDeviceType", "ebs"),
        new("rootDeviceName", MachineImage.RootDevice),
        Xml.List("blockDeviceMapping", [image], i => new[]
        {
            new XElement("deviceName", MachineImage.RootDevice),
            new XElement(
                "ebs",
                new XElement("snapshotId", i.Id.Replace("ami-", "snap-", StringComparison.Ordinal)),
                new XElement("volumeSize", 8),
                new XElement("deleteOnTermination", true),
                new XElement("volumeType", "gp3"),
                new XElement("encrypted", false)),
        }),
        new("virtualizationType", "hvm"),
        new("hypervisor", "xen"),
        new("enaSupport", true),
        new("sriovNetSupport", "simple"),
        new("platformDetails", "Linux/UNIX"),
        new("usageOperation", "RunInstances"),
        Xml.Tags(_account.TagsOf(image.Id)),
    ];

    private static IEnumerable<string?>? Values(MachineImage image, string filter) => filter switch
    {
        "image-id" => [image.Id],
        "name" => [image.Name],
        "description" => [image.Description],
        "owner-id" => [image.OwnerId],
        "owner-alias" => [image.OwnerAlias],
        "architecture" => [MachineImage.Architecture],
        "state" => ["available"],
        "is-public" => [image.OwnerId == MachineImage.DebianOwner ? "true" : "false"],
        "image-type" => ["machine"],
        "root-device-type" => ["ebs"],
        "root-device-name" => [MachineImage.RootDevice],
        "virtualization-type" => ["hvm"],
        "hypervisor" => ["xen"],
        "ena-support" => ["true"],
        "creation-date" => [Xml.Time(image.Created)],
        "block-device-mapping.volume-type" => ["gp3"],
        "platform" => [],
        "platform-details" => ["Linux/UNIX"],
        _ => null,
    };
}
