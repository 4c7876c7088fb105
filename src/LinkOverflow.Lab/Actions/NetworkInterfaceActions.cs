using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Network interfaces: one for each instance.</summary>
internal sealed class NetworkInterfaceActions : ActionSet
{
    private readonly Account _account;
    private readonly FilterTable<Instance> _filters;

    public NetworkInterfaceActions(Account account)
    {
        _account = account;
        _filters = new()
        {
            { "network-interface-id", i => i.InterfaceId },
            { "attachment.instance-id", i => i.Id },
            { "attachment.attachment-id", i => i.AttachmentId },
            { "attachment.device-index", _ => "0" },
            { "attachment.status", _ => "attached" },
            { "group-id", i => i.Groups.Select(g => g.Id) },
            { "group-name", i => i.Groups.Select(g => g.Name) },
            { "subnet-id", i => i.Zone.SubnetId },
            { "vpc-id", _ => Zones.VpcId },
            { "availability-zone", i => i.Zone.Name },
            { "private-ip-address", i => i.PrivateAddress },
            { "addresses.private-ip-address", i => i.PrivateAddress },
            { "association.public-ip", i => i.PublicAddress },
            { "addresses.association.public-ip", i => i.PublicAddress },
            { "interface-type", _ => "interface" },
            { "status", _ => "in-use" },
            { "owner-id", _ => account.OwnerId },
            { "requester-managed", _ => "false" },
            { "requester-id", _ => (string?)null },
            { "description", _ => "" },
        };
        Add("DescribeNetworkInterfaces", Describe);
    }

    private IEnumerable<Element?> Describe(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var all = _account.Instances.Values.Where(i => i.State != InstanceState.Terminated);
            var interfaces = Listing.Named(
                parameters,
                "NetworkInterfaceId",
                all,
                id => all.FirstOrDefault(i => i.InterfaceId == id) ?? throw new ApiException("InvalidNetworkInterfaceID.NotFound", $"The networkInterface ID '{id}' does not exist"));
            return Listing.Answer(
                parameters,
                "networkInterfaceSet",
                interfaces,
                i => _account.TagsOf(i.InterfaceId),
                _filters,
                i => (IEnumerable<Element?>)[.. InstanceXml.Interface(_account, i), Xml.Tags(_account.TagsOf(i.InterfaceId))]);
        }
    }
}
