using System.Text.Json;
using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Tests.Machines;

namespace LinkOverflow.Lab.Tests.Clients;

/// <summary>Clients that nobody here wrote. Those that are not on this machine are skipped, and said.</summary>
public sealed class OtherClients(RealLab lab) : IClassFixture<RealLab>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Dictionary<string, string> Credentials => new(StringComparer.Ordinal)
    {
        ["AWS_ACCESS_KEY_ID"] = lab.Record.AccessKeyId,
        ["AWS_SECRET_ACCESS_KEY"] = lab.Secret,
        ["AWS_ENDPOINT_URL"] = lab.Record.Endpoint,
        ["AWS_DEFAULT_REGION"] = lab.Record.Region,
        ["AWS_REGION"] = lab.Record.Region,
        ["AWS_CONFIG_FILE"] = "/dev/null",
        ["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null",
        ["AWS_PAGER"] = "",
        ["AWS_EC2_METADATA_DISABLED"] = "true",
        ["TF_CLI_CONFIG_FILE"] = ClientsHere.TerraformSettings(lab.Folder),
    };

    [Fact]
    public async Task Boto3_runs_finds_and_terminates_an_instance()
    {
        lab.SkipWithoutMachines();
        await ClientsHere.SkipWithoutAsync("boto3 for python3", "python3", "-c", "import boto3");

        var answer = await RunAsync(
            "python3",
            "-c",
            """
            import boto3
            ec2 = boto3.resource('ec2')
            instances = ec2.create_instances(
                ImageId='ami-0deb1200000000001', MinCount=2, MaxCount=2, InstanceType='t3.micro', KeyName='lab',
                TagSpecifications=[{'ResourceType': 'instance', 'Tags': [{'Key': 'By', 'Value': 'boto3'}]}])
            for instance in instances:
                instance.wait_until_running()
            found = list(ec2.instances.filter(Filters=[{'Name': 'tag:By', 'Values': ['boto*']}, {'Name': 'instance-state-name', 'Values': ['running']}]))
            print(len(found), all(i.public_ip_address.startswith('127.77.') for i in found), found[0].image.name, found[0].key_name)
            print(boto3.client('sts').get_caller_identity()['Arn'].split(':')[-1])
            print(boto3.client('ssm').get_parameter(Name='/lab/debian/12')['Parameter']['Value'])
            for instance in instances:
                instance.terminate()
            for instance in instances:
                instance.wait_until_terminated()
            try:
                ec2.create_instances(ImageId='ami-0deb1200000000001', MinCount=1, MaxCount=1, InstanceType='t100.enormous')
            except ec2.meta.client.exceptions.ClientError as e:
                print(e.response['Error']['Code'])
            """);

        answer.ExitCode.ShouldBe(0, answer.Error);
        var lines = answer.Output.Split('\n');
        lines[0].ShouldStartWith("2 True debian-12-");
        lines[1..4].ShouldBe(["user/lab", "ami-0deb1200000000001", "InvalidParameterValue"]);
    }

    [Fact]
    public async Task Boto3_reads_the_answer_to_every_call_as_strictly_as_its_model_allows()
    {
        lab.SkipWithoutMachines();
        await EveryCallAsync();
    }

    [Fact]
    public async Task The_aws_CLI_makes_every_call()
    {
        lab.SkipWithoutMachines();
        await ClientsHere.SkipWithoutAsync("the aws CLI", "aws", "--version");
        await EveryCallAsync("cli");
    }

    [Fact]
    public async Task The_aws_CLI_runs_waits_and_terminates()
    {
        lab.SkipWithoutMachines();
        await ClientsHere.SkipWithoutAsync("the aws CLI", "aws", "--version");

        var id = (await AwsAsync("run-instances", "--image-id", "resolve:ssm:/lab/debian/12", "--instance-type", "t3.micro", "--query", "Instances[0].InstanceId", "--output", "text")).Trim();
        await AwsAsync("wait", "instance-status-ok", "--instance-ids", id);
        using var described = JsonDocument.Parse(await AwsAsync("describe-instances", "--instance-ids", id, "--output", "json"));
        described.RootElement.GetProperty("Reservations")[0].GetProperty("Instances")[0].GetProperty("State").GetProperty("Name").GetString().ShouldBe("running");
        (await AwsAsync("get-console-output", "--instance-id", id, "--output", "text")).ShouldContain("systemd");
        await AwsAsync("terminate-instances", "--instance-ids", id);
        await AwsAsync("wait", "instance-terminated", "--instance-ids", id);
    }

    [Fact]
    public async Task Terraform_applies_finds_nothing_to_change_and_destroys()
    {
        lab.SkipWithoutMachines();
        await ClientsHere.SkipWithoutAsync("terraform", "terraform", "version");
        var folder = Directory.CreateDirectory(Path.Combine(lab.Folder, "terraform"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "main.tf"), Configuration, Cancellation);
        await ClientsHere.SkipWithoutProviderAsync(folder.FullName, arguments => RunAsync("terraform", arguments));

        var applied = await TerraformAsync(folder, "apply", "-auto-approve");
        applied.ExitCode.ShouldBe(0, applied.Error);
        // 0 is no changes, 2 is changes.
        var planned = await TerraformAsync(folder, "plan", "-detailed-exitcode");
        planned.ExitCode.ShouldBe(0, planned.Output + planned.Error);
        var destroyed = await TerraformAsync(folder, "destroy", "-auto-approve");
        destroyed.ExitCode.ShouldBe(0, destroyed.Error);
    }

    private const string Configuration = """
        terraform {
          required_providers {
            aws = { source = "hashicorp/aws" }
          }
        }
        provider "aws" {}
        data "aws_ami" "debian" {
          owners      = ["136693071363"]
          most_recent = true
          filter {
            name   = "name"
            values = ["debian-12-*"]
          }
        }
        data "aws_vpc" "default" {
          default = true
        }
        resource "aws_key_pair" "mine" {
          key_name   = "terraform"
          public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFryw6NfB8VBFFV9IcvTPzn0peCGD256tfwP93VhKx1T terraform"
        }
        resource "aws_security_group" "web" {
          name        = "terraform"
          description = "SSH from anywhere"
          vpc_id      = data.aws_vpc.default.id
          ingress {
            from_port   = 22
            to_port     = 22
            protocol    = "tcp"
            cidr_blocks = ["0.0.0.0/0"]
          }
        }
        resource "aws_instance" "web" {
          ami                    = data.aws_ami.debian.id
          instance_type          = "t3.micro"
          key_name               = aws_key_pair.mine.key_name
          vpc_security_group_ids = [aws_security_group.web.id]
          tags                   = { Name = "terraform" }
          user_data              = "#!/bin/sh\ntrue\n"
          root_block_device {
            volume_size = 10
            tags        = { For = "root" }
          }
        }
        resource "aws_ebs_volume" "data" {
          availability_zone = aws_instance.web.availability_zone
          size              = 1
          type              = "gp3"
          tags              = { Name = "terraform" }
        }
        resource "aws_volume_attachment" "data" {
          device_name = "/dev/sdf"
          volume_id   = aws_ebs_volume.data.id
          instance_id = aws_instance.web.id
        }
        resource "aws_ebs_snapshot" "data" {
          volume_id  = aws_ebs_volume.data.id
          depends_on = [aws_volume_attachment.data]
        }
        resource "aws_ami_from_instance" "web" {
          name               = "terraform"
          source_instance_id = aws_instance.web.id
        }
        resource "aws_launch_template" "web" {
          name                   = "terraform"
          image_id               = aws_ami_from_instance.web.id
          instance_type          = "t3.micro"
          vpc_security_group_ids = [aws_security_group.web.id]
          monitoring {
            enabled = true
          }
          block_device_mappings {
            device_name = "/dev/sdg"
            ebs {
              volume_size = 2
              volume_type = "gp3"
            }
          }
        }
        resource "aws_instance" "second" {
          launch_template {
            id      = aws_launch_template.web.id
            version = "$Latest"
          }
        }
        """;

    private Task<CommandResult> TerraformAsync(DirectoryInfo folder, string command, params string[] options) =>
        RunAsync("terraform", [$"-chdir={folder.FullName}", command, "-no-color", "-input=false", .. options]);

    private async Task EveryCallAsync(params string[] by)
    {
        await ClientsHere.SkipWithoutAsync("boto3 for python3", "python3", "-c", "import boto3");

        var answer = await RunAsync("python3", ["-B", Path.Combine(AppContext.BaseDirectory, "Clients", "every_call.py"), .. by]);

        answer.ExitCode.ShouldBe(0, answer.Output + answer.Error);
        await using var api = await Api.ApiLab.StartAsync();
        answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(api.Actions, ignoreOrder: true);
    }

    private async Task<string> AwsAsync(params string[] arguments)
    {
        var result = await RunAsync("aws", ["ec2", .. arguments]);
        result.ExitCode.ShouldBe(0, result.Error);
        return result.Output;
    }

    private Task<CommandResult> RunAsync(string program, params string[] arguments) => new Command(program, arguments) { Environment = Credentials }.RunAsync(Cancellation);
}
