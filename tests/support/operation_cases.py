"""Every kind of operation: how to prepare one, and how to see in the cloud that it had exactly one effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from uuid import uuid4

from amitui.demo.seed.accounts import SECOND_ACCOUNT
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.placeholders import answer_of
from amitui.domain.operations.plan import Call, Plan
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
from amitui.domain.operations.plans.recycle import restore_plan
from amitui.domain.operations.plans.register import RegisterRequest, register_plan
from amitui.domain.operations.plans.store import store_plan, unstore_plan
from tests.support.demo_account import DAY, HOME, second
from tests.support.simulated_ec2 import Stage

AWAY = "eu-west-1"


class Kind(NamedTuple):
    """One kind of operation."""

    prepare: Callable[[Stage], Awaitable[Plan]]
    """Puts into the cloud what the plan needs, and makes the plan."""
    check: Callable[[Stage, Plan], Awaitable[None]]
    """Fails unless the cloud has exactly one effect of the plan."""


def _named(stage: Stage, name: str, region: str = HOME) -> list[dict[str, Any]]:
    filters = [{"Name": "name", "Values": [name]}]
    found: list[dict[str, Any]] = stage.me.beside(region=region).ask("DescribeImages", Filters=filters)["Images"]
    return found


def _call(plan: Plan, api: str) -> dict[str, Any]:
    return dict(next(call.parameters for call in plan.calls if call.api == api))


async def _create(stage: Stage) -> Plan:
    instance = await stage.instance()
    name = stage.name("created")
    return create_plan(CreateRequest(HOME, instance["InstanceId"], "web-1", name, "", "stop", True, ()))


async def _created(stage: Stage, plan: Plan) -> None:
    name = _call(plan, "create_image")["Name"]
    assert stage.times("CreateImage", Name=name) == 1
    assert [image["State"] for image in _named(stage, name)] == ["available"]
    assert (await stage.instance())["State"]["Name"] == "running"


async def _register(stage: Stage) -> Plan:
    (snapshot,) = stage.me.snapshots_of(stage.image())
    return register_plan(RegisterRequest(HOME, stage.name("registered"), "", snapshot, "/dev/xvda"))


async def _registered(stage: Stage, plan: Plan) -> None:
    name = _call(plan, "register_image")["Name"]
    assert stage.times("RegisterImage", Name=name) == 1
    assert [image["State"] for image in _named(stage, name)] == ["available"]


async def _copy(stage: Stage) -> Plan:
    name = stage.name("copied")
    (plan,) = copy_plans(CopyRequest(HOME, stage.image(), name, "", (Destination(AWAY, name),)))
    return plan


async def _copied(stage: Stage, plan: Plan) -> None:
    (image,) = _named(stage, _call(plan, "copy_image")["Name"], AWAY)
    assert image["State"] == "available"
    tokens = {form["ClientToken"] for action, form in stage.accepted if action == "CopyImage"}
    assert len(tokens) >= 1
    assert all(token.startswith("amitui-") and len(token) <= 64 for token in tokens)


async def _deprecate(stage: Stage) -> Plan:
    return deprecate_plan(stage.facts(stage.image()), stage.now() + 30 * DAY)


async def _deprecated(stage: Stage, plan: Plan) -> None:
    wanted = _call(plan, "enable_image_deprecation")["DeprecateAt"]
    assert stage.me.image(plan.subject)["DeprecationTime"][:16] == wanted[:16]


async def _undeprecate(stage: Stage) -> Plan:
    image = stage.image()
    stage.me.ask("EnableImageDeprecation", ImageId=image, DeprecateAt="2027-05-01T00:00:00Z")
    return undeprecate_plan(stage.facts(image))


async def _undeprecated(stage: Stage, plan: Plan) -> None:
    assert "DeprecationTime" not in stage.me.image(plan.subject)


async def _disable(stage: Stage) -> Plan:
    return disable_plan(stage.facts(stage.image()))


async def _disabled(stage: Stage, plan: Plan) -> None:
    assert stage.times("DisableImage", ImageId=plan.subject) == 1
    assert stage.me.image(plan.subject)["State"] == "disabled"


async def _enable(stage: Stage) -> Plan:
    image = stage.image()
    stage.me.ask("DisableImage", ImageId=image)
    return enable_plan(stage.facts(image))


async def _enabled(stage: Stage, plan: Plan) -> None:
    assert stage.times("EnableImage", ImageId=plan.subject) == 1
    assert stage.me.image(plan.subject)["State"] == "available"


async def _protect(stage: Stage) -> Plan:
    return protect_plan(stage.facts(stage.image()), True)


async def _protected(stage: Stage, plan: Plan) -> None:
    assert stage.me.image(plan.subject)["DeregistrationProtection"] == "enabled-with-cooldown"


async def _unprotect(stage: Stage) -> Plan:
    image = stage.image()
    stage.me.ask("EnableImageDeregistrationProtection", ImageId=image)
    return unprotect_plan(stage.facts(image))


async def _unprotected(stage: Stage, plan: Plan) -> None:
    assert stage.me.image(plan.subject)["DeregistrationProtection"] == "disabled"


async def _describe(stage: Stage) -> Plan:
    return describe_plan(stage.facts(stage.image()), "the new one")


async def _described(stage: Stage, plan: Plan) -> None:
    assert stage.me.image(plan.subject)["Description"] == "the new one"


async def _tag(stage: Stage) -> Plan:
    image = stage.image()
    stage.me.ask(
        "CreateTags", Resources=[image], Tags=[{"Key": "Old", "Value": "x"}, {"Key": "Env", "Value": "a"}]
    )
    return tags_plan(stage.facts(image), [("Env", "b"), ("Team", "web")], ["Old"])


async def _tagged(stage: Stage, plan: Plan) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in stage.me.image(plan.subject)["Tags"]}
    assert tags == {"Env": "b", "Team": "web"}


async def _imds(stage: Stage) -> Plan:
    return imds_plan(stage.facts(stage.image()))


async def _imds_required(stage: Stage, plan: Plan) -> None:
    assert stage.me.image(plan.subject)["ImdsSupport"] == "v2.0"


async def _deregister(stage: Stage) -> Plan:
    image = stage.image()
    stage.me.ask("EnableImageDeregistrationProtection", ImageId=image)
    snapshots = stage.me.snapshots_of(image)
    return deregister_plan(stage.facts(image), delete_snapshots=True, snapshot_ids=snapshots, unprotect_first=True)


async def _deregistered(stage: Stage, plan: Plan) -> None:
    assert stage.times("DeregisterImage", ImageId=plan.subject) == 1
    kept = stage.me.ask("ListImagesInRecycleBin", ImageIds=[plan.subject])["Images"]
    assert len(kept) == 1
    binned = {entry["SnapshotId"] for entry in stage.me.ask("ListSnapshotsInRecycleBin")["Snapshots"]}
    assert set(plan.before["snapshots"]) <= binned


async def _restore(stage: Stage) -> Plan:
    image = stage.image()
    name, snapshots = stage.me.image(image)["Name"], stage.me.snapshots_of(image)
    stage.me.ask("DeregisterImage", ImageId=image, DeleteAssociatedSnapshots=True)
    stage.me.wait(60)
    return restore_plan(HOME, image, name, snapshots)


async def _restored(stage: Stage, plan: Plan) -> None:
    assert stage.times("RestoreImageFromRecycleBin", ImageId=plan.subject) == 1
    assert stage.me.image(plan.subject)["State"] == "available"
    for call in plan.calls[:-1]:
        snapshot = call.parameters["SnapshotId"]
        assert stage.times("RestoreSnapshotFromRecycleBin", SnapshotId=snapshot) == 1


async def _store(stage: Stage) -> Plan:
    return store_plan(stage.facts(stage.image()), "acme-images")


async def _stored(stage: Stage, plan: Plan) -> None:
    tasks = stage.me.ask("DescribeStoreImageTasks", ImageIds=[plan.subject])["StoreImageTaskResults"]
    assert [task["StoreTaskState"] for task in tasks] == ["Completed"]


async def _unstore(stage: Stage) -> Plan:
    image = stage.image()
    key = stage.me.ask("CreateStoreImageTask", ImageId=image, Bucket="acme-images")["ObjectKey"]
    stage.me.wait(1000)
    return unstore_plan(HOME, "acme-images", key, stage.name("restored"))


async def _unstored(stage: Stage, plan: Plan) -> None:
    name = _call(plan, "create_restore_image_task")["Name"]
    assert stage.times("CreateRestoreImageTask", Name=name) == 1
    assert [image["State"] for image in _named(stage, name)] == ["available"]


async def _leave(stage: Stage) -> Plan:
    other = second(stage.me)
    image = stage.image(other)
    share = {"Add": [{"UserId": stage.me.caller.account}]}
    other.ask("ModifyImageAttribute", ImageId=image, LaunchPermission=share)
    assert stage.me.image(image)["OwnerId"] == SECOND_ACCOUNT
    return leave_plan(stage.facts(image))


async def _left(stage: Stage, plan: Plan) -> None:
    assert stage.times("CancelImageLaunchPermission", ImageId=plan.subject) == 1
    assert second(stage.me).permissions(plan.subject) == []


ACCOUNTS = ("111111111111", "222222222222")


async def _share(stage: Stage) -> Plan:
    image = stage.image()
    stage.me.ask("ModifyImageAttribute", ImageId=image, LaunchPermission={"Add": [{"UserId": "333333333333"}]})
    changes = [
        *({"Add": [{"UserId": account}]} for account in ACCOUNTS),
        {"Remove": [{"UserId": "333333333333"}]},
    ]
    return share(image, *changes)


def share(image: str, *changes: dict[str, Any]) -> Plan:
    """Shares an image, one call for each change."""
    calls = (
        Call(
            "modify_image_attribute",
            HOME,
            {"ImageId": image, "LaunchPermission": change},
            "change with whom it is shared",
            always=True,
            about=next(iter(next(iter(change.values()))[0].values())),
        )
        for change in changes
    )
    return Plan(OperationKind.SHARE, "Share it", HOME, image, tuple(calls))


async def _shared(stage: Stage, plan: Plan) -> None:
    assert sorted(entry["UserId"] for entry in stage.me.permissions(plan.subject)) == sorted(ACCOUNTS)


async def _launch(stage: Stage) -> Plan:
    vpcs = await stage.connection.call(HOME, "describe_vpcs", "look")
    group, image = _new("group"), stage.image()
    made = {"GroupName": group, "Description": "for a test", "VpcId": vpcs["Vpcs"][0]["VpcId"]}
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}
    opened = {"GroupId": answer_of(0), "IpPermissions": [rule]}
    launched = {"ImageId": image, "MinCount": 2, "MaxCount": 2, "SecurityGroupIds": [answer_of(0)]}
    steps = (
        Call("create_security_group", HOME, made, "make a security group"),
        Call("authorize_security_group_ingress", HOME, opened, "open its ports"),
        Call("run_instances", HOME, launched, "launch instances"),
    )
    return Plan(OperationKind.LAUNCH, "Launch it", HOME, image, steps)


async def _launched(stage: Stage, plan: Plan) -> None:
    name = _call(plan, "create_security_group")["GroupName"]
    wanted = [{"Name": "group-name", "Values": [name]}]
    answer = await stage.connection.call(HOME, "describe_security_groups", "look", Filters=wanted)
    (group,) = answer["SecurityGroups"]
    (rule,) = group["IpPermissions"]
    assert [one["CidrIp"] for one in rule["IpRanges"]] == ["192.0.2.0/24"]
    instances = await _instances(stage, {"Name": "instance.group-id", "Values": [group["GroupId"]]})
    assert [one["ImageId"] for one in instances] == [plan.subject] * 2


def _new(word: str) -> str:
    """A name that nothing has: what is no image outlives the stage."""
    return f"{word}-{uuid4()}"


async def _instances(stage: Stage, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await stage.connection.call(HOME, "describe_instances", "look", Filters=[wanted])
    return [one for reservation in answer["Reservations"] for one in reservation["Instances"]]


async def _template(stage: Stage) -> Plan:
    made = {"LaunchTemplateName": _new("template"), "LaunchTemplateData": {"InstanceType": "m7i.large"}}
    changed = {
        "LaunchTemplateId": answer_of(0),
        "VersionDescription": "larger",
        "LaunchTemplateData": {"InstanceType": "m7i.xlarge"},
    }
    steps = (
        Call("create_launch_template", HOME, made, "save a launch template"),
        Call("create_launch_template_version", HOME, changed, "save another version of it"),
    )
    return Plan(OperationKind.TEMPLATE, "Save it", HOME, "ami-1", steps)


async def _templated(stage: Stage, plan: Plan) -> None:
    name = _call(plan, "create_launch_template")["LaunchTemplateName"]
    answer = await stage.connection.call(
        HOME, "describe_launch_template_versions", "look", LaunchTemplateName=name
    )
    types = {one["VersionNumber"]: one["LaunchTemplateData"] for one in answer["LaunchTemplateVersions"]}
    assert {number: data["InstanceType"] for number, data in types.items()} == {1: "m7i.large", 2: "m7i.xlarge"}


async def _terminate(stage: Stage) -> Plan:
    image = stage.image()
    answer = await stage.connection.call(HOME, "run_instances", "launch", ImageId=image, MinCount=2, MaxCount=2)
    ids = [one["InstanceId"] for one in answer["Instances"]]
    stage.me.wait(60)
    call = Call("terminate_instances", HOME, {"InstanceIds": ids}, "terminate the instances")
    return Plan(OperationKind.TERMINATE, "End them", HOME, image, (call,))


async def _terminated(stage: Stage, plan: Plan) -> None:
    ids = _call(plan, "terminate_instances")["InstanceIds"]
    states = [one["State"]["Name"] for one in await _instances(stage, {"Name": "instance-id", "Values": ids})]
    assert len(states) == 2
    assert set(states) <= {"shutting-down", "terminated"}


KINDS = {
    "create": Kind(_create, _created),
    "register": Kind(_register, _registered),
    "copy": Kind(_copy, _copied),
    "deprecate": Kind(_deprecate, _deprecated),
    "undeprecate": Kind(_undeprecate, _undeprecated),
    "disable": Kind(_disable, _disabled),
    "enable": Kind(_enable, _enabled),
    "protect": Kind(_protect, _protected),
    "unprotect": Kind(_unprotect, _unprotected),
    "describe": Kind(_describe, _described),
    "tag": Kind(_tag, _tagged),
    "imds": Kind(_imds, _imds_required),
    "deregister": Kind(_deregister, _deregistered),
    "restore": Kind(_restore, _restored),
    "store": Kind(_store, _stored),
    "unstore": Kind(_unstore, _unstored),
    "leave": Kind(_leave, _left),
    "share": Kind(_share, _shared),
    "launch": Kind(_launch, _launched),
    "template": Kind(_template, _templated),
    "terminate": Kind(_terminate, _terminated),
}
