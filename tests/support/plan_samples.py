"""A plan of each kind, in each of its forms, as the forms make them."""

from __future__ import annotations

from typing import Final

from amitui.domain.launch.request import LaunchRequest, NewGroup, Rule
from amitui.domain.launch.storage import VolumeChoice
from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.plan import Plan
from amitui.domain.operations.plans.change import (
    ImageFacts,
    deprecate_plan,
    describe_plan,
    disable_plan,
    enable_plan,
    imds_plan,
    leave_plan,
    protect_plan,
    tags_plan,
    undeprecate_plan,
    unprotect_plan,
)
from amitui.domain.operations.plans.copy import CopyRequest, Destination, copy_plans
from amitui.domain.operations.plans.create import CreateRequest, DeviceChoice, create_plan
from amitui.domain.operations.plans.deregister import deregister_plan
from amitui.domain.operations.plans.instances import Target, start_plan, stop_plan, terminate_plan
from amitui.domain.operations.plans.launch import launch_plan, template_plan
from amitui.domain.operations.plans.promote import promote_plan
from amitui.domain.operations.plans.recycle import restore_plan, restore_snapshot_plan
from amitui.domain.operations.plans.register import (
    ManifestRequest,
    RegisterRequest,
    VolumeSpec,
    manifest_plan,
    register_plan,
)
from amitui.domain.operations.plans.share import share_plan
from amitui.domain.operations.plans.store import store_plan, unstore_plan
from amitui.domain.operations.plans.usage_report import usage_report_plan
from amitui.domain.sharing.permissions import SharedVolume, Sharing
from tests.support.roll_outs import roll_out_plans

NOW: Final = 1_795_219_200
"""21 November 2026."""
DAY: Final = 86_400
IMAGE: Final = "ami-0123456789abcdef0"
SNAPSHOT: Final = "snap-0123456789abcdef0"
KEY: Final = "1234abcd-12ab-34cd-56ef-1234567890ab"

FACTS: Final = ImageFacts(
    "us-east-1",
    IMAGE,
    name="acme-web-7",
    owner_id="123456789012",
    created=NOW - 100 * DAY,
    description="the web tier",
    tags=(("Env", "prod"), ("Team", "web")),
    protection="disabled",
)

CREATE: Final = CreateRequest(
    region="us-east-1",
    instance_id="i-0123456789abcdef0",
    instance_name="web-1",
    name="acme-web-8",
    description="before the upgrade",
    stop="stop",
    was_running=True,
    devices=(
        DeviceChoice("/dev/xvda", "vol-1", 8, delete_on_termination=True),
        DeviceChoice("/dev/sdf", "vol-2", 100, delete_on_termination=False),
        DeviceChoice("/dev/sdg", "vol-3", 500, delete_on_termination=True, keep=False),
    ),
    image_tags=(("Env", "prod"),),
    snapshot_tags=(("Backup", "no"), ("Note", "it's ours")),
)

REGISTER: Final = RegisterRequest(
    region="us-east-1",
    name="acme-db-1",
    description="",
    root_snapshot=SNAPSHOT,
    root_device_name="/dev/xvda",
    volumes=(
        VolumeSpec("/dev/sdf", "snap-0fedcba9876543210", 100, "io2", iops=5000),
        VolumeSpec("/dev/sdg", gib=20, throughput=250),
    ),
    architecture="arm64",
    boot_mode="uefi",
    tpm=True,
    image_tags=(("Env", "prod"),),
)

MANIFEST: Final = ManifestRequest(
    "us-east-1", "old-one", "from the attic", "bundles/old/image.manifest.xml", ena=False, imds_v2=False
)

COPY: Final = CopyRequest(
    source_region="us-east-1",
    image_id=IMAGE,
    name="acme-web-7",
    description="copy for Europe",
    destinations=(Destination("eu-west-1", "acme-web-7", KEY), Destination("us-east-1", "acme-web-7-copy")),
    encrypt=True,
    copy_tags=True,
    image_tags=(("Env", "prod"),),
    completion_minutes=90,
    size_gib=20,
)

ROOT: Final = VolumeChoice("/dev/xvda", SNAPSHOT, 8, 8, "gp3", 3000, 125, root=True)
DATA: Final = VolumeChoice(
    "/dev/sdf", "snap-0fedcba9876543210", 100, 100, "io2", 5000, delete_on_termination=False
)

LAUNCH: Final = LaunchRequest(
    region="us-east-1",
    image_id=IMAGE,
    image_name="acme-web-7",
    instance_type="t3.micro",
    min_count=2,
    max_count=5,
    key_name="it's ours",
    subnet_id="subnet-0123456789abcdef0",
    zone="us-east-1a",
    security_group_ids=("sg-0123456789abcdef0",),
    new_group=NewGroup(
        "web",
        "for the web tier",
        "vpc-0123456789abcdef0",
        (
            Rule("tcp", 443, 443, "0.0.0.0/0", "everyone"),
            Rule("tcp", 22, 22, "2001:db8::/32"),
            Rule("icmp", None, None, "10.0.0.0/8"),
            Rule("-1", None, None, "sg-0123456789abcdef0"),
            Rule("udp", 500, 4500, "pl-0123456789abcdef0"),
        ),
    ),
    public_address=True,
    profile_arn_or_name="arn:aws:iam::123456789012:instance-profile/web",
    market="spot",
    spot_max_price="0.05",
    volumes_before=(ROOT, DATA),
    volumes_after=(
        ROOT._replace(gib=20, encrypted=True, kms_key_id=KEY),
        DATA._replace(dropped=True),
        VolumeChoice("/dev/sdg", gib=50, throughput=250, added=True),
    ),
    instance_tags=(("Name", "web-1"), ("Note", "it's $(ours)")),
    volume_tags=(("Env", "prod"),),
    user_data="#!/bin/sh\necho hunter2\n",
    template_id="lt-0123456789abcdef0",
    trusted=False,
    owner_id="210987654321",
)

PLAIN_LAUNCH: Final = LaunchRequest("eu-west-1", IMAGE, "", "m7i.large")


SHARING: Final = Sharing(
    FACTS.region,
    FACTS.image_id,
    FACTS.name,
    "123456789012",
    "123456789012",
    granted=("055566677788",),
    volumes=(SharedVolume(SNAPSHOT, readers=()),),
)


def all_plans() -> list[Plan]:
    """Plans of every kind, with all parameters and with the fewest."""
    protected = FACTS._replace(protection="enabled-with-cooldown", public=True, deprecated=NOW + 30 * DAY)
    bare = ImageFacts("eu-west-1", IMAGE)
    return [
        create_plan(CREATE),
        create_plan(CREATE._replace(stop="reboot", description="", image_tags=(), snapshot_tags=())),
        create_plan(CREATE._replace(stop="no-reboot")),
        create_plan(CREATE._replace(was_running=False, devices=(), instance_name="")),
        register_plan(REGISTER),
        register_plan(RegisterRequest("eu-west-1", "plain", "a root alone", SNAPSHOT, "/dev/sda1")),
        manifest_plan(MANIFEST),
        manifest_plan(
            MANIFEST._replace(virtualization="paravirtual", kernel_id="aki-12345678", ramdisk_id="ari-12345678")
        ),
        *copy_plans(COPY),
        *copy_plans(CopyRequest("eu-west-1", IMAGE, "", "", (Destination("us-west-2", "x-y"),), foreign=True)),
        deprecate_plan(FACTS, NOW + 30 * DAY),
        deprecate_plan(protected, NOW + 60 * DAY),
        undeprecate_plan(protected),
        disable_plan(protected),
        disable_plan(FACTS._replace(shared_with=("210987654321",))),
        enable_plan(FACTS._replace(state="disabled")),
        protect_plan(FACTS, with_cooldown=True),
        protect_plan(FACTS, with_cooldown=False),
        unprotect_plan(protected),
        describe_plan(FACTS, "another"),
        describe_plan(FACTS, ""),
        tags_plan(FACTS, [("Env", "test"), ("New", "")], ["Team"]),
        tags_plan(bare, [], ["Team"]),
        imds_plan(FACTS),
        leave_plan(FACTS._replace(owner_id="210987654321")),
        deregister_plan(FACTS, delete_snapshots=True, snapshot_ids=[SNAPSHOT]),
        deregister_plan(protected, delete_snapshots=False, snapshot_ids=[SNAPSHOT], unprotect_first=True),
        deregister_plan(bare, delete_snapshots=False, snapshot_ids=[]),
        restore_plan("us-east-1", IMAGE, "acme-web-7", [SNAPSHOT]),
        restore_plan("us-east-1", IMAGE, "", []),
        restore_snapshot_plan("us-east-1", SNAPSHOT),
        store_plan(FACTS, "acme-images", [("Env", "prod")]),
        store_plan(bare, "acme-images"),
        unstore_plan("us-east-1", "acme-images", f"{IMAGE}.bin", "acme-web-9", [("Env", "prod")]),
        unstore_plan("us-east-1", "acme-images", f"{IMAGE}.bin", ""),
        launch_plan(LAUNCH),
        launch_plan(LAUNCH._replace(public_address=None, instance_type="", imds_v2=False, new_group=None)),
        launch_plan(
            LAUNCH._replace(new_group=NewGroup("shut", "allows nothing inbound"), market="on-demand", subnet_id="")
        ),
        launch_plan(PLAIN_LAUNCH),
        launch_plan(
            PLAIN_LAUNCH._replace(zone="eu-west-1a", termination_protection=True, profile_arn_or_name="web")
        ),
        template_plan(LAUNCH, "web"),
        template_plan(PLAIN_LAUNCH._replace(subnet_id="subnet-0123456789abcdef0", user_data="#!/bin/sh"), "plain"),
        template_plan(LAUNCH, "web", template_id="lt-0123456789abcdef0", description="with more disk"),
        stop_plan("us-east-1", [Target("i-0123456789abcdef0", "web-1")]),
        start_plan("us-east-1", [Target("i-0123456789abcdef0"), Target("i-0fedcba9876543210", "web-2")]),
        terminate_plan("us-east-1", [Target("i-0123456789abcdef0", "web-1")]),
        terminate_plan("us-east-1", [Target(f"i-{number:017x}") for number in range(7)]),
        usage_report_plan(FACTS),
        share_plan(FACTS, SHARING, ["210987654321"], ["055566677788"], share_snapshots=True),
        promote_plan(FACTS, "/golden/web/prod"),
        promote_plan(FACTS, "/golden/web/prod", old="ami-0000000000000000a", data_type="text"),
        *roll_out_plans(),
    ]


def done(plan: Plan, state: State = State.DONE) -> Operation:
    """The operation of a plan that has come to its end."""
    return Operation("op-1", plan, "123456789012", "", "b-1", "d-1", began_at=NOW, state=state, changed_at=NOW)
