"""Every kind of operation, as boto3 sees it: what it needs, and that it had exactly one effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from amitui.demo.seed.accounts import MAIN_ACCOUNT, SECOND_ACCOUNT
from amitui.domain.operations.plan import Plan
from amitui.domain.operations.plans.change import (
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
from amitui.domain.operations.plans.create import CreateRequest, create_plan
from amitui.domain.operations.plans.deregister import deregister_plan
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.domain.operations.plans.recycle import restore_plan
from amitui.domain.operations.plans.register import RegisterRequest, register_plan
from amitui.domain.operations.plans.store import store_plan, unstore_plan
from amitui.domain.operations.plans.usage_report import usage_report_plan
from tests.support.boto3_cloud import AWAY, HOME, Boto3Cloud, snapshots_of

BUCKET: Final = "acme-images"
NEW_DESCRIPTION: Final = "the new one"
_WORK_S: Final = 60
"""In this time any work is done."""


class OperationEffect(NamedTuple):
    """One kind of operation."""

    prepare: Callable[[Boto3Cloud, str], Plan]
    """Makes of an image of its own what the plan needs, and the plan."""
    check: Callable[[Boto3Cloud, Plan], None]
    """Fails unless the cloud has exactly one effect of the plan."""


def _facts(cloud: Boto3Cloud, image_id: str) -> ImageFacts:
    image = cloud.image(image_id)
    protection = image.get("DeregistrationProtection", "")
    return ImageFacts(HOME, image_id, image["Name"], image["OwnerId"], image["State"], protection=protection)


def _parameters(plan: Plan, api: str) -> dict[str, Any]:
    return dict(next(call.parameters for call in plan.calls if call.api == api))


def _made_once(cloud: Boto3Cloud, plan: Plan, api: str, *, region: str = HOME) -> dict[str, Any]:
    (image,) = cloud.named(_parameters(plan, api)["Name"], region)
    assert image["State"] == "available"
    return image


# Images that are made


def _create(cloud: Boto3Cloud, image_id: str) -> Plan:
    launched = cloud.ec2().run_instances(ImageId=image_id, MinCount=1, MaxCount=1)["Instances"][0]
    cloud.pass_time(_WORK_S)
    name = cloud.name("created")
    return create_plan(CreateRequest(HOME, launched["InstanceId"], f"for-{name}", name, "", "stop", True, ()))


def _created(cloud: Boto3Cloud, plan: Plan) -> None:
    image = _made_once(cloud, plan, "create_image")
    assert cloud.times("CreateImage", Name=image["Name"]) == 1
    found = cloud.ec2().describe_instances(InstanceIds=[plan.subject])["Reservations"][0]["Instances"]
    assert [instance["State"]["Name"] for instance in found] == ["running"]


def _register(cloud: Boto3Cloud, image_id: str) -> Plan:
    (snapshot,) = snapshots_of(cloud.image(image_id))
    return register_plan(RegisterRequest(HOME, cloud.name("registered"), "", snapshot, "/dev/xvda"))


def _registered(cloud: Boto3Cloud, plan: Plan) -> None:
    image = _made_once(cloud, plan, "register_image")
    assert cloud.times("RegisterImage", Name=image["Name"]) == 1
    assert snapshots_of(image) == [plan.subject]


def _copy(cloud: Boto3Cloud, image_id: str) -> Plan:
    name = cloud.name("copied")
    (plan,) = copy_plans(CopyRequest(HOME, image_id, name, "", (Destination(AWAY, name),)))
    return plan


def _copied(cloud: Boto3Cloud, plan: Plan) -> None:
    copies = list(cloud.own_images(AWAY, source_image_id=plan.subject).values())
    assert copies == [_made_once(cloud, plan, "copy_image", region=AWAY)]


# Images that are changed


def _deprecate(cloud: Boto3Cloud, image_id: str) -> Plan:
    return deprecate_plan(_facts(cloud, image_id), int(cloud.now()) + 30 * 86_400)


def _deprecated(cloud: Boto3Cloud, plan: Plan) -> None:
    wanted = _parameters(plan, "enable_image_deprecation")["DeprecateAt"]
    assert cloud.image(plan.subject)["DeprecationTime"][:16] == wanted[:16]


def _undeprecate(cloud: Boto3Cloud, image_id: str) -> Plan:
    cloud.ec2().enable_image_deprecation(ImageId=image_id, DeprecateAt=int(cloud.now()) + 30 * 86_400)
    return undeprecate_plan(_facts(cloud, image_id))


def _undeprecated(cloud: Boto3Cloud, plan: Plan) -> None:
    assert "DeprecationTime" not in cloud.image(plan.subject)


def _disable(cloud: Boto3Cloud, image_id: str) -> Plan:
    return disable_plan(_facts(cloud, image_id))


def _disabled(cloud: Boto3Cloud, plan: Plan) -> None:
    assert cloud.image(plan.subject)["State"] == "disabled"
    assert cloud.times("DisableImage", ImageId=plan.subject) == 1


def _enable(cloud: Boto3Cloud, image_id: str) -> Plan:
    cloud.ec2().disable_image(ImageId=image_id)
    return enable_plan(_facts(cloud, image_id))


def _enabled(cloud: Boto3Cloud, plan: Plan) -> None:
    assert cloud.image(plan.subject)["State"] == "available"
    assert cloud.times("EnableImage", ImageId=plan.subject) == 1


def _protect(cloud: Boto3Cloud, image_id: str) -> Plan:
    return protect_plan(_facts(cloud, image_id), with_cooldown=True)


def _protected(cloud: Boto3Cloud, plan: Plan) -> None:
    assert cloud.image(plan.subject)["DeregistrationProtection"] == "enabled-with-cooldown"


def _unprotect(cloud: Boto3Cloud, image_id: str) -> Plan:
    cloud.ec2().enable_image_deregistration_protection(ImageId=image_id)
    return unprotect_plan(_facts(cloud, image_id))


def _unprotected(cloud: Boto3Cloud, plan: Plan) -> None:
    assert cloud.image(plan.subject)["DeregistrationProtection"] == "disabled"


def _describe(cloud: Boto3Cloud, image_id: str) -> Plan:
    return describe_plan(_facts(cloud, image_id), NEW_DESCRIPTION)


def _described(cloud: Boto3Cloud, plan: Plan) -> None:
    assert cloud.image(plan.subject)["Description"] == NEW_DESCRIPTION


def _tag(cloud: Boto3Cloud, image_id: str) -> Plan:
    tags = [{"Key": "Old", "Value": "x"}, {"Key": "Env", "Value": "a"}]
    cloud.ec2().create_tags(Resources=[image_id], Tags=tags)
    return tags_plan(_facts(cloud, image_id), [("Env", "b"), ("Team", "web")], ["Old"])


def _tagged(cloud: Boto3Cloud, plan: Plan) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in cloud.image(plan.subject)["Tags"]}
    assert tags == {"Env": "b", "Team": "web"}


def _imds(cloud: Boto3Cloud, image_id: str) -> Plan:
    return imds_plan(_facts(cloud, image_id))


def _imds_required(cloud: Boto3Cloud, plan: Plan) -> None:
    assert cloud.image(plan.subject)["ImdsSupport"] == "v2.0"


def _leave(cloud: Boto3Cloud, image_id: str) -> Plan:
    assert cloud.image(image_id)["OwnerId"] == SECOND_ACCOUNT
    share = {"Add": [{"UserId": MAIN_ACCOUNT}, {"UserId": "999988887777"}]}
    cloud.second.modify_image_attribute(ImageId=image_id, LaunchPermission=share)
    return leave_plan(_facts(cloud, image_id))


def _left(cloud: Boto3Cloud, plan: Plan) -> None:
    left = cloud.second.describe_image_attribute(ImageId=plan.subject, Attribute="launchPermission")
    assert left["LaunchPermissions"] == [{"UserId": "999988887777"}]
    assert cloud.times("CancelImageLaunchPermission", ImageId=plan.subject) == 1


# The end of images, and what comes after it


def _deregister(cloud: Boto3Cloud, image_id: str) -> Plan:
    cloud.ec2().enable_image_deregistration_protection(ImageId=image_id)
    snapshots = snapshots_of(cloud.image(image_id))
    facts = _facts(cloud, image_id)
    return deregister_plan(facts, delete_snapshots=True, snapshot_ids=snapshots, unprotect_first=True)


def _deregistered(cloud: Boto3Cloud, plan: Plan) -> None:
    assert cloud.times("DeregisterImage", ImageId=plan.subject) == 1
    assert plan.subject not in cloud.own_images()
    assert len(cloud.ec2().list_images_in_recycle_bin(ImageIds=[plan.subject])["Images"]) == 1
    wanted = list(plan.before["snapshots"])
    binned = cloud.ec2().list_snapshots_in_recycle_bin(SnapshotIds=wanted)["Snapshots"]
    assert [snapshot["SnapshotId"] for snapshot in binned] == wanted


def _restore(cloud: Boto3Cloud, image_id: str) -> Plan:
    image = cloud.image(image_id)
    cloud.ec2().deregister_image(ImageId=image_id, DeleteAssociatedSnapshots=True)
    cloud.pass_time(_WORK_S)
    return restore_plan(HOME, image_id, image["Name"], snapshots_of(image))


def _restored(cloud: Boto3Cloud, plan: Plan) -> None:
    image = cloud.image(plan.subject)
    assert image["State"] == "available"
    assert cloud.times("RestoreImageFromRecycleBin", ImageId=plan.subject) == 1
    for snapshot in snapshots_of(image):
        assert cloud.times("RestoreSnapshotFromRecycleBin", SnapshotId=snapshot) == 1
    assert set(snapshots_of(image)) <= cloud.own_snapshots()


# S3


def _store(cloud: Boto3Cloud, image_id: str) -> Plan:
    return store_plan(_facts(cloud, image_id), BUCKET)


def _stored(cloud: Boto3Cloud, plan: Plan) -> None:
    tasks = cloud.ec2().describe_store_image_tasks(ImageIds=[plan.subject])["StoreImageTaskResults"]
    assert [task["StoreTaskState"] for task in tasks] == ["Completed"]


def _unstore(cloud: Boto3Cloud, image_id: str) -> Plan:
    key = cloud.ec2().create_store_image_task(ImageId=image_id, Bucket=BUCKET)["ObjectKey"]
    cloud.pass_time(_WORK_S)
    return unstore_plan(HOME, BUCKET, key, cloud.name("restored"))


def _unstored(cloud: Boto3Cloud, plan: Plan) -> None:
    image = _made_once(cloud, plan, "create_restore_image_task")
    assert cloud.times("CreateRestoreImageTask", Name=image["Name"]) == 1


# Asking who else uses it


def _ask(cloud: Boto3Cloud, image_id: str) -> Plan:
    return usage_report_plan(_facts(cloud, image_id))


def _asked(cloud: Boto3Cloud, plan: Plan) -> None:
    (report,) = cloud.ec2(HOME).describe_image_usage_reports(ImageIds=[plan.subject])["ImageUsageReports"]
    assert report["State"] == "available"


OPERATION_EFFECTS: Final = {
    "create": OperationEffect(_create, _created),
    "register": OperationEffect(_register, _registered),
    "copy": OperationEffect(_copy, _copied),
    "deprecate": OperationEffect(_deprecate, _deprecated),
    "undeprecate": OperationEffect(_undeprecate, _undeprecated),
    "disable": OperationEffect(_disable, _disabled),
    "enable": OperationEffect(_enable, _enabled),
    "protect": OperationEffect(_protect, _protected),
    "unprotect": OperationEffect(_unprotect, _unprotected),
    "describe": OperationEffect(_describe, _described),
    "tag": OperationEffect(_tag, _tagged),
    "imds": OperationEffect(_imds, _imds_required),
    "leave": OperationEffect(_leave, _left),
    "deregister": OperationEffect(_deregister, _deregistered),
    "restore": OperationEffect(_restore, _restored),
    "store": OperationEffect(_store, _stored),
    "unstore": OperationEffect(_unstore, _unstored),
    "usage-report": OperationEffect(_ask, _asked),
}
