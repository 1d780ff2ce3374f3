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
from tests.support.simulated_ec2 import SimulatedEc2

AWAY = "eu-west-1"


class OperationCase(NamedTuple):
    """One kind of operation."""

    prepare: Callable[[SimulatedEc2], Awaitable[Plan]]
    """Puts into the cloud what the plan needs, and makes the plan."""
    check: Callable[[SimulatedEc2, Plan], Awaitable[None]]
    """Fails unless the cloud has exactly one effect of the plan."""


def _named(ec2: SimulatedEc2, name: str, region: str = HOME) -> list[dict[str, Any]]:
    filters = [{"Name": "name", "Values": [name]}]
    found: list[dict[str, Any]] = ec2.me.beside(region=region).ask("DescribeImages", Filters=filters)["Images"]
    return found


def _call(plan: Plan, api: str) -> dict[str, Any]:
    return dict(next(call.parameters for call in plan.calls if call.api == api))


async def _create(ec2: SimulatedEc2) -> Plan:
    instance = await ec2.instance()
    name = ec2.name("created")
    return create_plan(CreateRequest(HOME, instance["InstanceId"], "web-1", name, "", "stop", True, ()))


async def _created(ec2: SimulatedEc2, plan: Plan) -> None:
    name = _call(plan, "create_image")["Name"]
    assert ec2.times("CreateImage", Name=name) == 1
    assert [image["State"] for image in _named(ec2, name)] == ["available"]
    assert (await ec2.instance())["State"]["Name"] == "running"


async def _register(ec2: SimulatedEc2) -> Plan:
    (snapshot,) = ec2.me.snapshots_of(ec2.image())
    return register_plan(RegisterRequest(HOME, ec2.name("registered"), "", snapshot, "/dev/xvda"))


async def _registered(ec2: SimulatedEc2, plan: Plan) -> None:
    name = _call(plan, "register_image")["Name"]
    assert ec2.times("RegisterImage", Name=name) == 1
    assert [image["State"] for image in _named(ec2, name)] == ["available"]


async def _copy(ec2: SimulatedEc2) -> Plan:
    name = ec2.name("copied")
    (plan,) = copy_plans(CopyRequest(HOME, ec2.image(), name, "", (Destination(AWAY, name),)))
    return plan


async def _copied(ec2: SimulatedEc2, plan: Plan) -> None:
    (image,) = _named(ec2, _call(plan, "copy_image")["Name"], AWAY)
    assert image["State"] == "available"
    tokens = {form["ClientToken"] for action, form in ec2.accepted if action == "CopyImage"}
    assert len(tokens) >= 1
    assert all(token.startswith("amitui-") and len(token) <= 64 for token in tokens)


async def _deprecate(ec2: SimulatedEc2) -> Plan:
    return deprecate_plan(ec2.facts(ec2.image()), ec2.now() + 30 * DAY)


async def _deprecated(ec2: SimulatedEc2, plan: Plan) -> None:
    wanted = _call(plan, "enable_image_deprecation")["DeprecateAt"]
    assert ec2.me.image(plan.subject)["DeprecationTime"][:16] == wanted[:16]


async def _undeprecate(ec2: SimulatedEc2) -> Plan:
    image = ec2.image()
    ec2.me.ask("EnableImageDeprecation", ImageId=image, DeprecateAt="2027-05-01T00:00:00Z")
    return undeprecate_plan(ec2.facts(image))


async def _undeprecated(ec2: SimulatedEc2, plan: Plan) -> None:
    assert "DeprecationTime" not in ec2.me.image(plan.subject)


async def _disable(ec2: SimulatedEc2) -> Plan:
    return disable_plan(ec2.facts(ec2.image()))


async def _disabled(ec2: SimulatedEc2, plan: Plan) -> None:
    assert ec2.times("DisableImage", ImageId=plan.subject) == 1
    assert ec2.me.image(plan.subject)["State"] == "disabled"


async def _enable(ec2: SimulatedEc2) -> Plan:
    image = ec2.image()
    ec2.me.ask("DisableImage", ImageId=image)
    return enable_plan(ec2.facts(image))


async def _enabled(ec2: SimulatedEc2, plan: Plan) -> None:
    assert ec2.times("EnableImage", ImageId=plan.subject) == 1
    assert ec2.me.image(plan.subject)["State"] == "available"


async def _protect(ec2: SimulatedEc2) -> Plan:
    return protect_plan(ec2.facts(ec2.image()), True)


async def _protected(ec2: SimulatedEc2, plan: Plan) -> None:
    assert ec2.me.image(plan.subject)["DeregistrationProtection"] == "enabled-with-cooldown"


async def _unprotect(ec2: SimulatedEc2) -> Plan:
    image = ec2.image()
    ec2.me.ask("EnableImageDeregistrationProtection", ImageId=image)
    return unprotect_plan(ec2.facts(image))


async def _unprotected(ec2: SimulatedEc2, plan: Plan) -> None:
    assert ec2.me.image(plan.subject)["DeregistrationProtection"] == "disabled"


async def _describe(ec2: SimulatedEc2) -> Plan:
    return describe_plan(ec2.facts(ec2.image()), "the new one")


async def _described(ec2: SimulatedEc2, plan: Plan) -> None:
    assert ec2.me.image(plan.subject)["Description"] == "the new one"


async def _tag(ec2: SimulatedEc2) -> Plan:
    image = ec2.image()
    ec2.me.ask("CreateTags", Resources=[image], Tags=[{"Key": "Old", "Value": "x"}, {"Key": "Env", "Value": "a"}])
    return tags_plan(ec2.facts(image), [("Env", "b"), ("Team", "web")], ["Old"])


async def _tagged(ec2: SimulatedEc2, plan: Plan) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in ec2.me.image(plan.subject)["Tags"]}
    assert tags == {"Env": "b", "Team": "web"}


async def _imds(ec2: SimulatedEc2) -> Plan:
    return imds_plan(ec2.facts(ec2.image()))


async def _imds_required(ec2: SimulatedEc2, plan: Plan) -> None:
    assert ec2.me.image(plan.subject)["ImdsSupport"] == "v2.0"


async def _deregister(ec2: SimulatedEc2) -> Plan:
    image = ec2.image()
    ec2.me.ask("EnableImageDeregistrationProtection", ImageId=image)
    snapshots = ec2.me.snapshots_of(image)
    return deregister_plan(ec2.facts(image), delete_snapshots=True, snapshot_ids=snapshots, unprotect_first=True)


async def _deregistered(ec2: SimulatedEc2, plan: Plan) -> None:
    assert ec2.times("DeregisterImage", ImageId=plan.subject) == 1
    kept = ec2.me.ask("ListImagesInRecycleBin", ImageIds=[plan.subject])["Images"]
    assert len(kept) == 1
    binned = {entry["SnapshotId"] for entry in ec2.me.ask("ListSnapshotsInRecycleBin")["Snapshots"]}
    assert set(plan.before["snapshots"]) <= binned


async def _restore(ec2: SimulatedEc2) -> Plan:
    image = ec2.image()
    name, snapshots = ec2.me.image(image)["Name"], ec2.me.snapshots_of(image)
    ec2.me.ask("DeregisterImage", ImageId=image, DeleteAssociatedSnapshots=True)
    ec2.me.wait(60)
    return restore_plan(HOME, image, name, snapshots)


async def _restored(ec2: SimulatedEc2, plan: Plan) -> None:
    assert ec2.times("RestoreImageFromRecycleBin", ImageId=plan.subject) == 1
    assert ec2.me.image(plan.subject)["State"] == "available"
    for call in plan.calls[:-1]:
        snapshot = call.parameters["SnapshotId"]
        assert ec2.times("RestoreSnapshotFromRecycleBin", SnapshotId=snapshot) == 1


async def _store(ec2: SimulatedEc2) -> Plan:
    return store_plan(ec2.facts(ec2.image()), "acme-images")


async def _stored(ec2: SimulatedEc2, plan: Plan) -> None:
    tasks = ec2.me.ask("DescribeStoreImageTasks", ImageIds=[plan.subject])["StoreImageTaskResults"]
    assert [task["StoreTaskState"] for task in tasks] == ["Completed"]


async def _unstore(ec2: SimulatedEc2) -> Plan:
    image = ec2.image()
    key = ec2.me.ask("CreateStoreImageTask", ImageId=image, Bucket="acme-images")["ObjectKey"]
    ec2.me.wait(1000)
    return unstore_plan(HOME, "acme-images", key, ec2.name("restored"))


async def _unstored(ec2: SimulatedEc2, plan: Plan) -> None:
    name = _call(plan, "create_restore_image_task")["Name"]
    assert ec2.times("CreateRestoreImageTask", Name=name) == 1
    assert [image["State"] for image in _named(ec2, name)] == ["available"]


async def _leave(ec2: SimulatedEc2) -> Plan:
    other = second(ec2.me)
    image = ec2.image(other)
    share = {"Add": [{"UserId": ec2.me.caller.account}]}
    other.ask("ModifyImageAttribute", ImageId=image, LaunchPermission=share)
    assert ec2.me.image(image)["OwnerId"] == SECOND_ACCOUNT
    return leave_plan(ec2.facts(image))


async def _left(ec2: SimulatedEc2, plan: Plan) -> None:
    assert ec2.times("CancelImageLaunchPermission", ImageId=plan.subject) == 1
    assert second(ec2.me).permissions(plan.subject) == []


ACCOUNTS = ("111111111111", "222222222222")


async def _share(ec2: SimulatedEc2) -> Plan:
    image = ec2.image()
    ec2.me.ask("ModifyImageAttribute", ImageId=image, LaunchPermission={"Add": [{"UserId": "333333333333"}]})
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
            "change its launch permissions",
            always=True,
            about=next(iter(next(iter(change.values()))[0].values())),
        )
        for change in changes
    )
    return Plan(OperationKind.SHARE, "Share it", HOME, image, tuple(calls))


async def _shared(ec2: SimulatedEc2, plan: Plan) -> None:
    assert sorted(entry["UserId"] for entry in ec2.me.permissions(plan.subject)) == sorted(ACCOUNTS)


async def _launch(ec2: SimulatedEc2) -> Plan:
    vpcs = await ec2.connection.call(HOME, "describe_vpcs", "look")
    group, image = _new("group"), ec2.image()
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


async def _launched(ec2: SimulatedEc2, plan: Plan) -> None:
    name = _call(plan, "create_security_group")["GroupName"]
    wanted = [{"Name": "group-name", "Values": [name]}]
    answer = await ec2.connection.call(HOME, "describe_security_groups", "look", Filters=wanted)
    (group,) = answer["SecurityGroups"]
    (rule,) = group["IpPermissions"]
    assert [one["CidrIp"] for one in rule["IpRanges"]] == ["192.0.2.0/24"]
    instances = await _instances(ec2, {"Name": "instance.group-id", "Values": [group["GroupId"]]})
    assert [one["ImageId"] for one in instances] == [plan.subject] * 2


def _new(word: str) -> str:
    """A name that nothing has: resources other than images outlive one simulated EC2."""
    return f"{word}-{uuid4()}"


async def _instances(ec2: SimulatedEc2, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await ec2.connection.call(HOME, "describe_instances", "look", Filters=[wanted])
    return [one for reservation in answer["Reservations"] for one in reservation["Instances"]]


async def _template(ec2: SimulatedEc2) -> Plan:
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


async def _templated(ec2: SimulatedEc2, plan: Plan) -> None:
    name = _call(plan, "create_launch_template")["LaunchTemplateName"]
    answer = await ec2.connection.call(HOME, "describe_launch_template_versions", "look", LaunchTemplateName=name)
    types = {one["VersionNumber"]: one["LaunchTemplateData"] for one in answer["LaunchTemplateVersions"]}
    assert {number: data["InstanceType"] for number, data in types.items()} == {1: "m7i.large", 2: "m7i.xlarge"}


async def _terminate(ec2: SimulatedEc2) -> Plan:
    image = ec2.image()
    answer = await ec2.connection.call(HOME, "run_instances", "launch", ImageId=image, MinCount=2, MaxCount=2)
    ids = [one["InstanceId"] for one in answer["Instances"]]
    ec2.me.wait(60)
    call = Call("terminate_instances", HOME, {"InstanceIds": ids}, "terminate the instances")
    return Plan(OperationKind.TERMINATE, "End them", HOME, image, (call,))


async def _terminated(ec2: SimulatedEc2, plan: Plan) -> None:
    ids = _call(plan, "terminate_instances")["InstanceIds"]
    states = [one["State"]["Name"] for one in await _instances(ec2, {"Name": "instance-id", "Values": ids})]
    assert len(states) == 2
    assert set(states) <= {"shutting-down", "terminated"}


OPERATION_CASES = {
    "create": OperationCase(_create, _created),
    "register": OperationCase(_register, _registered),
    "copy": OperationCase(_copy, _copied),
    "deprecate": OperationCase(_deprecate, _deprecated),
    "undeprecate": OperationCase(_undeprecate, _undeprecated),
    "disable": OperationCase(_disable, _disabled),
    "enable": OperationCase(_enable, _enabled),
    "protect": OperationCase(_protect, _protected),
    "unprotect": OperationCase(_unprotect, _unprotected),
    "describe": OperationCase(_describe, _described),
    "tag": OperationCase(_tag, _tagged),
    "imds": OperationCase(_imds, _imds_required),
    "deregister": OperationCase(_deregister, _deregistered),
    "restore": OperationCase(_restore, _restored),
    "store": OperationCase(_store, _stored),
    "unstore": OperationCase(_unstore, _unstored),
    "leave": OperationCase(_leave, _left),
    "share": OperationCase(_share, _shared),
    "launch": OperationCase(_launch, _launched),
    "template": OperationCase(_template, _templated),
    "terminate": OperationCase(_terminate, _terminated),
}
