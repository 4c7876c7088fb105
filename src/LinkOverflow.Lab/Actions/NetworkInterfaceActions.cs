using System.Xml.Linq;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Network interfaces: one for each instance.</summary>
internal sealed class NetworkInterfaceActions : ActionSet
{
    private readonly Account _account;

    public NetworkInterfaceActions(Account account)
    {
        _account = account;
        Add("DescribeNetworkInterfaces", Describe);
    }

    private IEnumerable<XElement?> Describe(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var all = _account.Instances.Values.Where(i => i.State != InstanceState.Terminated).ToList();
            var ids = parameters.List("NetworkInterfaceId");
            if (ids.FirstOrDefault(n => all.TrueForAll(i => i.InterfaceId != n)) is { } unknown)
            {
                throw new ApiException("InvalidNetworkInterfaceID.NotFound", $"The networkInterface ID '{unknown}' does not exist");
            }

            var interfaces = new Filters(parameters).Apply(
                all.Where(i => ids.Count == 0 || ids.Contains(i.InterfaceId, StringComparer.Ordinal)),
                i => _account.TagsOf(i.InterfaceId),
                (i, filter) => filter switch
                {
                    "network-interface-id" => [i.InterfaceId],
                    "attachment.instance-id" => [i.Id],
                    "attachment.attachment-id" => [i.AttachmentId],
                    "attachment.device-index" => ["0"],
                    "attachment.status" => ["attached"],
                    "group-id" => i.Groups.Select(g => (string?)g.Id),
                    "group-name" => i.Groups.Select(g => (string?)g.Name),
                    "subnet-id" => [i.Zone.SubnetId],
                    "vpc-id" => [Zones.VpcId],
                    "availability-zone" => [i.Zone.Name],
                    "private-ip-address" or "addresses.private-ip-address" => [i.PrivateAddress],
                    "association.public-ip" or "addresses.association.public-ip" => [i.PublicAddress],
                    "interface-type" => ["interface"],
                    "status" => ["in-use"],
                    "owner-id" => [_account.OwnerId],
                    "requester-managed" => ["false"],
                    "requester-id" or "description" => [],
                    _ => null,
                });
            var (page, next) = new Paging(parameters).Cut(interfaces);
            return [Xml.List("networkInterfaceSet", page, i => (IEnumerable<XElement?>)[.. InstanceXml.Interface(_account, i), Xml.Tags(_account.TagsOf(i.InterfaceId))]), next];
        }
    }
}
