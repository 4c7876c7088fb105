using System.Text.RegularExpressions;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Cloud.Ec2;

namespace LinkOverflow.Deploy.Tests.Cloud;

/// <summary>
/// The requests byte for byte, as the EC2 API reference (docs.aws.amazon.com/AWSEC2/latest/APIReference, each action's page and
/// Query-Requests.html) says they are written: their parameters, here in alphabetical order, percent-encoded as RFC 3986 has it.
/// </summary>
public sealed partial class RequestBytesTests
{
    private const string Image = "<imagesSet><item><imageId>ami-12345678</imageId><rootDeviceName>/dev/sda1</rootDeviceName></item></imagesSet>";

    private const string Tag = "&TagSpecification.{0}.Tag.1.Key=linkoverflow%3Adeployment&TagSpecification.{0}.Tag.1.Value=site-0000";

    private static readonly IReadOnlyDictionary<string, string> Tags =
        new Dictionary<string, string>(StringComparer.Ordinal) { [DeploymentTags.Deployment] = "site-0000" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task RunInstances() => AsksAsync(
        cloud => cloud.RunInstancesAsync(Launch, Cancellation),
        "RunInstances",
        "<instancesSet><item><instanceId>i-1</instanceId></item></instancesSet>",
        "Action=RunInstances&BlockDeviceMapping.1.DeviceName=%2Fdev%2Fsda1&BlockDeviceMapping.1.Ebs.DeleteOnTermination=true"
        + "&BlockDeviceMapping.1.Ebs.Encrypted=true&BlockDeviceMapping.1.Ebs.VolumeSize=20&ClientToken=site-0000-1&ImageId=ami-12345678"
        + "&InstanceType=t3.small&KeyName=my%20pair&MaxCount=3&MetadataOptions.HttpEndpoint=enabled&MetadataOptions.HttpTokens=required&MinCount=2"
        + "&Placement.AvailabilityZone=us-west-2a&SecurityGroupId.1=sg-1&TagSpecification.1.ResourceType=instance" + Of(1)
        + "&TagSpecification.2.ResourceType=volume" + Of(2) + "&Version=2016-11-15");

    [Fact]
    public Task RunInstances_into_a_subnet_with_the_images_own_size() => AsksAsync(
        cloud => cloud.RunInstancesAsync(Launch with { Zone = null, SubnetId = "subnet-1", VolumeSize = null }, Cancellation),
        "RunInstances",
        "<instancesSet><item><instanceId>i-1</instanceId></item></instancesSet>",
        "Action=RunInstances&BlockDeviceMapping.1.DeviceName=%2Fdev%2Fsda1&BlockDeviceMapping.1.Ebs.DeleteOnTermination=true"
        + "&BlockDeviceMapping.1.Ebs.Encrypted=true&ClientToken=site-0000-1&ImageId=ami-12345678"
        + "&InstanceType=t3.small&KeyName=my%20pair&MaxCount=3&MetadataOptions.HttpEndpoint=enabled&MetadataOptions.HttpTokens=required&MinCount=2"
        + "&SecurityGroupId.1=sg-1&SubnetId=subnet-1&TagSpecification.1.ResourceType=instance" + Of(1)
        + "&TagSpecification.2.ResourceType=volume" + Of(2) + "&Version=2016-11-15");

    [Fact]
    public Task DescribeInstances_by_id() => AsksAsync(
        cloud => cloud.DescribeInstancesAsync(["i-1", "i-2"], Cancellation),
        "DescribeInstances",
        "",
        "Action=DescribeInstances&Filter.1.Name=instance-id&Filter.1.Value.1=i-1&Filter.1.Value.2=i-2&MaxResults=1000&Version=2016-11-15");

    [Fact]
    public Task DescribeInstances_by_tag() => AsksAsync(
        cloud => cloud.DescribeInstancesByTagAsync(DeploymentTags.Deployment, "site-0000", Cancellation),
        "DescribeInstances",
        "",
        "Action=DescribeInstances&Filter.1.Name=tag%3Alinkoverflow%3Adeployment&Filter.1.Value.1=site-0000&MaxResults=1000&Version=2016-11-15");

    [Fact]
    public Task TerminateInstances() => AsksAsync(
        cloud => cloud.TerminateInstancesAsync(["i-1", "i-2"], Cancellation),
        "TerminateInstances",
        "",
        "Action=TerminateInstances&InstanceId.1=i-1&InstanceId.2=i-2&Version=2016-11-15");

    [Fact]
    public Task CreateTags() => AsksAsync(
        cloud => cloud.TagInstanceAsync("i-1", DeploymentTags.Name, "site-1", Cancellation),
        "CreateTags",
        "<return>true</return>",
        "Action=CreateTags&ResourceId.1=i-1&Tag.1.Key=Name&Tag.1.Value=site-1&Version=2016-11-15");

    [Fact]
    public Task GetConsoleOutput() => AsksAsync(
        cloud => cloud.GetConsoleOutputAsync("i-1", Cancellation),
        "GetConsoleOutput",
        "<instanceId>i-1</instanceId>",
        "Action=GetConsoleOutput&InstanceId=i-1&Latest=true&Version=2016-11-15");

    [Fact]
    public Task CreateSecurityGroup() => AsksAsync(
        cloud => cloud.CreateSecurityGroupAsync(Group, Cancellation),
        "CreateSecurityGroup",
        "<return>true</return><groupId>sg-7</groupId>",
        "Action=CreateSecurityGroup&GroupDescription=SSH%20and%20the%20site&GroupName=site-0000&TagSpecification.1.ResourceType=security-group"
        + Of(1) + "&Version=2016-11-15&VpcId=vpc-3");

    [Fact]
    public Task AuthorizeSecurityGroupIngress() => AsksAsync(
        cloud => cloud.CreateSecurityGroupAsync(Group, Cancellation),
        "AuthorizeSecurityGroupIngress",
        "<return>true</return>",
        "Action=AuthorizeSecurityGroupIngress&GroupId=sg-7&IpPermissions.1.FromPort=22&IpPermissions.1.IpProtocol=tcp"
        + "&IpPermissions.1.IpRanges.1.CidrIp=203.0.113.7%2F32&IpPermissions.1.Ipv6Ranges.1.CidrIpv6=2001%3Adb8%3A%3A%2F32&IpPermissions.1.ToPort=22"
        + "&IpPermissions.2.FromPort=8080&IpPermissions.2.IpProtocol=tcp&IpPermissions.2.IpRanges.1.CidrIp=0.0.0.0%2F0&IpPermissions.2.ToPort=8080"
        + "&Version=2016-11-15");

    [Fact]
    public Task DescribeSubnets() => AsksAsync(
        cloud => cloud.CreateSecurityGroupAsync(Group, Cancellation),
        "DescribeSubnets",
        "<subnetSet><item><vpcId>vpc-3</vpcId></item></subnetSet>",
        "Action=DescribeSubnets&SubnetId.1=subnet-1&Version=2016-11-15");

    [Fact]
    public Task DescribeSecurityGroups() => AsksAsync(
        cloud => cloud.FindSecurityGroupsByTagAsync(DeploymentTags.Deployment, "*", Cancellation),
        "DescribeSecurityGroups",
        "",
        "Action=DescribeSecurityGroups&Filter.1.Name=tag%3Alinkoverflow%3Adeployment&Filter.1.Value.1=%2A&Version=2016-11-15");

    [Fact]
    public Task DeleteSecurityGroup() => AsksAsync(
        cloud => cloud.DeleteSecurityGroupAsync("sg-1", Cancellation),
        "DeleteSecurityGroup",
        "<return>true</return>",
        "Action=DeleteSecurityGroup&GroupId=sg-1&Version=2016-11-15");

    [Fact]
    public Task DescribeVolumes() => AsksAsync(
        cloud => cloud.FindVolumesByTagAsync(DeploymentTags.Deployment, "site-0000", Cancellation),
        "DescribeVolumes",
        "",
        "Action=DescribeVolumes&Filter.1.Name=tag%3Alinkoverflow%3Adeployment&Filter.1.Value.1=site-0000&Version=2016-11-15");

    [Fact]
    public Task DeleteVolume() => AsksAsync(
        cloud => cloud.DeleteVolumeAsync("vol-1", Cancellation), "DeleteVolume", "<return>true</return>", "Action=DeleteVolume&Version=2016-11-15&VolumeId=vol-1");

    [Fact]
    public Task DescribeAvailabilityZones() => AsksAsync(
        cloud => cloud.ListZonesAsync(Cancellation),
        "DescribeAvailabilityZones",
        "",
        "Action=DescribeAvailabilityZones&Filter.1.Name=zone-type&Filter.1.Value.1=availability-zone&Filter.2.Name=state&Filter.2.Value.1=available"
        + "&Version=2016-11-15");

    [Fact]
    public Task DescribeImages() => AsksAsync(
        cloud => cloud.FindImageAsync("ami-12345678", Cancellation),
        "DescribeImages",
        Image,
        "Action=DescribeImages&Filter.1.Name=image-id&Filter.1.Value.1=ami-12345678&Version=2016-11-15");

    [Fact]
    public Task DescribeKeyPairs() => AsksAsync(
        cloud => cloud.ListKeyPairsAsync(Cancellation), "DescribeKeyPairs", "<keySet/>", "Action=DescribeKeyPairs&Version=2016-11-15");

    [Fact]
    public Task CreateKeyPair() => AsksAsync(
        cloud => cloud.CreateKeyPairAsync("my pair", Cancellation),
        "CreateKeyPair",
        "<keyName>my pair</keyName><keyMaterial>-----BEGIN PRIVATE KEY-----</keyMaterial>",
        "Action=CreateKeyPair&KeyFormat=pem&KeyName=my%20pair&KeyType=ed25519&Version=2016-11-15");

    [Fact]
    public Task DeleteKeyPair() => AsksAsync(
        cloud => cloud.DeleteKeyPairAsync("my pair", Cancellation),
        "DeleteKeyPair",
        "<return>true</return>",
        "Action=DeleteKeyPair&KeyName=my%20pair&Version=2016-11-15");

    [Fact]
    public Task DescribeInstanceTypeOfferings_of_a_type() => AsksAsync(
        cloud => cloud.ListZonesOfferingAsync("t3.small", Cancellation),
        "DescribeInstanceTypeOfferings",
        "<instanceTypeOfferingSet/>",
        "Action=DescribeInstanceTypeOfferings&Filter.1.Name=instance-type&Filter.1.Value.1=t3.small&LocationType=availability-zone&Version=2016-11-15");

    [Fact]
    public Task DescribeInstanceTypeOfferings_of_the_region() => AsksAsync(
        cloud => cloud.ListInstanceTypesAsync(Cancellation),
        "DescribeInstanceTypeOfferings",
        "<instanceTypeOfferingSet/>",
        "Action=DescribeInstanceTypeOfferings&LocationType=region&Version=2016-11-15");

    [Fact]
    public Task DescribeSecurityGroups_by_id() => AsksAsync(
        cloud => cloud.FindSecurityGroupAsync("sg-1", Cancellation),
        "DescribeSecurityGroups",
        "<securityGroupInfo><item><groupId>sg-1</groupId></item></securityGroupInfo>",
        "Action=DescribeSecurityGroups&Filter.1.Name=group-id&Filter.1.Value.1=sg-1&Version=2016-11-15");

    [Fact]
    public Task DescribeSecurityGroups_by_name() => AsksAsync(
        cloud => cloud.FindSecurityGroupAsync("web servers", Cancellation),
        "DescribeSecurityGroups",
        "<securityGroupInfo><item><groupId>sg-1</groupId></item></securityGroupInfo>",
        "Action=DescribeSecurityGroups&Filter.1.Name=group-name&Filter.1.Value.1=web%20servers&Version=2016-11-15");

    [Fact]
    public Task AuthorizeSecurityGroupIngress_of_a_group_that_is_there() => AsksAsync(
        cloud => cloud.OpenSecurityGroupAsync("sg-1", [new OpenPort(22, "203.0.113.7/32")], Cancellation),
        "AuthorizeSecurityGroupIngress",
        "<return>true</return>",
        "Action=AuthorizeSecurityGroupIngress&GroupId=sg-1&IpPermissions.1.FromPort=22&IpPermissions.1.IpProtocol=tcp"
        + "&IpPermissions.1.IpRanges.1.CidrIp=203.0.113.7%2F32&IpPermissions.1.ToPort=22&Version=2016-11-15");

    [Fact]
    public Task RunInstances_as_a_dry_run() => AsksAsync(
        cloud => cloud.DryRunAsync(Launch with { Tags = new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "b" }, SecurityGroupId = "" }, Group, Cancellation),
        "RunInstances",
        "<instancesSet/>",
        "Action=RunInstances&BlockDeviceMapping.1.DeviceName=%2Fdev%2Fsda1&BlockDeviceMapping.1.Ebs.DeleteOnTermination=true"
        + "&BlockDeviceMapping.1.Ebs.Encrypted=true&BlockDeviceMapping.1.Ebs.VolumeSize=20&ClientToken=site-0000-1&DryRun=true&ImageId=ami-12345678"
        + "&InstanceType=t3.small&KeyName=my%20pair&MaxCount=3&MetadataOptions.HttpEndpoint=enabled&MetadataOptions.HttpTokens=required&MinCount=2"
        + "&Placement.AvailabilityZone=us-west-2a&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b"
        + "&TagSpecification.2.ResourceType=volume&TagSpecification.2.Tag.1.Key=a&TagSpecification.2.Tag.1.Value=b&Version=2016-11-15");

    [Fact]
    public Task CreateSecurityGroup_as_a_dry_run() => AsksAsync(
        cloud => cloud.DryRunAsync(Launch, Group with { SubnetId = null }, Cancellation),
        "CreateSecurityGroup",
        "<groupId>sg-7</groupId>",
        "Action=CreateSecurityGroup&DryRun=true&GroupDescription=SSH%20and%20the%20site&GroupName=site-0000&TagSpecification.1.ResourceType=security-group"
        + Of(1) + "&Version=2016-11-15");

    [Fact]
    public async Task GetConsoleOutput_of_an_instance_that_cannot_show_it_as_it_is_now()
    {
        await using var ec2 = new AnsweringEc2(form => form.Contains("Latest", StringComparison.Ordinal)
            ? (400, AnsweringEc2.Error("UnsupportedOperation"))
            : AnsweringEc2.Answer("GetConsoleOutput", ""));
        using var cloud = ec2.Cloud();
        await cloud.GetConsoleOutputAsync("i-1", Cancellation);
        Sorted(ec2.Requests[^1]).ShouldBe("Action=GetConsoleOutput&InstanceId=i-1&Version=2016-11-15");
    }

    // docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html, and CommonParameters.html for how it is written.
    [Fact]
    public async Task GetParameter()
    {
        await using var ec2 = new AnsweringEc2(form => form.StartsWith('{')
            ? (200, """{"Parameter":{"Name":"/aws/service/debian/release/12/latest/amd64","Type":"String","Value":"ami-12345678"}}""")
            : AnsweringEc2.Answer(AnsweringEc2.Action(form), Image));
        using var cloud = ec2.Cloud();
        (await cloud.FindImageAsync("resolve:ssm:/aws/service/debian/release/12/latest/amd64", Cancellation)).ShouldNotBeNull().ImageId.ShouldBe("ami-12345678");
        ec2.Requests[0].ShouldBe("""{"Name":"/aws/service/debian/release/12/latest/amd64"}""");
        var head = ec2.Heads[0].Split("\r\n");
        head[0].ShouldBe("POST / HTTP/1.1");
        head.ShouldContain("X-Amz-Target: AmazonSSM.GetParameter");
        head.ShouldContain("Content-Type: application/x-amz-json-1.1");
        head.ShouldContain(h => h.StartsWith("Authorization: AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/") && h.Contains("/us-west-2/ssm/aws4_request"));
        Sorted(ec2.Requests[1]).ShouldBe("Action=DescribeImages&Filter.1.Name=image-id&Filter.1.Value.1=ami-12345678&Version=2016-11-15");
    }

    [Fact]
    public async Task Each_request_is_a_signed_form_for_EC2()
    {
        await using var ec2 = new AnsweringEc2(form => AnsweringEc2.Answer(AnsweringEc2.Action(form), ""));
        using var cloud = ec2.Cloud();
        await cloud.ListKeyPairsAsync(Cancellation);
        var head = ec2.Heads.Single().Split("\r\n");
        head[0].ShouldBe("POST / HTTP/1.1");
        head.ShouldContain("Content-Type: application/x-www-form-urlencoded; charset=utf-8");
        head.ShouldContain(h => h.StartsWith("Authorization: AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/") && h.Contains("/us-west-2/ec2/aws4_request"));
    }

    [Fact]
    public async Task Every_call_that_the_engine_makes_is_among_these()
    {
        var sources = await Task.WhenAll(Directory.GetFiles(Path.Combine(Repository.Root, "src", "LinkOverflow.Deploy", "Cloud", "Ec2"), "*.cs")
            .Select(f => File.ReadAllTextAsync(f, Cancellation)));
        var made = sources.SelectMany(s => SdkCall().Matches(s)).Select(m => m.Groups["action"].Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        made.ShouldContain("RunInstances");
        made.Length.ShouldBeGreaterThanOrEqualTo(18);
        var tests = typeof(RequestBytesTests).GetMethods().Select(m => m.Name.Split('_')[0]).ToHashSet(StringComparer.Ordinal);
        made.Where(a => !tests.Contains(a)).ShouldBeEmpty();
    }

    private static LaunchRequest Launch => new()
    {
        ImageId = "ami-12345678", InstanceType = "t3.small", MinimumCount = 2, MaximumCount = 3, KeyPair = "my pair", SecurityGroupId = "sg-1",
        ClientToken = "site-0000-1", Tags = Tags, Zone = "us-west-2a", VolumeSize = 20,
    };

    private static SecurityGroupRequest Group => new(
        "site-0000",
        "SSH and the site",
        "subnet-1",
        [new OpenPort(22, "203.0.113.7/32"), new OpenPort(22, "2001:db8::/32"), new OpenPort(8080, "0.0.0.0/0")],
        Tags);

    private static string Of(int specification) => Tag.Replace("{0}", $"{specification}", StringComparison.Ordinal);

    private static async Task AsksAsync(Func<Ec2Cloud, Task> ask, string action, string content, string expected)
    {
        await using var ec2 = new AnsweringEc2(form => AnsweringEc2.Answer(AnsweringEc2.Action(form), AnsweringEc2.Action(form) switch
        {
            var asked when asked == action => content,
            "DescribeImages" => Image,
            "DescribeSubnets" => "<subnetSet><item><vpcId>vpc-3</vpcId></item></subnetSet>",
            "CreateSecurityGroup" => "<groupId>sg-7</groupId>",
            _ => "<return>true</return>",
        }));
        using var cloud = ec2.Cloud();
        await ask(cloud);
        var asked = ec2.Requests.Single(r => AnsweringEc2.Action(r) == action);
        Sorted(asked).ShouldBe(expected);
    }

    private static string Sorted(string form) => string.Join('&', form.Split('&').Order(StringComparer.Ordinal));

    [GeneratedRegex(@"\b(c|client)\.(?<action>[A-Z]\w+)Async\(", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SdkCall();
}
