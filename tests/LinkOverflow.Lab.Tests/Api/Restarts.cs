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

        await ChangeAsync("State", state);
        await using var again = await StartAsync();

        await again.WaitForAsync(id, expected);
    }

    [Fact]
    public async Task What_was_only_half_done_when_the_lab_was_killed_is_not_there()
    {
        string gone;
        string lost;
        string image;
        await using (var lab = await StartAsync())
        {
            var id = (await lab.RunAsync())[0].InstanceId;
            await lab.WaitForAsync(id, "running");
            image = (await lab.Ec2.CreateImageAsync(new CreateImageRequest(id, "image"), Cancellation)).ImageId;
            gone = (await lab.Ec2.CreateVolumeAsync(new CreateVolumeRequest { AvailabilityZone = "us-west-2a", Size = 1 }, Cancellation)).Volume.VolumeId;
            lost = (await lab.Ec2.CreateSnapshotAsync(new CreateSnapshotRequest { VolumeId = gone }, Cancellation)).Snapshot.SnapshotId;
            while (!(_machines.Stored.ContainsKey(image) && _machines.Stored.ContainsKey(lost)))
            {
                await Task.Delay(10, Cancellation);
            }
        }

        // As after a kill between the removal of a disk and the writing down of it.
        foreach (var name in (string[])[gone, lost, image])
        {
            _machines.Stored.TryRemove(name, out _).ShouldBeTrue(name);
        }

        await using var again = await StartAsync();

        (await ApiLab.CodeOfAsync(() => again.Ec2.DescribeVolumesAsync(new DescribeVolumesRequest([gone]), Cancellation))).ShouldBe("InvalidVolume.NotFound");
        (await again.Ec2.DescribeSnapshotsAsync(new DescribeSnapshotsRequest { SnapshotIds = [lost] }, Cancellation)).Snapshots.Single().State.Value.ShouldBe("error");
        (await again.Ec2.DescribeImagesAsync(new DescribeImagesRequest { ImageIds = [image] }, Cancellation)).Images.Single().State.Value.ShouldBe("failed");
    }

    [Fact]
    public async Task An_instance_killed_while_it_stopped_has_no_public_address()
    {
        string id;
        await using (var lab = await StartAsync())
        {
            id = (await lab.RunAsync())[0].InstanceId;
            await lab.WaitForAsync(id, "running");
        }

        await ChangeAsync("State", (int)LinkOverflow.Lab.Model.InstanceState.Stopping);
        await using var again = await StartAsync();

        (await again.WaitForAsync(id, "stopped")).PublicIpAddress.ShouldBeNull();
    }

    [Fact]
    public async Task An_instance_keeps_when_it_was_launched_and_what_its_machine_was_made_as()
    {
        string id;
        DateTime? launched;
        await using (var lab = await StartAsync())
        {
            id = (await lab.RunAsync())[0].InstanceId;
            await lab.WaitForAsync(id, "running");
            await lab.Ec2.StopInstancesAsync(new StopInstancesRequest { InstanceIds = [id] }, Cancellation);
            launched = (await lab.WaitForAsync(id, "stopped")).LaunchTime;
            await lab.Ec2.ModifyInstanceAttributeAsync(new ModifyInstanceAttributeRequest { InstanceId = id, InstanceType = "t3.large" }, Cancellation);
        }

        await using var again = await StartAsync();
        var found = await again.DescribeAsync(id);
        found.LaunchTime.ShouldBe(launched);
        found.InstanceType.Value.ShouldBe("t3.large");
        await again.Ec2.StartInstancesAsync(new StartInstancesRequest { InstanceIds = [id] }, Cancellation);

        // Its machine was made with the limits of a t3.micro.
        (await again.WaitForAsync(id, "running")).LaunchTime.ShouldNotBe(launched);
        _machines.Calls.ShouldContain($"resize {id} to 2 processors and 8192 MiB");
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_named_with_the_way_out()
    {
        await File.WriteAllTextAsync(AccountFile, "{ half", Cancellation);

        var refused = await Should.ThrowAsync<MachineException>(StartAsync);

        refused.Message.ShouldContain(AccountFile);
        refused.Message.ShouldContain("stop --terminate");
    }

    /// <summary>Changes what is kept of the only instance.</summary>
    private async Task ChangeAsync(string property, JsonNode value)
    {
        var kept = JsonNode.Parse(await File.ReadAllTextAsync(AccountFile, Cancellation))!;
        kept["Instances"]![0]![property] = value;
        await File.WriteAllTextAsync(AccountFile, kept.ToJsonString(), Cancellation);
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
