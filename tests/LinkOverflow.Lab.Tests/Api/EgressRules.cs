using Amazon.EC2.Model;

namespace LinkOverflow.Lab.Tests.Api;

public sealed class EgressRules
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_group_lets_everything_out_until_that_is_revoked()
    {
        await using var lab = await ApiLab.StartAsync();
        var id = (await lab.Ec2.CreateSecurityGroupAsync(new CreateSecurityGroupRequest { GroupName = "shut", Description = "nothing out" }, Cancellation)).GroupId;
        async Task<SecurityGroup> DescribeAsync() =>
            (await lab.Ec2.DescribeSecurityGroupsAsync(new DescribeSecurityGroupsRequest { GroupIds = [id] }, Cancellation)).SecurityGroups.Single();
        var everything = (await DescribeAsync()).IpPermissionsEgress.Single();
        everything.IpProtocol.ShouldBe("-1");
        everything.Ipv4Ranges.Single().CidrIp.ShouldBe("0.0.0.0/0");

        await lab.Ec2.RevokeSecurityGroupEgressAsync(
            new RevokeSecurityGroupEgressRequest { GroupId = id, IpPermissions = [new IpPermission { IpProtocol = "-1", Ipv4Ranges = [new IpRange { CidrIp = "0.0.0.0/0" }] }] },
            Cancellation);

        (await DescribeAsync()).IpPermissionsEgress.ShouldBeNull();
        lab.Machines.Policy.Groups.Single(g => g.GroupId == id).Egress.ShouldBeEmpty();
    }
}
