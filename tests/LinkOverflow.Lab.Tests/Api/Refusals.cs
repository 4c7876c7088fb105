using Amazon.EC2;
using Amazon.EC2.Model;

namespace LinkOverflow.Lab.Tests.Api;

public sealed class Refusals
{
    public static TheoryData<string, Func<AmazonEC2Client, Task>> Mistakes => new()
    {
        { "InvalidAMIID.Malformed", c => c.RunInstancesAsync(Run(r => r.ImageId = "ami-c7d092f7xxx")) },
        { "InvalidAMIID.NotFound", c => c.RunInstancesAsync(Run(r => r.ImageId = "ami-c7d092f7")) },
        { "InvalidParameterValue", c => c.RunInstancesAsync(Run(r => r.ImageId = "resolve:ssm:/no/such")) },
        { "InvalidParameterValue", c => c.RunInstancesAsync(Run(r => r.InstanceType = "t100.enormous")) },
        { "InvalidKeyPair.NotFound", c => c.RunInstancesAsync(Run(r => r.KeyName = "nobody")) },
        { "InvalidGroup.NotFound", c => c.RunInstancesAsync(Run(r => r.SecurityGroupIds = ["sg-00000000"])) },
        { "InvalidGroup.NotFound", c => c.RunInstancesAsync(Run(r => r.SecurityGroups = ["nobody"])) },
        { "InvalidGroupId.Malformed", c => c.RunInstancesAsync(Run(r => r.SecurityGroupIds = ["web"])) },
        { "InvalidSubnetID.NotFound", c => c.RunInstancesAsync(Run(r => r.SubnetId = "subnet-00000000")) },
        { "InvalidParameterValue", c => c.RunInstancesAsync(Run(r => r.Placement = new Placement { AvailabilityZone = "eu-west-1a" })) },
        { "InvalidParameterValue", c => c.RunInstancesAsync(Run(r => r.MinCount = 0)) },
        { "InvalidParameterValue", c => c.RunInstancesAsync(Run(r => r.MinCount = 2)) },
        { "InvalidUserData.Malformed", c => c.RunInstancesAsync(Run(r => r.UserData = "%%%")) },
        { "MissingParameter", c => c.RunInstancesAsync(new RunInstancesRequest { ImageId = ApiLab.Image }) },
        { "InvalidInstanceID.Malformed", c => c.DescribeInstancesAsync(new DescribeInstancesRequest { InstanceIds = ["i-xyz"] }) },
        { "InvalidInstanceID.NotFound", c => c.DescribeInstancesAsync(new DescribeInstancesRequest { InstanceIds = ["i-0123456789abcdef0"] }) },
        { "InvalidInstanceID.NotFound", c => c.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = ["i-0123456789abcdef0"] }) },
        { "MissingParameter", c => c.TerminateInstancesAsync(new TerminateInstancesRequest()) },
        { "InvalidParameterValue", c => c.DescribeInstancesAsync(new DescribeInstancesRequest { Filters = [new Filter("colour", ["red"])] }) },
        { "InvalidParameterValue", c => c.DescribeInstancesAsync(new DescribeInstancesRequest { MaxResults = 3 }) },
        { "InvalidParameterValue", c => c.DescribeInstancesAsync(new DescribeInstancesRequest { NextToken = "bGFiOi0x" }) },
        { "InvalidKeyPair.NotFound", c => c.DescribeKeyPairsAsync(new DescribeKeyPairsRequest { KeyNames = ["nobody"] }) },
        { "InvalidKey.Format", c => c.ImportKeyPairAsync(new ImportKeyPairRequest("bad", Convert.ToBase64String("ssh-rsa nonsense"u8))) },
        { "InvalidAMIID.NotFound", c => c.DescribeImagesAsync(new DescribeImagesRequest { ImageIds = ["ami-00000000"] }) },
        { "InvalidGroup.NotFound", c => c.DeleteSecurityGroupAsync(new DeleteSecurityGroupRequest { GroupId = "sg-00000000" }) },
        { "InvalidParameterValue", c => c.CreateSecurityGroupAsync(new CreateSecurityGroupRequest { GroupName = "default", Description = "mine" }) },
        { "InvalidPermission.NotFound", c => c.RevokeSecurityGroupIngressAsync(new RevokeSecurityGroupIngressRequest { GroupName = "default", IpPermissions = [new IpPermission { IpProtocol = "tcp", FromPort = 1, ToPort = 1, Ipv4Ranges = [new IpRange { CidrIp = "10.0.0.0/8" }] }] }) },
        { "InvalidVolume.NotFound", c => c.DescribeVolumesAsync(new DescribeVolumesRequest(["vol-00000000"])) },
        { "InvalidParameterValue", c => c.DescribeVolumesAsync(new DescribeVolumesRequest(["disk"])) },
        { "InvalidParameterValue", c => c.DescribeVolumesAsync(new DescribeVolumesRequest { Filters = [new Filter("colour", ["red"])] }) },
        { "InvalidParameterValue", c => c.DescribeSnapshotsAsync(new DescribeSnapshotsRequest { Filters = [new Filter("colour", ["red"])] }) },
        { "InvalidParameterCombination", c => c.DescribeVolumesAsync(new DescribeVolumesRequest { VolumeIds = ["vol-00000000"], MaxResults = 5 }) },
        { "InvalidBlockDeviceMapping", c => c.RunInstancesAsync(Run(r => r.BlockDeviceMappings = [Disk("/dev/xvda", e => e.VolumeSize = 4)])) },
        { "InvalidParameterValue", c => c.RunInstancesAsync(Run(r => r.BlockDeviceMappings = [Disk("C:", e => e.VolumeSize = 4)])) },
        { "MissingParameter", c => c.RunInstancesAsync(Run(r => r.BlockDeviceMappings = [Disk("/dev/sdf", e => e.DeleteOnTermination = true)])) },
        { "InvalidSnapshot.NotFound", c => c.RunInstancesAsync(Run(r => r.BlockDeviceMappings = [Disk("/dev/sdf", e => e.SnapshotId = "snap-00000000")])) },
        { "InvalidInstanceType", c => c.DescribeInstanceTypesAsync(new DescribeInstanceTypesRequest { InstanceTypes = ["t100.enormous"] }) },
        { "InvalidInstanceID.NotFound", c => c.CreateTagsAsync(new CreateTagsRequest { Resources = ["i-0123456789abcdef0"], Tags = [new Tag("a", "b")] }) },
        { "InvalidAction", c => c.DescribeNatGatewaysAsync(new DescribeNatGatewaysRequest()) },
    };

    [Theory]
    [MemberData(nameof(Mistakes), DisableDiscoveryEnumeration = true)]
    public async Task A_mistake_is_refused_with_AWSs_code(string code, Func<AmazonEC2Client, Task> call)
    {
        await using var lab = await ApiLab.StartAsync();

        var refusal = await Should.ThrowAsync<AmazonEC2Exception>(() => call(lab.Ec2));

        refusal.ErrorCode.ShouldBe(code);
        refusal.RequestId.ShouldNotBeNullOrEmpty();
        ((int)refusal.StatusCode).ShouldBe(400);
        lab.Machines.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Mutated_requests_are_refused_or_answered_but_never_break_the_server()
    {
        await using var lab = await ApiLab.StartAsync();
        using var client = new SignedClient(lab.Endpoint);
        var random = new Random(2016_11_15);
        string[] starts =
        [
            "Action=RunInstances&Version=2016-11-15&ImageId=ami-0deb1200000000001&MinCount=1&MaxCount=1&InstanceType=t3.micro&DryRun=true&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b",
            "Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag%3AName&Filter.1.Value.1=w%2A&MaxResults=5",
            "Action=AuthorizeSecurityGroupIngress&Version=2016-11-15&GroupName=default&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=80&IpPermissions.1.ToPort=80&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0%2F0",
            "Action=ImportKeyPair&Version=2016-11-15&KeyName=k&PublicKeyMaterial=c3NoLWVkMjU1MTkgQUFBQQ%3D%3D",
            "Action=CreateVolume&Version=2016-11-15&AvailabilityZone=us-west-2a&Size=1&VolumeType=gp3&Iops=3000&ClientToken=t&DryRun=true",
            "Action=RegisterImage&Version=2016-11-15&Name=image&RootDeviceName=%2Fdev%2Fxvda&BlockDeviceMapping.1.DeviceName=%2Fdev%2Fxvda&BlockDeviceMapping.1.Ebs.SnapshotId=snap-01234567",
            "Action=CreateLaunchTemplate&Version=2016-11-15&LaunchTemplateName=web&LaunchTemplateData.ImageId=ami-0deb1200000000001&LaunchTemplateData.BlockDeviceMapping.1.DeviceName=%2Fdev%2Fsdf&LaunchTemplateData.BlockDeviceMapping.1.Ebs.VolumeSize=1",
            "Action=DescribeLaunchTemplateVersions&Version=2016-11-15&LaunchTemplateVersion.1=%24Latest&MinVersion=1",
            "Action=DescribeImages&Version=2016-11-15&Owner.1=self&Filter.1.Name=block-device-mapping.volume-size&Filter.1.Value.1=8",
            "Action=CreateTags&Version=2016-11-15&ResourceId.1=vpc-01ab0000000000001&Tag.1.Key=k&Tag.1.Value=v",
        ];
        string[] pieces = ["%00", "%FF", "%F0%9F%92%A9", "&", "=", ".", "-1", "99999999999999999999", "%3C%21%5BCDATA%5B", "..", ".1.1.1", "%", "%EF%BF%BF", "\ud83d", "true", "*", "%0A"];
        for (var i = 0; i < 2000; i++)
        {
            var text = new System.Text.StringBuilder(starts[random.Next(starts.Length)]);
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var at = random.Next(text.Length);
                if (random.Next(2) == 0)
                {
                    text.Remove(at, Math.Min(random.Next(1, 12), text.Length - at));
                }

                text.Insert(Math.Min(at, text.Length), pieces[random.Next(pieces.Length)]);
            }

            var (status, body) = await client.PostAsync(text.ToString());

            status.ShouldBeLessThan(500, $"{text} was answered with {body}");
            Should.NotThrow(() => System.Xml.Linq.XDocument.Parse(body), text.ToString());
        }
    }

    [Fact]
    public async Task A_request_longer_than_a_megabyte_is_refused()
    {
        await using var lab = await ApiLab.StartAsync();
        using var client = new SignedClient(lab.Endpoint);

        (await client.PostAsync("Action=DescribeRegions&Name=" + new string('a', 1024 * 1024))).Status.ShouldBe(413);
    }

    private static BlockDeviceMapping Disk(string name, Action<EbsBlockDevice> change)
    {
        var mapping = new BlockDeviceMapping { DeviceName = name, Ebs = new EbsBlockDevice() };
        change(mapping.Ebs);
        return mapping;
    }

    private static RunInstancesRequest Run(Action<RunInstancesRequest> change)
    {
        var request = new RunInstancesRequest { ImageId = ApiLab.Image, MinCount = 1, MaxCount = 1, InstanceType = "t3.micro" };
        change(request);
        return request;
    }
}
