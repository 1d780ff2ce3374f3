"""What the demo's EC2 refuses of launches, each rule asked for by boto3 from outside, and what it launches."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import pytest
from botocore.exceptions import ClientError

from amitui.demo.cloud.launching.rules import RULES
from amitui.demo.cloud.systems_manager.parameters import VALIDATION
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY, SECOND_ACCESS_KEY
from amitui.demo.seed.retired import retired_images
from tests.support.boto3_account import aws_program
from tests.support.demo_account import AS_OF
from tests.support.launch_lab import EMPTY, HOME, NOWHERE, PLAIN, Lab, launch_lab
from tests.support.rule_table import PAGE, table, written

AMAZON: Final = "al2023-ami-2*-x86_64"
"""Amazon Linux, which every account may launch."""
Case: TypeAlias = Callable[[Lab], Any]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with launch_lab() as made:
        made.ec2.describe_instances()
        yield made


def volume(device: str = "/dev/sdf", **ebs: Any) -> Case:
    """A launch with one more volume, or with the root changed."""
    return lambda lab: lab.run(BlockDeviceMappings=[{"DeviceName": device, "Ebs": ebs}])


def asking(**asked: Any) -> Case:
    """A launch with these parameters."""
    return lambda lab: lab.run(**asked)


def spot(**options: Any) -> Case:
    return lambda lab: lab.run(InstanceMarketOptions={"MarketType": "spot", "SpotOptions": options})


def pending(lab: Lab) -> Any:
    made = lab.ec2.copy_image(SourceImageId=lab.image(), SourceRegion=HOME, Name=lab.name("copy"))
    lab.run(ImageId=made["ImageId"])


def deregistered(lab: Lab) -> Any:
    image_id = lab.copy()
    lab.ec2.deregister_image(ImageId=image_id)
    lab.run(ImageId=image_id)


def not_allowed(lab: Lab) -> Any:
    second = lab.client("ec2", "eu-west-1", SECOND_ACCESS_KEY)
    (image, *_) = second.describe_images(Owners=["amazon"], MaxResults=5)["Images"]
    second.replace_image_criteria_in_allowed_images_settings(ImageCriteria=[{"ImageProviders": ["none"]}])
    second.enable_allowed_images_settings(AllowedImagesSettingsState="enabled")
    try:
        lab.run(second, ImageId=image["ImageId"])
    finally:
        second.disable_allowed_images_settings()


def token_reused(lab: Lab) -> Any:
    token = lab.name("token")
    lab.run(ClientToken=token)
    lab.run(ClientToken=token, InstanceType="t3.nano")


def token_of_the_terminated(lab: Lab) -> Any:
    token = lab.name("token")
    lab.end(lab.run(ClientToken=token))
    lab.run(ClientToken=token)


def parameter_of_other_type(lab: Lab) -> Any:
    lab.client("ssm").put_parameter(Name="/plain", Value=lab.image(), Type="String", Overwrite=True)
    lab.run(ImageId="resolve:ssm:/plain")


def zone_of_other_subnet(lab: Lab) -> Any:
    lab.run(SubnetId=lab.default_subnet("us-east-1a"), Placement={"AvailabilityZone": "us-east-1b"})


def no_default_vpc(lab: Lab) -> Any:
    ec2 = lab.client("ec2", "ap-northeast-1", SECOND_ACCESS_KEY)
    for subnet in ec2.describe_subnets()["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    for vpc in ec2.describe_vpcs()["Vpcs"]:
        ec2.delete_vpc(VpcId=vpc["VpcId"])
    lab.run(ec2, ImageId=lab.image(AMAZON, ec2, Owners=["amazon"]))


def no_default_subnet(lab: Lab) -> Any:
    ec2 = lab.client("ec2", "eu-central-1", SECOND_ACCESS_KEY)
    for subnet in ec2.describe_subnets()["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    lab.run(ec2, ImageId=lab.image(AMAZON, ec2, Owners=["amazon"]))


def snapshot_pending(lab: Lab) -> Any:
    (started,) = lab.run()
    made = lab.ec2.create_snapshot(VolumeId=volumes_of(lab, started)[0]["VolumeId"])
    try:
        volume(SnapshotId=made["SnapshotId"])(lab)
    finally:
        lab.end([started])


def archived(lab: Lab) -> Any:
    image_id = lab.copy()
    snapshot = lab.snapshot(image_id)
    lab.ec2.disable_image(ImageId=image_id)
    lab.ec2.modify_snapshot_tier(SnapshotId=snapshot, StorageTier="archive")
    volume(SnapshotId=snapshot)(lab)


def started_beyond_the_quota(lab: Lab) -> Any:
    """Twice 64 vCPUs fit into 128, and the third 64 do not, whether they are launched or started."""
    ec2 = lab.client("ec2", "us-west-2", SECOND_ACCESS_KEY)
    asked = {"ImageId": lab.image(AMAZON, ec2, Owners=["amazon"]), "InstanceType": "m5.16xlarge"}
    first = lab.run(ec2, **asked)
    lab.pass_time(60)
    ec2.stop_instances(InstanceIds=[first[0]["InstanceId"]])
    lab.pass_time(60)
    lab.run(ec2, **asked, MinCount=2, MaxCount=2)
    ec2.start_instances(InstanceIds=[first[0]["InstanceId"]])


def instance_quota(lab: Lab) -> Any:
    ec2 = lab.client("ec2", EMPTY)
    arm = lab.image("al2023-ami-2*-arm64", ec2, Owners=["amazon"])
    lab.run(ec2, ImageId=arm, InstanceType="m6g.medium", MinCount=41, MaxCount=50)


def public_image_blocked(lab: Lab) -> Any:
    ec2 = lab.client("ec2", "ap-southeast-2")
    image_id = lab.image("acme-*", ec2, IncludeDisabled=False)
    ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": [{"Group": "all"}]})


def public_snapshot_blocked(lab: Lab) -> Any:
    lab.ec2.enable_snapshot_block_public_access(State="block-new-sharing")
    try:
        lab.ec2.modify_snapshot_attribute(
            SnapshotId=lab.snapshot(lab.image()), CreateVolumePermission={"Add": [{"Group": "all"}]}
        )
    finally:
        lab.ec2.disable_snapshot_block_public_access()


CASES: Final[dict[str, Case]] = {
    "count-missing": asking(MinCount=None),
    "count-not-positive": asking(MinCount=0, MaxCount=1),
    "counts-reversed": asking(MinCount=2, MaxCount=1),
    "token-reused": token_reused,
    "token-of-the-terminated": token_of_the_terminated,
    "not-authorized": lambda lab: lab.run(lab.reader, ImageId=lab.image(), DryRun=True, InstanceType="t9.nano"),
    "template-id-unknown": asking(LaunchTemplate={"LaunchTemplateId": f"lt-{NOWHERE}"}),
    "template-name-unknown": asking(LaunchTemplate={"LaunchTemplateName": "nowhere"}),
    "template-version-unknown": lambda lab: lab.run(
        LaunchTemplate={"LaunchTemplateId": lab.template(KeyName="x"), "Version": "7"}
    ),
    "image-missing": lambda lab: lab.run(
        ImageId=None, LaunchTemplate={"LaunchTemplateId": lab.template(InstanceType="t3.micro")}
    ),
    "image-id-malformed": asking(ImageId="ami-xyz"),
    "image-unknown": asking(ImageId=f"ami-{NOWHERE}"),
    "image-deregistered": deregistered,
    "image-not-available": pending,
    "image-foreign": lambda lab: lab.run(lab.second, ImageId=lab.image()),
    "image-not-allowed": not_allowed,
    "product-not-subscribed": lambda lab: lab.run(
        ImageId=lab.image("CIS Red Hat*", Owners=["aws-marketplace"]), InstanceType="m5.large"
    ),
    "parameter-unknown": asking(ImageId="resolve:ssm:/nowhere:3"),
    "parameter-of-other-type": parameter_of_other_type,
    "type-unknown": asking(InstanceType="t9.nano"),
    "type-not-in-region": lambda lab: lab.run(
        lab.client("ec2", "eu-west-1"),
        ImageId=lab.image("acme-base-*-x86_64-*", lab.client("ec2", "eu-west-1"), IncludeDisabled=False),
        InstanceType="p5.48xlarge",
    ),
    "type-not-in-zone": asking(Placement={"AvailabilityZone": "us-east-1e"}),
    "architecture": asking(InstanceType="t4g.micro"),
    "virtualization": lambda lab: lab.run(ImageId=lab.image("acme legacy web*")),
    "root-device": lambda lab: lab.run(ImageId=in_s3(lab), InstanceType="t1.micro"),
    "boot-mode": lambda lab: lab.run(ImageId=lab.registered(BootMode="uefi"), InstanceType="t2.micro"),
    "ena": lambda lab: lab.run(ImageId=lab.registered(EnaSupport=False)),
    "tpm": lambda lab: lab.run(
        ImageId=lab.registered(BootMode="uefi", TpmSupport="v2.0"), InstanceType="p3dn.24xlarge"
    ),
    "type-excluded-by-owner": lambda lab: lab.run(ImageId=lab.image("acme-attested-base")),
    "key-unknown": asking(KeyName="nowhere"),
    "profile-unknown": asking(IamInstanceProfile={"Name": "nowhere"}),
    "user-data-encoding": lambda lab: lab.run(lab.client("ec2", encodes=False), UserData="#!/bin/sh"),
    "user-data-too-long": asking(UserData="x" * 16_385),
    "user-data-too-long-encoded": asking(UserData="x" * 20_000),
    "metadata-option": asking(MetadataOptions={"HttpPutResponseHopLimit": 65}),
    "shutdown-behavior": asking(InstanceInitiatedShutdownBehavior="explode"),
    "shutdown-behavior-in-s3": lambda lab: lab.run(
        ImageId=in_s3(lab), InstanceType="m1.small", InstanceInitiatedShutdownBehavior="terminate"
    ),
    "tag-reserved": asking(
        TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "aws:mine", "Value": "x"}]}]
    ),
    "tag-kind": asking(TagSpecifications=[{"ResourceType": "image", "Tags": [{"Key": "a", "Value": "x"}]}]),
    "subnet-unknown": asking(SubnetId=f"subnet-{NOWHERE}"),
    "group-id-malformed": asking(SecurityGroupIds=["default"]),
    "group-unknown": asking(SecurityGroupIds=[f"sg-{NOWHERE}"]),
    "group-name-unknown": asking(SecurityGroups=["nowhere"]),
    "group-name-with-subnet": lambda lab: lab.run(SecurityGroups=["default"], SubnetId=lab.elsewhere()[0]),
    "networks-differ": lambda lab: lab.run(SecurityGroupIds=[lab.elsewhere()[1]]),
    "interfaces-with-subnet": lambda lab: lab.run(
        NetworkInterfaces=[{"DeviceIndex": 0}], SubnetId=lab.elsewhere()[0]
    ),
    "interface-index": asking(NetworkInterfaces=[{"DeviceIndex": 1}]),
    "interfaces-with-groups": asking(NetworkInterfaces=[{"DeviceIndex": 0}], SecurityGroups=["default"]),
    "zone-unknown": asking(Placement={"AvailabilityZone": "us-east-1z"}),
    "zone-of-other-subnet": zone_of_other_subnet,
    "no-default-vpc": no_default_vpc,
    "no-default-subnet": no_default_subnet,
    "addresses-exhausted": lambda lab: lab.run(
        SubnetId=lab.elsewhere()[0], MinCount=12, MaxCount=12, InstanceType="t2.nano"
    ),
    "device-missing": lambda lab: lab.run(BlockDeviceMappings=[{"Ebs": {"VolumeSize": 1}}]),
    "device-twice": lambda lab: lab.run(
        BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": size}} for size in (1, 2)]
    ),
    "device-name": volume("/dev/nvme1n1", VolumeSize=1),
    "root-left-out": asking(BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "NoDevice": ""}]),
    "root-snapshot": lambda lab: volume("/dev/sda1", SnapshotId=lab.snapshot(lab.copy()))(lab),
    "snapshot-id-malformed": volume(SnapshotId="snap"),
    "snapshot-unknown": volume(SnapshotId=f"snap-{NOWHERE}"),
    "snapshot-pending": snapshot_pending,
    "snapshot-archived": archived,
    "volume-below-snapshot": volume("/dev/sda1", VolumeSize=7),
    "volume-without-size": volume(VolumeType="gp3"),
    "volume-type": volume(VolumeSize=8, VolumeType="floppy"),
    "volume-type-of-root": volume("/dev/sda1", VolumeType="st1", VolumeSize=500),
    "volume-size": volume(VolumeSize=124, VolumeType="sc1"),
    "iops-missing": volume(VolumeSize=8, VolumeType="io2"),
    "iops-not-supported": volume(VolumeSize=8, VolumeType="gp2", Iops=300),
    "iops": volume(VolumeSize=8, VolumeType="gp3", Iops=2_999),
    "iops-per-size": volume(VolumeSize=8, VolumeType="io1", Iops=401),
    "throughput-not-supported": volume(VolumeSize=8, VolumeType="gp2", Throughput=125),
    "throughput": volume(VolumeSize=8, VolumeType="gp3", Throughput=2_001),
    "throughput-per-iops": volume(VolumeSize=8, VolumeType="gp3", Throughput=751),
    "key-without-encryption": volume(VolumeSize=8, KmsKeyId="alias/acme-images"),
    "encryption-removed": lambda lab: lab.run(
        ImageId=lab.image("acme-k8s-node*", IncludeDisabled=False),
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": False}}],
    ),
    "vcpu-quota": started_beyond_the_quota,
    "instance-quota": instance_quota,
    "spot-quota": lambda lab: lab.run(
        InstanceType="m5.24xlarge", InstanceMarketOptions={"MarketType": "spot"}, MinCount=2, MaxCount=5
    ),
    "market-unknown": asking(InstanceMarketOptions={"MarketType": "black"}),
    "market-not-offered": lambda lab: lab.run(
        InstanceType="hpc6a.48xlarge",
        InstanceMarketOptions={"MarketType": "spot"},
        **at_home("us-east-2", lab),
    ),
    "spot-options-without-spot": asking(InstanceMarketOptions={"SpotOptions": {"MaxPrice": "1"}}),
    "spot-price": spot(MaxPrice="0.0009"),
    "spot-interruption": spot(InstanceInterruptionBehavior="stop"),
    "spot-persistent": spot(SpotInstanceType="persistent"),
    "spot-until": spot(ValidUntil="2030-01-01T00:00:00Z"),
    "spot-value": spot(SpotInstanceType="now and then"),
    "public-image-blocked": public_image_blocked,
    "public-image-quota": lambda lab: lab.ec2.modify_image_attribute(
        ImageId=lab.image(), LaunchPermission={"Add": [{"Group": "all"}]}
    ),
    "public-snapshot-blocked": public_snapshot_blocked,
}
"""By rule, a request that breaks it and no other."""


def at_home(region: str, lab: Lab) -> dict[str, Any]:
    ec2 = lab.client("ec2", region)
    return {"ec2": ec2, "ImageId": lab.image("acme-base-*-x86_64-*", ec2, IncludeDisabled=False)}


def in_s3(lab: Lab) -> str:
    """An image in S3 that EC2 still lists."""
    filters = [{"Name": "root-device-type", "Values": ["instance-store"]}]
    found = lab.ec2.describe_images(Filters=filters, IncludeDeprecated=True)["Images"]
    return str(next(one["ImageId"] for one in found if one["Architecture"] == "x86_64"))


def pattern(words: str) -> str:
    """What a rule's message looks like, whatever stands in its braces."""
    parts = re.split(r"\{[a-z]+\}", words.removesuffix(" …"))
    return ".*".join(map(re.escape, parts)) + (".*" if words.endswith("…") else "")


def test_every_rule_is_asked_for() -> None:
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_ec2s_refusal(lab: Lab, rule: str) -> None:
    expected = RULES[rule]
    with pytest.raises(ClientError) as caught:
        CASES[rule](lab)

    answer: Any = caught.value.response
    assert answer["Error"]["Code"] == expected.code
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == expected.status
    assert re.fullmatch(pattern(expected.words), answer["Error"]["Message"])


def test_nothing_is_launched_by_what_is_refused(lab: Lab) -> None:
    before = lab.instances()
    for rule in (
        "volume-below-snapshot",
        "networks-differ",
        "addresses-exhausted",
        "instance-quota",
        "spot-price",
    ):
        with pytest.raises(ClientError):
            CASES[rule](lab)
    assert lab.instances() == before


def code(call: Callable[..., Any], *arguments: Any, **asked: Any) -> str:
    """With which code a request is refused."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **asked)
    answer: Any = caught.value.response
    return str(answer["Error"]["Code"])


# Which image


@pytest.mark.parametrize("state", ["disabled", "failed"])
def test_an_image_is_launched_only_while_it_is_available(lab: Lab, state: str) -> None:
    filters = [{"Name": "state", "Values": [state]}]
    found = lab.ec2.describe_images(Owners=["self"], Filters=filters, IncludeDisabled=True)["Images"]
    assert code(lab.run, ImageId=found[0]["ImageId"], InstanceType="m7i.large") == "InvalidAMIID.Unavailable"


def test_amazons_images_that_left_the_list_are_refused_as_somebody_elses_and_described_as_unknown(
    lab: Lab,
) -> None:
    image_id = min(retired_images(HOME, AS_OF))
    assert code(lab.run, ImageId=image_id) == "AuthFailure"
    assert code(lab.ec2.describe_images, ImageIds=[image_id]) == "InvalidAMIID.NotFound"
    listed = lab.ec2.describe_images(Owners=["amazon"], IncludeDeprecated=True)["Images"]
    assert not {one["ImageId"] for one in listed} & retired_images(HOME, AS_OF)


def test_a_deprecated_image_is_launched_by_its_id(lab: Lab) -> None:
    image_id = lab.copy()
    lab.ec2.enable_image_deprecation(ImageId=image_id, DeprecateAt="2026-12-01T00:00:00Z")
    lab.pass_time(30 * 86_400)
    (started,) = lab.run(ImageId=image_id)
    assert started["ImageId"] == image_id
    lab.end([started])


def test_a_share_is_launched_by_those_it_was_given_to_and_no_longer_once_it_is_taken_back(lab: Lab) -> None:
    image_id = lab.copy()
    account = {"UserId": "210987654321"}
    lab.ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": [account]})
    (started,) = lab.run(lab.second, ImageId=image_id)
    lab.end([started], lab.second)
    lab.ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={"Remove": [account]})
    assert code(lab.run, lab.second, ImageId=image_id) == "AuthFailure"


def test_a_subscribed_product_is_launched(lab: Lab) -> None:
    lab.end(lab.run(ImageId=lab.image("f5-with-our-licence")))


def test_allowed_images_hide_what_they_exclude_and_audit_only_marks_it(lab: Lab) -> None:
    ec2 = lab.client("ec2", "eu-west-1")
    own = lab.image("acme-base-*-x86_64-*", ec2, IncludeDisabled=False)
    excluded = lab.image(AMAZON, ec2, Owners=["amazon"])
    listing = {"Owners": ["amazon", "self", "099720109477"], "IncludeDeprecated": True}
    criteria = [{"ImageProviders": ["099720109477"], "ImageNames": ["ubuntu/*"]}]
    ec2.replace_image_criteria_in_allowed_images_settings(ImageCriteria=criteria)
    try:
        ec2.enable_allowed_images_settings(AllowedImagesSettingsState="audit-mode")
        marked = {one["ImageId"]: one["ImageAllowed"] for one in ec2.describe_images(**listing)["Images"]}
        assert (marked[own], marked[excluded]) == (True, False)
        lab.end(lab.run(ec2, ImageId=excluded), ec2)
        ec2.enable_allowed_images_settings(AllowedImagesSettingsState="enabled")
        shown = ec2.describe_images(**listing)["Images"]
        assert {one["ImageId"] for one in shown} == {one for one, allowed in marked.items() if allowed}
        paged = ec2.describe_images(Owners=["amazon"], MaxResults=1000)["Images"]
        assert all(one["ImageAllowed"] and one["OwnerId"] == "099720109477" for one in paged)
        assert code(ec2.describe_images, ImageIds=[excluded]) == "InvalidAMIID.NotFound"
        assert code(lab.run, ec2, ImageId=excluded) == "InvalidAMIID.NotFound"
        lab.end(lab.run(ec2, ImageId=own), ec2)
    finally:
        ec2.disable_allowed_images_settings()
    assert ec2.get_allowed_images_settings()["ImageCriteria"] == criteria
    assert "ImageAllowed" not in ec2.describe_images(ImageIds=[excluded])["Images"][0]


def test_a_parameter_names_the_image_at_the_launch(lab: Lab) -> None:
    ssm = lab.client("ssm")
    older, newer = lab.image(), lab.copy()
    for value in (older, newer):
        ssm.put_parameter(Name="/golden/web", Value=value, Type="String", DataType="aws:ec2:image", Overwrite=True)
        lab.pass_time(VALIDATION)
    ssm.label_parameter_version(Name="/golden/web", ParameterVersion=1, Labels=["tried"])
    arn = ssm.get_parameter(Name="/golden/web")["Parameter"]["ARN"]
    public = "/aws/service/canonical/ubuntu/server/20.04/stable/current/amd64/hvm/ebs-gp2/ami-id"
    known = ssm.get_parameter(Name=public)["Parameter"]["Value"]
    template = lab.template(ImageId="resolve:ssm:/golden/web")

    for reference, image_id in (
        ("/golden/web", newer), ("/golden/web:1", older), ("/golden/web:tried", older), (arn, newer),
        (public, known),
    ):  # fmt: skip
        (started,) = lab.run(ImageId=f"resolve:ssm:{reference}")
        assert started["ImageId"] == image_id
        lab.end([started])
    (started,) = lab.run(ImageId=None, LaunchTemplate={"LaunchTemplateId": template})
    assert started["ImageId"] == newer
    assert code(lab.run, ImageId="resolve:ssm:/golden/web:3") == "SsmInvalidParameter"
    lab.end([started])


# How many


def test_as_many_are_launched_as_addresses_are_free(lab: Lab) -> None:
    subnet, _ = lab.elsewhere()
    started = lab.run(SubnetId=subnet, MinCount=2, MaxCount=30, InstanceType="t2.nano")
    assert len(started) == 11, "a /28 has sixteen addresses, of which EC2 keeps five"
    assert {one["SubnetId"] for one in started} == {subnet}
    lab.end(started)


def test_as_many_are_launched_as_the_vcpu_quota_allows_and_other_families_do_not_count(lab: Lab) -> None:
    ec2 = lab.client("ec2", "us-east-2", SECOND_ACCESS_KEY)
    asked = {"ImageId": lab.image(AMAZON, ec2, Owners=["amazon"])}
    standard = lab.run(ec2, **asked, InstanceType="m5.8xlarge", MaxCount=9)
    assert len(standard) == 4, "128 of 128 vCPUs"
    assert code(lab.run, ec2, **asked) == "VcpuLimitExceeded"
    assert len(lab.run(ec2, **asked, InstanceType="g4dn.xlarge", MaxCount=2)) == 2
    assert len(lab.run(ec2, **asked, InstanceMarketOptions={"MarketType": "spot"})) == 1
    lab.end(standard, ec2)
    assert len(lab.run(ec2, **asked)) == 1


def test_quotas_say_what_is_enforced(lab: Lab) -> None:
    quota = lab.client("service-quotas").get_service_quota(ServiceCode="ec2", QuotaCode="L-1216C47A")["Quota"]
    assert (quota["Value"], quota["QuotaName"][:26]) == (128.0, "Running On-Demand Standard")


# With what


def test_a_template_is_taken_as_it_is_and_refused_at_the_launch(lab: Lab) -> None:
    for rule, data in (
        ("architecture", {"InstanceType": "t4g.micro"}),
        ("key-unknown", {"KeyName": "nowhere"}),
        ("subnet-unknown", {"NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": f"subnet-{NOWHERE}"}]}),
        ("group-unknown", {"SecurityGroupIds": [f"sg-{NOWHERE}"]}),
        ("profile-unknown", {"IamInstanceProfile": {"Name": "nowhere"}}),
        ("image-unknown", {"ImageId": f"ami-{NOWHERE}"}),
        ("volume-below-snapshot",
         {"BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 1}}]}),
        ("spot-price", {"InstanceMarketOptions": {"MarketType": "spot", "SpotOptions": {"MaxPrice": "0"}}}),
    ):  # fmt: skip
        template = lab.template(**{"ImageId": lab.image(), "InstanceType": "t3.micro", **data})
        asked = {"LaunchTemplate": {"LaunchTemplateId": template}, "MinCount": 1, "MaxCount": 1}
        assert code(lab.ec2.run_instances, **asked) == RULES[rule].code, rule


def test_a_template_is_refused_for_its_user_data_and_for_the_parameter_of_its_image_alone(lab: Lab) -> None:
    template = lab.template(ImageId=f"ami-{NOWHERE}", KeyName="nowhere")
    for rule, data in (
        ("user-data-encoding", {"UserData": "#!/bin/sh"}),
        ("parameter-unknown", {"ImageId": "resolve:ssm:/nowhere"}),
    ):
        assert code(lab.template, **data) == RULES[rule].code
        refused = code(lab.ec2.create_launch_template_version, LaunchTemplateId=template, LaunchTemplateData=data)
        assert refused == RULES[rule].code
    versions = lab.ec2.describe_launch_template_versions(LaunchTemplateId=template)["LaunchTemplateVersions"]
    assert len(versions) == 1


def test_the_requests_own_parameters_go_before_the_templates(lab: Lab) -> None:
    _, elsewhere = lab.elsewhere()
    template = lab.template(
        ImageId=f"ami-{NOWHERE}",
        InstanceType="t4g.micro",
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": k, "Value": "template"} for k in "ab"]}],
        SecurityGroupIds=[elsewhere],
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 5},
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sda1", "Ebs": {"VolumeType": "io2", "Iops": 400, "VolumeSize": 9}},
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 3}},
        ],
    )
    (started,) = lab.run(
        LaunchTemplate={"LaunchTemplateId": template},
        SecurityGroups=["default"],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "b", "Value": "request"}, {"Key": "c"}]}],
        MetadataOptions={"HttpTokens": "optional"},
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 10}},
            {"DeviceName": "/dev/sdf", "NoDevice": ""},
        ],
    )
    options = started["MetadataOptions"]
    assert (started["InstanceType"], [one["GroupName"] for one in started["SecurityGroups"]]) == (
        "t3.micro", ["default"])  # fmt: skip
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("optional", 5)
    found = lab.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [started["InstanceId"]]}])["Tags"]
    assert {one["Key"]: one["Value"] for one in found} == {
        "a": "template",
        "b": "request",
        "c": "",
        "aws:ec2launchtemplate:id": template,
        "aws:ec2launchtemplate:version": "1",
    }
    assert [(v["VolumeType"], v["Iops"], v["Size"]) for v in volumes_of(lab, started)] == [("io2", 400, 10)]
    lab.end([started])


def test_what_exists_and_fits_is_launched(lab: Lab) -> None:
    iam = lab.client("iam")
    arn = iam.create_instance_profile(InstanceProfileName="web")["InstanceProfile"]["Arn"]
    lab.ec2.create_key_pair(KeyName="ops")
    subnet, group = lab.elsewhere()
    asked = {"KeyName": "ops", "IamInstanceProfile": {"Name": "web"}}
    (in_vpc,) = lab.run(**asked, SubnetId=subnet, SecurityGroupIds=[group])
    interface = {"DeviceIndex": 0, "SubnetId": subnet, "Groups": [group]}
    (by_interface,) = lab.run(NetworkInterfaces=[interface], IamInstanceProfile={"Arn": arn})
    (by_name,) = lab.run(SecurityGroups=["default"], Placement={"AvailabilityZone": "us-east-1c"})

    assert (in_vpc["KeyName"], in_vpc["SubnetId"], by_interface["SubnetId"]) == ("ops", subnet, subnet)
    assert by_name["Placement"]["AvailabilityZone"] == "us-east-1c"
    lab.end([in_vpc, by_interface, by_name])
    # What is known to one account, or in one Region, is known nowhere else.
    assert code(lab.run, lab.second, ImageId=lab.image(AMAZON, Owners=["amazon"]), KeyName="ops") == (
        "InvalidKeyPair.NotFound")  # fmt: skip
    with pytest.raises(ClientError, match="Invalid IAM Instance Profile ARN"):
        lab.run(IamInstanceProfile={"Arn": f"{arn}-of-another"})


def test_user_data_may_have_line_breaks_in_its_base64_and_a_template_carries_none_that_is_too_long(
    lab: Lab,
) -> None:
    raw = lab.client("ec2", encodes=False)
    lab.end(lab.run(raw, UserData=base64.encodebytes(b"#!/bin/sh\n" * 20).decode()))
    template = lab.template(UserData=base64.b64encode(b"x" * 16_385).decode())
    assert code(lab.run, LaunchTemplate={"LaunchTemplateId": template}) == "InvalidUserData.Malformed"
    template = lab.template(UserData=base64.b64encode(b"x" * 16_384).decode())
    lab.end(lab.run(LaunchTemplate={"LaunchTemplateId": template}))


def test_an_image_of_imdsv2_requires_tokens_unless_the_launch_says_otherwise(lab: Lab) -> None:
    image_id = lab.registered(ImdsSupport="v2.0")
    default, other = (
        lab.run(ImageId=image_id),
        lab.run(ImageId=image_id, MetadataOptions={"HttpTokens": "optional"}),
    )
    options = [one["MetadataOptions"] for one in (*default, *other)]
    assert [one["HttpTokens"] for one in options] == ["required", "optional"]
    assert options[0]["HttpPutResponseHopLimit"] == 2
    lab.end(default + other)


def volumes_of(lab: Lab, instance: dict[str, Any]) -> list[dict[str, Any]]:
    """The volumes of an instance, by device."""
    filters = [{"Name": "attachment.instance-id", "Values": [instance["InstanceId"]]}]
    found: list[dict[str, Any]] = lab.ec2.describe_volumes(Filters=filters)["Volumes"]
    return sorted(found, key=lambda one: str(one["Attachments"][0]["Device"]))


def test_volumes_are_the_images_with_what_the_request_says_laid_over(lab: Lab) -> None:
    image_id = lab.image("acme-db-postgres-16")
    added = {"DeviceName": "/dev/sdk", "Ebs": {"SnapshotId": lab.snapshot(lab.image()), "Encrypted": True}}
    (started,) = lab.run(
        ImageId=image_id,
        InstanceType="m7i.large",
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeType": "gp3"}},
            {"DeviceName": "/dev/sdg", "NoDevice": ""},
            added,
        ],
    )
    found = [(v["Attachments"][0]["Device"], v["VolumeType"], v["Size"], v.get("Iops"), v["Encrypted"])
             for v in volumes_of(lab, started)]  # fmt: skip
    assert found == [
        ("/dev/sda1", "gp3", 30, 3000, True),
        ("/dev/sdf", "gp3", 2000, 3000, True),
        ("/dev/sdh", "st1", 4000, None, False),
        ("/dev/sdk", "gp2", 8, None, True),
    ]
    lab.end([started])


def test_one_device_is_not_mapped_twice_under_two_names(lab: Lab) -> None:
    with pytest.raises(ClientError, match="The device 'sda1' is used in more than one block-device mapping"):
        volume("sda1", VolumeSize=9)(lab)
    (started,) = volume("sdf", VolumeSize=9)(lab)
    assert [one["Size"] for one in volumes_of(lab, started)] == [8, 9]
    lab.end([started])


def test_an_instance_says_what_its_image_is(lab: Lab) -> None:
    (arm,) = lab.run(
        ImageId=lab.image("acme-base-al2023-arm64-*", IncludeDisabled=False), InstanceType="t4g.micro"
    )
    found = lab.ec2.describe_instances(InstanceIds=[arm["InstanceId"]])["Reservations"][0]["Instances"][0]
    assert found == arm, "the answer to the launch says the same"
    assert found["State"]["Name"] == "pending"
    assert (found["Architecture"], found["VirtualizationType"], found["RootDeviceName"], found["BootMode"]) == (
        "arm64", "hvm", "/dev/xvda", "uefi")  # fmt: skip
    lab.end([arm])


def test_user_data_fits_up_to_the_limit_before_base64(lab: Lab) -> None:
    text = "#!/bin/sh\n" + "é" * 8_187
    assert len(text.encode()) == 16_384
    (started,) = lab.run(UserData=text)
    read = lab.ec2.describe_instance_attribute(InstanceId=started["InstanceId"], Attribute="userData")
    assert len(read["UserData"]["Value"]) > 16_384
    lab.end([started])


def test_a_type_is_launched_where_it_is_offered(lab: Lab) -> None:
    wanted = lab.client("ec2").describe_instance_type_offerings(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": ["c1.medium"]}]
    )["InstanceTypeOfferings"]
    (started,) = lab.run(InstanceType="c1.medium")
    assert started["Placement"]["AvailabilityZone"] in {one["Location"] for one in wanted}
    lab.end([started])


@pytest.mark.parametrize(
    "asked",
    [
        {"CapacityReservationSpecification": {"CapacityReservationPreference": "open"}},
        {"CpuOptions": {"CoreCount": 1}},
        {"HibernationOptions": {"Configured": True}},
        {"Placement": {"GroupName": "near"}},
        {"Placement": {"Tenancy": "dedicated"}},
        {"InstanceMarketOptions": {"MarketType": "capacity-block"}},
        {"NetworkInterfaces": [{"DeviceIndex": 0, "NetworkInterfaceId": f"eni-{NOWHERE}"}]},
        {"TagSpecifications": [{"ResourceType": "network-interface", "Tags": [{"Key": "a", "Value": "b"}]}]},
    ],
)
def test_what_is_not_simulated_is_refused_rather_than_left_out(lab: Lab, asked: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match=r"UnsupportedOperation.*does not simulate"):
        lab.run(**asked)
    template = lab.template(ImageId=lab.image(), InstanceType="t3.micro", **asked)
    named = {"LaunchTemplate": {"LaunchTemplateId": template}, "MinCount": 1, "MaxCount": 1}
    assert code(lab.ec2.run_instances, **named) == "UnsupportedOperation"


# In which order


def test_a_dry_run_is_refused_by_permission_first_then_by_what_is_wrong_and_else_says_that_it_would_do(
    lab: Lab,
) -> None:
    wrong = {"InstanceType": "t4g.micro", "DryRun": True}
    assert code(lab.run, lab.reader, **wrong) == "UnauthorizedOperation"
    assert code(lab.run, **wrong) == "InvalidParameterValue"
    assert code(lab.run, DryRun=True) == "DryRunOperation"
    assert code(lab.run, DryRun=True, InstanceType="p4d.24xlarge") == "DryRunOperation", "no quota is looked at"
    token = lab.name("token")
    assert code(lab.run, DryRun=True, ClientToken=token) == "DryRunOperation"
    lab.end(lab.run(ClientToken=token, InstanceType="t3.nano"))


# By the AWS CLI


@pytest.mark.skipif(not aws_program(), reason="the aws program is not installed, or does not work")
@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        (("--instance-type", "t4g.micro"), "architecture"),
        (("--instance-type", "t3.micro", "--key-name", "nowhere"), "key-unknown"),
        (("--instance-type", "m5.24xlarge", "--count", "3:5"), "vcpu-quota"),
    ],
)
def test_the_aws_program_is_refused_in_the_same_words(lab: Lab, asked: tuple[str, ...], rule: str) -> None:
    said = subprocess.run(
        [*aws_program(), "ec2", "run-instances", "--image-id", lab.image(PLAIN), *asked, "--region", HOME,
         "--endpoint-url", lab.url],
        env={**os.environ, "AWS_ACCESS_KEY_ID": MAIN_ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": "demo"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert said.returncode != 0
    assert f"({RULES[rule].code})" in said.stderr
    assert re.search(pattern(RULES[rule].words), said.stderr)


@pytest.mark.skipif(not aws_program(), reason="the aws program is not installed, or does not work")
def test_the_aws_program_launches_what_fits(lab: Lab) -> None:
    said = subprocess.run(
        [*aws_program(), "ec2", "run-instances", "--image-id", lab.image(PLAIN), "--instance-type", "t3.micro",
         "--count", "1:2", "--region", HOME, "--endpoint-url", lab.url, "--output", "json"],
        env={**os.environ, "AWS_ACCESS_KEY_ID": MAIN_ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": "demo"},
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    started = json.loads(said.stdout)["Instances"]
    assert len(started) == 2
    lab.end(started)


def test_the_documentations_table_is_that_of_the_rules() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page), "python -m tests.support.rule_table writes it"
    assert table() in page
