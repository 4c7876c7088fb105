using Amazon.EC2.Model;

namespace LinkOverflow.Lab.Tests.Api;

public sealed class ManyClients
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Twenty_clients_at_once_each_find_what_is_theirs()
    {
        var folder = Directory.CreateTempSubdirectory("lolab-clients-");
        try
        {
            await using var lab = await ApiLab.StartAsync(accountFile: Path.Combine(folder.FullName, "account.json"));
            // Any status but success throws: the clients do not retry.
            await Task.WhenAll(Enumerable.Range(0, 20).Select(number => Task.Run(() => WorkAsync(lab, $"client-{number}"), Cancellation)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task WorkAsync(ApiLab lab, string name)
    {
        using var client = lab.Client();
        var group = (await client.CreateSecurityGroupAsync(new CreateSecurityGroupRequest { GroupName = name, Description = name }, Cancellation)).GroupId;
        await client.CreateKeyPairAsync(new CreateKeyPairRequest(name) { KeyType = "ed25519" }, Cancellation);
        for (var round = 0; round < 5; round++)
        {
            await client.AuthorizeSecurityGroupIngressAsync(
                new AuthorizeSecurityGroupIngressRequest
                {
                    GroupId = group,
                    IpPermissions = [new IpPermission { IpProtocol = "tcp", FromPort = 80 + round, ToPort = 80 + round, Ipv4Ranges = [new IpRange { CidrIp = "0.0.0.0/0" }] }],
                },
                Cancellation);
            var run = await client.RunInstancesAsync(
                new RunInstancesRequest
                {
                    ImageId = ApiLab.Image,
                    MinCount = 2,
                    MaxCount = 2,
                    InstanceType = "t3.micro",
                    KeyName = name,
                    SecurityGroupIds = [group],
                    TagSpecifications = [new TagSpecification { ResourceType = "instance", Tags = [new Tag("Owner", name)] }],
                },
                Cancellation);
            var mine = run.Reservation.Instances.ConvertAll(i => i.InstanceId);
            var found = await client.DescribeInstancesAsync(
                new DescribeInstancesRequest { Filters = [new Filter("tag:Owner", [name]), new Filter("instance-state-name", ["pending", "running"])] }, Cancellation);
            found.Reservations.SelectMany(r => r.Instances).Select(i => i.InstanceId).ShouldBe(mine, ignoreOrder: true);
            await client.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = mine }, Cancellation);
            foreach (var id in mine)
            {
                await lab.WaitForAsync(id, "terminated");
            }
        }
    }
}
