using Amazon.EC2.Model;

namespace LinkOverflow.Lab.Tests.Api;

public sealed class SecurityGroups
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rules_come_and_go_and_the_packet_filter_follows()
    {
        await using var lab = await ApiLab.StartAsync();
        var id = await CreateAsync(lab, "web");

        await AuthorizeAsync(lab, id, 8080);
        var described = await lab.Ec2.DescribeSecurityGroupsAsync(new DescribeSecurityGroupsRequest { GroupIds = [id] }, Cancellation);
        described.SecurityGroups.Single().IpPermissions.Single().Ipv4Ranges.Single().CidrIp.ShouldBe("0.0.0.0/0");
        lab.Machines.Policy.Groups.Single(g => g.GroupId == id).Ingress.Single().FromPort.ShouldBe(8080);

        await lab.Ec2.RevokeSecurityGroupIngressAsync(new RevokeSecurityGroupIngressRequest { GroupId = id, IpPermissions = [Permission(8080)] }, Cancellation);
        lab.Machines.Policy.Groups.Single(g => g.GroupId == id).Ingress.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_same_rule_twice_is_refused()
    {
        await using var lab = await ApiLab.StartAsync();
        var id = await CreateAsync(lab, "web");
        await AuthorizeAsync(lab, id, 22);

        (await ApiLab.CodeOfAsync(() => AuthorizeAsync(lab, id, 22))).ShouldBe("InvalidPermission.Duplicate");
    }

    [Fact]
    public async Task The_same_name_twice_is_refused()
    {
        await using var lab = await ApiLab.StartAsync();
        await CreateAsync(lab, "web");

        (await ApiLab.CodeOfAsync(() => CreateAsync(lab, "web"))).ShouldBe("InvalidGroup.Duplicate");
    }

    [Fact]
    public async Task A_group_is_kept_as_long_as_an_instance_is_in_it()
    {
        await using var lab = await ApiLab.StartAsync();
        var id = await CreateAsync(lab, "web");
        var instance = (await lab.RunAsync(1, r => r.SecurityGroupIds = [id]))[0].InstanceId;
        Task Delete() => lab.Ec2.DeleteSecurityGroupAsync(new DeleteSecurityGroupRequest { GroupId = id }, Cancellation);

        (await ApiLab.CodeOfAsync(Delete)).ShouldBe("DependencyViolation");
        await lab.Ec2.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = [instance] }, Cancellation);
        await lab.WaitForAsync(instance, "terminated");

        await Delete();
    }

    [Fact]
    public async Task The_default_group_cannot_be_deleted()
    {
        await using var lab = await ApiLab.StartAsync();

        (await ApiLab.CodeOfAsync(() => lab.Ec2.DeleteSecurityGroupAsync(new DeleteSecurityGroupRequest { GroupName = "default" }, Cancellation))).ShouldBe("CannotDelete");
    }

    [Fact]
    public async Task Groups_are_found_by_their_tags()
    {
        await using var lab = await ApiLab.StartAsync();
        var id = await CreateAsync(lab, "web");

        var found = await lab.Ec2.DescribeSecurityGroupsAsync(
            new DescribeSecurityGroupsRequest { Filters = [new Filter("tag:For", ["web"])] }, Cancellation);

        found.SecurityGroups.Single().GroupId.ShouldBe(id);
    }

    private static async Task<string> CreateAsync(ApiLab lab, string name) =>
        (await lab.Ec2.CreateSecurityGroupAsync(
            new CreateSecurityGroupRequest
            {
                GroupName = name,
                Description = "for a test",
                TagSpecifications = [new TagSpecification { ResourceType = "security-group", Tags = [new Tag("For", name)] }],
            },
            Cancellation)).GroupId;

    private static Task<AuthorizeSecurityGroupIngressResponse> AuthorizeAsync(ApiLab lab, string id, int port) => lab.Ec2.AuthorizeSecurityGroupIngressAsync(
        new AuthorizeSecurityGroupIngressRequest { GroupId = id, IpPermissions = [Permission(port)] }, Cancellation);

    private static IpPermission Permission(int port) => new()
    {
        IpProtocol = "tcp",
        FromPort = port,
        ToPort = port,
        Ipv4Ranges = [new IpRange { CidrIp = "0.0.0.0/0" }],
    };
}
