using Amazon.EC2;
using Amazon.EC2.Model;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Cloud.Ec2;

/// <summary>Security groups: a deployment's own, and those that are there.</summary>
internal sealed class Ec2SecurityGroups(Ec2Calls calls, string region)
{
    public async Task<string> CreateAsync(SecurityGroupRequest request, CancellationToken cancellationToken)
    {
        var create = await RequestAsync(request, cancellationToken);

        // Neither is to be interrupted: the group carries its tags from its first moment, and is closed until its ports are opened.
        var id = (await calls.CallAsync("CreateSecurityGroup", (c, t) => c.CreateSecurityGroupAsync(create, t), CancellationToken.None)).GroupId;
        if (request.Ports.Count == 0)
        {
            return id;
        }

        try
        {
            await OpenAsync(id, request.Ports, CancellationToken.None);
        }
        catch
        {
            await DeleteAsync(id, CancellationToken.None);
            throw;
        }

        return id;
    }

    public async Task<CreateSecurityGroupRequest> RequestAsync(SecurityGroupRequest request, CancellationToken cancellationToken) => new()
    {
        GroupName = request.Name,
        Description = request.Description,
        VpcId = request.SubnetId is null ? null : await VpcAsync(request.SubnetId, cancellationToken),
        TagSpecifications = [new TagSpecification { ResourceType = ResourceType.SecurityGroup, Tags = Ec2Tags.From(request.Tags) }],
    };

    public async Task<string> FindAsync(string idOrName, CancellationToken cancellationToken)
    {
        var filter = new Filter(idOrName.StartsWith("sg-", StringComparison.Ordinal) ? "group-id" : "group-name", [idOrName]);
        var groups = await DescribeAsync(filter, cancellationToken);
        return groups.Count > 0
            ? groups[0].Id
            : throw new DeployException(
                ErrorId.ValueInvalid, $"Security group {idOrName} is unknown in region {region}.", "Correct SecurityGroup in instance.config.");
    }

    public Task<IReadOnlyList<TaggedResource>> DescribeAsync(Filter filter, CancellationToken cancellationToken) => calls.PagesAsync(
        "DescribeSecurityGroups",
        (c, next, t) => c.DescribeSecurityGroupsAsync(new DescribeSecurityGroupsRequest { Filters = [filter], NextToken = next }, t),
        response => (response.SecurityGroups?.Select(g => new TaggedResource(g.GroupId, Ec2Tags.Read(g.Tags))), response.NextToken),
        cancellationToken);

    public Task DeleteAsync(string id, CancellationToken cancellationToken) => calls.IgnoreAsync(
        "InvalidGroup.NotFound",
        "DeleteSecurityGroup",
        (c, t) => c.DeleteSecurityGroupAsync(new DeleteSecurityGroupRequest { GroupId = id }, t),
        cancellationToken);

    public async Task AddAsync(string id, IReadOnlyList<OpenPort> ports, CancellationToken cancellationToken)
    {
        // One rule that is there makes EC2 refuse them all.
        foreach (var port in ports)
        {
            try
            {
                await OpenAsync(id, [port], cancellationToken);
            }
            catch (CloudException e) when (e.Code == "InvalidPermission.Duplicate")
            {
                // Open already, which is what was asked for.
            }
        }
    }

    private async Task OpenAsync(string id, IReadOnlyList<OpenPort> ports, CancellationToken cancellationToken)
    {
        var authorize = new AuthorizeSecurityGroupIngressRequest
        {
            GroupId = id,
            IpPermissions =
            [
                .. ports.GroupBy(p => p.Port).Select(p => new IpPermission
                {
                    IpProtocol = "tcp",
                    FromPort = p.Key,
                    ToPort = p.Key,
                    Ipv4Ranges = NullIfEmpty(p.Where(o => !IsIpv6(o)).Select(o => new IpRange { CidrIp = o.Cidr })),
                    Ipv6Ranges = NullIfEmpty(p.Where(IsIpv6).Select(o => new Ipv6Range { CidrIpv6 = o.Cidr })),
                }),
            ],
        };
        await calls.CallAsync(
            "AuthorizeSecurityGroupIngress", (c, t) => c.AuthorizeSecurityGroupIngressAsync(authorize, t), cancellationToken);

        // An empty list would be sent as an empty parameter, which EC2 refuses.
        static List<T>? NullIfEmpty<T>(IEnumerable<T> ranges) => ranges.ToList() is { Count: > 0 } list ? list : null;

        static bool IsIpv6(OpenPort port) => port.Cidr.Contains(':', StringComparison.Ordinal);
    }

    private async Task<string> VpcAsync(string subnetId, CancellationToken cancellationToken)
    {
        var subnets = await calls.CallAsync(
            "DescribeSubnets", (c, t) => c.DescribeSubnetsAsync(new DescribeSubnetsRequest { SubnetIds = [subnetId] }, t), cancellationToken);
        return subnets.Subnets[0].VpcId;
    }
}
