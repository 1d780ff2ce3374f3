"""moto's instances in the shape of DescribeInstances, read from its objects.

moto's own way to the answer takes some 2 ms an instance, and more the more tags there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amitui.demo.cloud.model import Params


def held(account: str, region: str) -> Iterator[tuple[Params, list[Any]]]:
    """Each reservation without its instances, and moto's instances of it; moto is loaded, and nobody uses it."""
    from moto.ec2.models import ec2_backends

    for one in list(ec2_backends[account][region].reservations.values()):
        yield {"ReservationId": one.id, "OwnerId": account, "Groups": []}, list(one.instances)


def api_record(instance: Any) -> Params:
    """An instance with the names of EC2's API model."""
    record: Params = {
        "AmiLaunchIndex": instance.ami_launch_index,
        "Architecture": instance.architecture,
        "BlockDeviceMappings": [_device(name, one) for name, one in instance.get_block_device_mapping],
        "BootMode": getattr(instance, "boot_mode", None),
        "ClientToken": instance.client_token or None,
        "EbsOptimized": bool(instance.ebs_optimized),
        "EnaSupport": getattr(instance, "ena_support", None),
        "Hypervisor": instance.hypervisor,
        "IamInstanceProfile": profile_of(instance),
        "ImageId": instance.image_id,
        "InstanceId": instance.id,
        "InstanceLifecycle": instance.lifecycle or None,
        "InstanceType": instance.instance_type,
        "KernelId": instance.kernel_id if instance.kernel_id != "None" else None,
        "KeyName": instance.key_name or None,
        "LaunchTime": instance.launch_time.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "MetadataOptions": _metadata(instance.metadata_options),
        "Monitoring": {"State": instance.monitoring_state},
        "NetworkInterfaces": [_interface(one) for one in instance.nics.values()],
        "Placement": {"AvailabilityZone": instance._placement.zone, "GroupName": "", "Tenancy": "default"},
        "Platform": getattr(instance, "platform", None),
        "PlatformDetails": getattr(instance, "platform_details", None),
        "PrivateDnsName": instance.private_dns_name,
        "PrivateIpAddress": instance.private_ip_address,
        "ProductCodes": [],
        "PublicDnsName": instance.public_dns_name or "",
        "PublicIpAddress": instance.public_ip_address,
        "RootDeviceName": instance.root_device_name,
        "RootDeviceType": instance.root_device_type,
        "SecurityGroups": [{"GroupId": one.id, "GroupName": one.name} for one in instance.security_groups],
        "SourceDestCheck": instance.source_dest_check,
        "SriovNetSupport": instance.sriov_net_support,
        "State": {"Code": instance._state.code, "Name": instance._state.name},
        "StateReason": _reason_of(instance.state_reason),
        "StateTransitionReason": instance._reason,
        "SubnetId": instance.subnet_id,
        "Tags": tags_of(instance) or None,
        "TpmSupport": getattr(instance, "tpm_support", None),
        "UsageOperation": getattr(instance, "usage_operation", None),
        "VirtualizationType": instance.virtualization_type,
        "VpcId": instance.vpc_id,
    }
    return {name: value for name, value in record.items() if value is not None}


def _reason_of(reason: Any) -> Params | None:
    """Why an instance is in its state; nothing is said of one that runs as it should."""
    return {"Code": reason.code, "Message": reason.message} if reason.code else None


def profile_of(instance: Any) -> Params | None:
    """Arn and Id of its instance profile; moto has it as a dict or as an object, by how it came there."""
    profile = instance.iam_instance_profile
    if not profile:
        return None
    if isinstance(profile, dict):
        return {"Arn": profile.get("Arn"), "Id": profile.get("Id")}
    return {"Arn": profile.arn, "Id": profile.id}


def tags_of(instance: Any) -> list[dict[str, str]]:
    """Its tags; moto would look through those of everything."""
    tags = instance.ec2_backend.tags.get(instance.id, {})
    return [{"Key": str(key), "Value": str(value)} for key, value in list(tags.items())]


def wire_record(instance: Any) -> Params:
    """What the demo itself reads of an instance, named as in the XML of DescribeInstances."""
    return {
        "instanceId": instance.id,
        "imageId": instance.image_id,
        "instanceState": {"code": str(instance._state.code), "name": instance._state.name},
        "instanceType": instance.instance_type,
        "architecture": instance.architecture,
        "rootDeviceName": instance.root_device_name,
        "launchTime": instance.launch_time.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "placement": {"availabilityZone": instance._placement.zone},
        "privateIpAddress": instance.private_ip_address,
        "keyName": instance.key_name or "",
        "tagSet": [{"key": tag["Key"], "value": tag["Value"]} for tag in tags_of(instance)],
        "blockDeviceMapping": [
            {
                "deviceName": name,
                "ebs": {
                    "volumeId": one.volume_id,
                    "deleteOnTermination": "true" if one.delete_on_termination else "false",
                },
            }
            for name, one in instance.get_block_device_mapping
        ],
    }


def _device(name: str, attached: Any) -> Params:
    return {
        "DeviceName": name,
        "Ebs": {
            "AttachTime": attached.attach_time.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "DeleteOnTermination": bool(attached.delete_on_termination),
            "Status": "attached" if attached.status == "in-use" else attached.status,
            "VolumeId": attached.volume_id,
        },
    }


def _metadata(options: Any) -> Params:
    members = (
        ("State", "state"), ("HttpTokens", "http_tokens"),
        ("HttpPutResponseHopLimit", "http_put_response_hop_limit"), ("HttpEndpoint", "http_endpoint"),
        ("HttpProtocolIpv6", "http_protocol_ipv6"), ("InstanceMetadataTags", "instance_metadata_tags"),
    )  # fmt: skip
    return {member: getattr(options, attribute, None) for member, attribute in members}


def _interface(nic: Any) -> Params:
    attachment = nic.attachment
    public = (
        {
            "IpOwnerId": nic.owner_id,
            "PublicDnsName": nic.association["publicDnsName"],
            "PublicIp": nic.public_ip,
        }
        if nic.public_ip
        else None
    )
    addresses = []
    for one in nic.private_ip_addresses:
        primary = bool(one.get("Primary")) or one.get("PrivateIpAddress") == nic.private_ip_address
        address = {"PrivateIpAddress": one.get("PrivateIpAddress"), "Primary": primary}
        addresses.append(address | ({"Association": public} if public and primary else {}))
    return {
        "Association": public,
        "Attachment": None
        if attachment is None
        else {
            "AttachTime": attachment.attach_time.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "AttachmentId": attachment.attachment_id,
            "DeleteOnTermination": bool(attachment.delete_on_termination),
            "DeviceIndex": attachment.device_index,
            "Status": attachment.status,
            "NetworkCardIndex": attachment.network_card_index,
        },
        "Description": nic.description,
        "Groups": [{"GroupId": one.id, "GroupName": one.name} for one in nic.group_set],
        "InterfaceType": nic.interface_type,
        "Ipv6Addresses": nic.instance_ipv6_address_list,
        "MacAddress": nic.mac_address,
        "NetworkInterfaceId": nic.id,
        "OwnerId": nic.owner_id,
        "PrivateDnsName": getattr(nic, "private_dns_name", None),
        "PrivateIpAddress": nic.private_ip_address,
        "PrivateIpAddresses": addresses,
        "SourceDestCheck": nic.source_dest_check,
        "Status": nic.status,
        "SubnetId": nic.subnet_id,
        "VpcId": nic.vpc_id,
    }
