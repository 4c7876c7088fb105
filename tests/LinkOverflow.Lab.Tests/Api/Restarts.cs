using System.Text.Json.Nodes;
using Amazon.EC2.Model;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Api;

/// <summary>What the next lab finds in the state folder of the one before.</summary>
public sealed class Restarts : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lolab-account-");
    private readonly RecordedMachines _machines = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string AccountFile => Path.Combine(_folder.FullName, "account.json");

    [Fact]
    public async Task Everything_is_there_again()
    {
        string before;
        string id;
        await using (var lab = await StartAsync())
        {
            var group = (await lab.Ec2.CreateSecurityGroupAsync(new CreateSecurityGroupRequest { GroupName = "web", Description = "d" }, Cancellation)).GroupId;
            await lab.Ec2.AuthorizeSecurityGroupIngressAsync(
                new AuthorizeSecurityGroupIngressRequest
                {
                    GroupId = group,
                    IpPermissions = [new IpPermission { IpProtocol = "tcp", FromPort = 80, ToPort = 80, Ipv4Ranges = [new IpRange { CidrIp = "0.0.0.0/0" }] }],
                },
                Cancellation);
            await lab.Ec2.CreateKeyPairAsync(new CreateKeyPairRequest("mine") { KeyType = "ed25519" }, Cancellation);
            id = (await lab.RunAsync(1, r =>
            {
                r.KeyName = "mine";
                r.SecurityGroupIds = [group];
                r.UserData = Convert.ToBase64String("#!/bin/sh"u8);
                r.TagSpecifications = [new TagSpecification { ResourceType = "instance", Tags = [new Tag("Name", "one")] }];
            }))[0].InstanceId;
            await lab.WaitForAsync(id, "running");
            await lab.Ec2.CreateVolumeAsync(new CreateVolumeRequest { AvailabilityZone = "us-west-2a", Size = 1, VolumeType = "gp3" }, Cancellation);
            await lab.Ec2.CreateLaunchTemplateAsync(
                new CreateLaunchTemplateRequest { LaunchTemplateName = "template", LaunchTemplateData = new RequestLaunchTemplateData { InstanceType = "t3.micro" } }, Cancellation);
            before = await EverythingAsync(lab);
        }

        await using var again = await StartAsync();
        await again.WaitForAsync(id, "running");

        (await EverythingAsync(again)).ShouldBe(before);
        _machines.Calls.Count(c => c.StartsWith("launch", StringComparison.Ordinal)).ShouldBe(1);
        _machines.Policy.Machines.Single().PublicAddress.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_client_token_holds_across_a_restart()
    {
        string id;
        await using (var lab = await StartAsync())
        {
            id = (await lab.RunAsync(1, r => r.ClientToken = "once"))[0].InstanceId;
        }

        await using var again = await StartAsync();

        (await again.RunAsync(1, r => r.ClientToken = "once"))[0].InstanceId.ShouldBe(id);
        (await ApiLab.CodeOfAsync(() => again.RunAsync(2, r => r.ClientToken = "once"))).ShouldBe("IdempotentParameterMismatch");
    }

    [Fact]
    public async Task A_change_is_kept_before_it_is_answered()
    {
        await using var lab = await StartAsync();

        await lab.Ec2.CreateSecurityGroupAsync(new CreateSecurityGroupRequest { GroupName = "kept", Description = "d" }, Cancellation);

        (await File.ReadAllTextAsync(AccountFile, Cancellation)).ShouldContain("\"kept\"");
        File.GetUnixFileMode(AccountFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task An_instance_whose_machine_is_gone_is_terminated()
    {
        string id;
        await using (var lab = await StartAsync())
        {
            id = (await lab.RunAsync())[0].InstanceId;
            await lab.WaitForAsync(id, "running");
        }

        _machines.Lost.Add(id);
        await using var again = await StartAsync();

        (await again.WaitForAsync(id, "terminated")).StateReason.Code.ShouldBe("Server.InternalError");
    }

    [Theory]
    [InlineData(32, "terminated")]
    [InlineData(64, "stopped")]
    [InlineData(80, "stopped")]
    [InlineData(0, "running")]
    public async Task What_was_under_way_when_the_lab_was_killed_is_brought_to_its_end(int state, string expected)
    {
        string id;
        await using (var lab = await StartAsync())
        {
            id = (await lab.RunAsync())[0].InstanceId;
            await lab.WaitForAsync(id, "running");
        }

        var kept = JsonNode.Parse(await File.ReadAllTextAsync(AccountFile, Cancellation))!;
        kept["Instances"]![0]!["State"] = state;
        await File.WriteAllTextAsync(AccountFile, kept.ToJsonString(), Cancellation);
        await using var again = await StartAsync();

        await again.WaitForAsync(id, expected);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_named_with_the_way_out()
    {
        await File.WriteAllTextAsync(AccountFile, "{ half", Cancellation);

        var refused = await Should.ThrowAsync<MachineException>(StartAsync);

        refused.Message.ShouldContain(AccountFile);
        refused.Message.ShouldContain("stop --terminate");
    }

    private Task<ApiLab> StartAsync() => ApiLab.StartAsync(accountFile: AccountFile, machines: _machines);

    /// <summary>What the account's Describe calls say, without what differs from call to call.</summary>
    private static async Task<string> EverythingAsync(ApiLab lab)
    {
        using var client = new SignedClient(lab.Endpoint);
        var all = new List<string>();
        foreach (var action in (string[])["Instances", "SecurityGroups", "SecurityGroupRules", "KeyPairs", "Volumes", "Tags", "LaunchTemplates", "LaunchTemplateVersions&LaunchTemplateName=template", "NetworkInterfaces"])
        {
            var (status, body) = await client.PostAsync($"Action=Describe{action}&Version=2016-11-15");
            status.ShouldBe(200, body);
            all.Add(body[body.IndexOf("</requestId>", StringComparison.Ordinal)..]);
        }

        return string.Join('\n', all);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
