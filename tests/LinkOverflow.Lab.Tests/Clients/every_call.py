"""Makes every EC2 call of the lab, by boto3 or, told so by "cli", by the aws CLI. What boto3 is answered is read as strictly as botocore's
model of EC2 allows: an element that the model does not have, a value that is not of its type, or a member of a list that is not an item
ends it."""
import re
import sys
import xml.etree.ElementTree

import boto3
import botocore.exceptions
from aws_cli import AwsCli

TYPES = {
    "boolean": re.compile(r"true|false"),
    "integer": re.compile(r"-?\d+"),
    "long": re.compile(r"-?\d+"),
    "double": re.compile(r"-?\d+(\.\d+)?"),
    "float": re.compile(r"-?\d+(\.\d+)?"),
    "timestamp": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z"),
    "string": re.compile(r"(?s).*"),
    "blob": re.compile(r"[A-Za-z0-9+/=\s]*"),
}
answered, problems = set(), []


def local(element):
    return element.tag.split("}")[-1]


def check(element, shape, path):
    if shape.type_name == "structure":
        members = {m.serialization.get("name", n): m for n, m in shape.members.items()}
        for child in element:
            if local(child) in members:
                check(child, members[local(child)], f"{path}.{local(child)}")
            elif not (path.count(".") == 0 and local(child) in ("requestId", "return")):
                problems.append(f"{path}: the model has no {local(child)}")
    elif shape.type_name == "list":
        for child in element:
            if local(child) not in ("item", shape.member.serialization.get("name")):
                problems.append(f"{path}: {local(child)} in a list")
            check(child, shape.member, path + "[]")
    elif len(element):
        problems.append(f"{path}: elements where a {shape.type_name} should be")
    else:
        text = element.text or ""
        if not TYPES[shape.type_name].fullmatch(text):
            problems.append(f"{path}: '{text}' is no {shape.type_name}")
        elif getattr(shape, "enum", None) and text and text not in shape.enum:
            problems.append(f"{path}: '{text}' is none of the model's values")


def before_parse(operation_model, response_dict, **_):
    root = xml.etree.ElementTree.fromstring(response_dict["body"])
    if response_dict["status_code"] < 300:
        answered.add(operation_model.name)
        if local(root) != operation_model.name + "Response":
            problems.append(f"{operation_model.name}: answered with {local(root)}")
        if operation_model.output_shape is not None:
            check(root, operation_model.output_shape, operation_model.name)


ec2 = boto3.client("ec2")
if sys.argv[1:] == ["cli"]:
    ec2 = AwsCli(ec2, answered)
else:
    ec2.meta.events.register("before-parse.ec2.*", before_parse)


def refused(code, call, **parameters):
    try:
        call(**parameters)
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != code:
            problems.append(f"{call.__name__}: {error.response['Error']['Code']} in place of {code}")
    else:
        problems.append(f"{call.__name__}: not refused with {code}")


def dry(call, **parameters):
    refused("DryRunOperation", call, DryRun=True, **parameters)
    return call(**parameters)


def wait(name, **parameters):
    try:
        ec2.get_waiter(name).wait(**parameters, WaiterConfig={"Delay": 1, "MaxAttempts": 180})
    except botocore.exceptions.WaiterError as error:
        sys.exit(f"{error}; last answered with {error.last_response}")


# The place.
ec2.describe_regions()
zone = ec2.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsSupport")
subnet = ec2.describe_subnets(Filters=[{"Name": "availability-zone", "Values": [zone]}])["Subnets"][0]["SubnetId"]
ec2.describe_account_attributes()
ec2.describe_instance_types(InstanceTypes=["t3.micro"])
ec2.describe_instance_type_offerings()
image = ec2.describe_images(Filters=[{"Name": "name", "Values": ["debian-12-*"]}])["Images"][0]["ImageId"]

# Keys and groups.
key = dry(ec2.create_key_pair, KeyName="every", KeyType="ed25519", TagSpecifications=[{"ResourceType": "key-pair", "Tags": [{"Key": "a", "Value": "b"}]}])
public = ec2.describe_key_pairs(KeyNames=["every"], IncludePublicKey=True)["KeyPairs"][0]["PublicKey"]
dry(ec2.import_key_pair, KeyName="imported", PublicKeyMaterial=public.encode())
ec2.describe_key_pairs()
group = dry(ec2.create_security_group, GroupName="every", Description="every call", VpcId=vpc)["GroupId"]
rule = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "127.0.0.0/8", "Description": "ssh"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]
dry(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=rule)
out = [{"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "UserIdGroupPairs": [{"GroupId": group}]}]
dry(ec2.authorize_security_group_egress, GroupId=group, IpPermissions=out)
ec2.describe_security_groups(GroupIds=[group])
ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
dry(ec2.revoke_security_group_egress, GroupId=group, IpPermissions=out)
refused("InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=rule)

# A template, and instances.
launch = {
    "ImageId": image, "InstanceType": "t3.micro", "KeyName": "every", "SecurityGroupIds": [group], "Monitoring": {"Enabled": True},
    "BlockDeviceMappings": [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "VolumeType": "gp3", "DeleteOnTermination": True}}],
}
template = dry(ec2.create_launch_template, LaunchTemplateName="every", LaunchTemplateData=launch)["LaunchTemplate"]["LaunchTemplateId"]
dry(ec2.create_launch_template_version, LaunchTemplateId=template, SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.small", "Placement": {"AvailabilityZone": zone}})
dry(ec2.modify_launch_template, LaunchTemplateId=template, DefaultVersion="2")
ec2.describe_launch_templates(LaunchTemplateIds=[template])
ec2.describe_launch_template_versions(LaunchTemplateId=template)
dry(ec2.delete_launch_template_versions, LaunchTemplateId=template, Versions=["1"])
# Another client has used its own in the same lab.
token = " ".join(["every", *sys.argv[1:]])
launched = dry(ec2.run_instances, LaunchTemplate={"LaunchTemplateId": template}, MinCount=1, MaxCount=1, DisableApiTermination=True, ClientToken=token)
instance = launched["Instances"][0]["InstanceId"]
again = ec2.run_instances(LaunchTemplate={"LaunchTemplateId": template}, MinCount=1, MaxCount=1, DisableApiTermination=True, ClientToken=token)
if again["Instances"][0]["InstanceId"] != instance:
    problems.append("run_instances: two instances for one client token")
refused("IdempotentParameterMismatch", ec2.run_instances, LaunchTemplate={"LaunchTemplateId": template}, MinCount=2, MaxCount=2, DisableApiTermination=True, ClientToken=token)
wait("instance_status_ok", InstanceIds=[instance])
ec2.describe_instances(InstanceIds=[instance])
ec2.describe_instance_status(InstanceIds=[instance])
ec2.describe_network_interfaces(Filters=[{"Name": "attachment.instance-id", "Values": [instance]}])
ec2.describe_instance_credit_specifications(InstanceIds=[instance])
for attribute in ("disableApiTermination", "instanceType", "userData", "rootDeviceName", "blockDeviceMapping", "groupSet", "instanceInitiatedShutdownBehavior", "disableApiStop"):
    ec2.describe_instance_attribute(InstanceId=instance, Attribute=attribute)
ec2.get_console_output(InstanceId=instance)
dry(ec2.create_tags, Resources=[instance], Tags=[{"Key": "Name", "Value": "every"}])
ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [instance]}])
dry(ec2.delete_tags, Resources=[instance], Tags=[{"Key": "Name"}])

# Volumes, snapshots, images.
volume = dry(ec2.create_volume, AvailabilityZone=zone, Size=1, VolumeType="gp3", TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "a", "Value": "b"}]}])["VolumeId"]
wait("volume_available", VolumeIds=[volume])
dry(ec2.attach_volume, VolumeId=volume, InstanceId=instance, Device="/dev/sdg")
wait("volume_in_use", VolumeIds=[volume])
ec2.describe_volume_status(VolumeIds=[volume])
snapshot = dry(ec2.create_snapshot, VolumeId=volume, Description="every")["SnapshotId"]
wait("snapshot_completed", SnapshotIds=[snapshot])
dry(ec2.detach_volume, VolumeId=volume)
ec2.describe_volumes()
dry(ec2.delete_volume, VolumeId=volume)
dry(ec2.delete_snapshot, SnapshotId=snapshot)
own = dry(ec2.create_image, InstanceId=instance, Name="every", NoReboot=True)["ImageId"]
wait("image_available", ImageIds=[own])
root = ec2.describe_images(ImageIds=[own])["Images"][0]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
refused("InvalidSnapshot.InUse", ec2.delete_snapshot, SnapshotId=root)
registered = dry(ec2.register_image, Name="again", RootDeviceName="/dev/xvda", BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": root}}])["ImageId"]
dry(ec2.deregister_image, ImageId=registered)
dry(ec2.deregister_image, ImageId=own, DeleteAssociatedSnapshots=True)

# The instance's way down.
dry(ec2.reboot_instances, InstanceIds=[instance])
dry(ec2.stop_instances, InstanceIds=[instance])
wait("instance_stopped", InstanceIds=[instance])
dry(ec2.start_instances, InstanceIds=[instance])
wait("instance_running", InstanceIds=[instance])
refused("OperationNotPermitted", ec2.terminate_instances, InstanceIds=[instance])
dry(ec2.modify_instance_attribute, InstanceId=instance, DisableApiTermination={"Value": False})
refused("DependencyViolation", ec2.delete_security_group, GroupId=group)
dry(ec2.terminate_instances, InstanceIds=[instance])
wait("instance_terminated", InstanceIds=[instance])
dry(ec2.revoke_security_group_ingress, GroupId=group, IpPermissions=rule)
dry(ec2.delete_security_group, GroupId=group)
dry(ec2.delete_launch_template, LaunchTemplateId=template)
dry(ec2.delete_key_pair, KeyName="every")
ec2.delete_key_pair(KeyName="imported")

print("\n".join(problems or sorted(answered)))
sys.exit(len(problems) > 0)
