from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from amitui.domain.operations.apis import APIS, Makes, makes
from amitui.domain.operations.operation import Result
from amitui.domain.operations.plan import Call
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
from amitui.domain.operations.plans.copy import copy_plans
from amitui.domain.operations.plans.create import create_plan
from amitui.domain.operations.plans.deregister import deregister_plan
from amitui.domain.operations.plans.recycle import restore_plan
from amitui.domain.operations.plans.register import manifest_plan, register_plan
from amitui.domain.operations.plans.store import store_plan, unstore_plan
from amitui.ec2.writes.execute import Answer, dry_run, execute
from amitui.ec2.writes.reconcile import APART_S, is_repetition, reconcile
from amitui.ec2.writes.reconcile_search import CLOCK_SKEW_S, Found, Outcome
from amitui.errors import (
    AmituiError,
    DeniedError,
    NetworkError,
    ReadOnlyError,
    RejectedError,
    ThrottledError,
)
from tests.support.plan_samples import COPY, CREATE, DAY, FACTS, IMAGE, MANIFEST, NOW, REGISTER, SNAPSHOT

REGION = "us-east-1"


class Scripted:
    """A connection that gives prepared answers, by method; the last one of a method stays."""

    def __init__(self, **answers: Sequence[dict[str, Any] | AmituiError]) -> None:
        self.requests: list[tuple[str, bool, dict[str, Any]]] = []
        self._answers = {method: list(some) for method, some in answers.items()}

    async def call(
        self, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        assert region == REGION
        self.requests.append((operation, once, parameters))
        some = self._answers[operation]
        answer = some.pop(0) if len(some) > 1 else some[0]
        if isinstance(answer, AmituiError):
            raise answer
        return answer


class Clock:
    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def call(api: str, **parameters: Any) -> Call:
    return Call(api, REGION, parameters, "do it")


async def found(connection: Scripted, sent: Call, *, snapshots: Sequence[str] = ()) -> Outcome:
    return await reconcile(connection, sent, NOW, snapshots=snapshots, sleep=Clock().sleep)


# Carrying out


async def test_a_call_is_sent_as_planned_and_once_at_most() -> None:
    connection = Scripted(create_image=[{"ImageId": IMAGE}])
    assert await execute(connection, call("create_image", Name="new")) == Answer(IMAGE)
    assert connection.requests == [("create_image", True, {"Name": "new"})]


async def test_each_snapshot_of_a_deregistered_image_has_a_result_in_words() -> None:
    codes = ("success", "skipped", "missing-permissions", "internal-error", "client-error", "novel\x1b", None)
    entries = [{"SnapshotId": f"snap-{number}", "ReturnCode": code} for number, code in enumerate(codes)]
    connection = Scripted(deregister_image=[{"Return": True, "DeleteSnapshotResults": entries}])

    answer = await execute(connection, call("deregister_image", ImageId=IMAGE))

    assert answer.made == ""
    assert [one.subject for one in answer.results] == [f"snap-{number}" for number in range(len(codes))]
    assert [one.ok for one in answer.results] == [True] + [False] * 6
    assert answer.results[0].words == "deleted"
    assert all(one.words.startswith("kept: ") for one in answer.results[1:5])
    assert answer.results[5].words == "EC2 says novel␦"
    assert "does not report" in answer.results[6].words


@pytest.mark.parametrize(
    ("api", "answer", "note"),
    [
        ("create_store_image_task", {"ObjectKey": "ami-1.bin\x07"}, "ami-1.bin␦"),
        ("enable_image_deregistration_protection", {"Return": "enabled-with-cooldown"}, "enabled-with-cooldown"),
        ("disable_image", {"Return": True}, ""),
        ("disable_image", {"Return": "true"}, ""),
        ("stop_instances", {"StoppingInstances": []}, ""),
    ],
)
async def test_what_else_is_worth_keeping_of_an_answer_is_noted(
    api: str, answer: dict[str, Any], note: str
) -> None:
    assert (await execute(Scripted(**{api: [answer]}), call(api))).note == note


NAMING = (
    *sorted(api for api in APIS if makes(api) is Makes.IMAGE),
    "create_security_group",
    "create_launch_template",
    "create_launch_template_version",
    "run_instances",
)


async def test_an_answer_without_what_it_must_name_is_no_answer() -> None:
    for api in NAMING:
        with pytest.raises(NetworkError):
            await execute(Scripted(**{api: [{}]}), call(api))


async def test_a_return_of_false_says_neither_that_it_happened_nor_that_it_did_not() -> None:
    with pytest.raises(NetworkError, match="do it"):
        await execute(Scripted(disable_image=[{"Return": False}]), call("disable_image"))


# Dry runs


@pytest.mark.parametrize(
    ("error", "allowed"),
    [
        (RejectedError("would have succeeded", code="DryRunOperation"), True),
        (DeniedError("not allowed to do it", why="no policy", code="UnauthorizedOperation"), False),
        (RejectedError("another image has that name", code="InvalidAMIName.Duplicate"), False),
        (ReadOnlyError("read-only"), False),
        (NetworkError("not reached", code="X"), None),
        (ThrottledError("too often", code="RequestLimitExceeded"), None),
    ],
)
async def test_a_dry_run_tells_allowed_from_denied_from_unknown(error: AmituiError, allowed: bool | None) -> None:
    connection = Scripted(create_image=[error])
    permission = await dry_run(connection, call("create_image", Name="new"))

    assert permission.allowed is allowed
    assert permission.words == "allowed" if allowed else error.what in permission.words
    assert connection.requests == [("create_image", False, {"Name": "new", "DryRun": True})]


async def test_a_dry_run_that_is_answered_without_a_refusal_says_nothing() -> None:
    assert (await dry_run(Scripted(create_image=[{}]), call("create_image"))).allowed is None


# Evidence


def image(**fields: Any) -> dict[str, Any]:
    return {"ImageId": IMAGE, "Name": "new", "State": "pending", "CreationDate": stamp(NOW), **fields}


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


async def test_an_image_of_that_name_made_since_is_the_one_that_was_asked_for() -> None:
    connection = Scripted(describe_images=[{"Images": [image(SourceInstanceId="i-1")]}])
    sent = call("create_image", Name="new", InstanceId="i-1")
    assert await found(connection, sent) == Outcome(Found.HAPPENED, made=IMAGE)
    ((_, once, parameters),) = connection.requests
    assert not once
    assert parameters["Owners"] == ["self"]


@pytest.mark.parametrize(
    "other",
    [
        {"CreationDate": stamp(NOW - CLOCK_SKEW_S - 60)},
        {"SourceInstanceId": "i-2"},
        {"State": "deregistered"},
        {"Name": "newer"},
    ],
)
async def test_another_image_is_no_evidence(other: dict[str, Any]) -> None:
    connection = Scripted(describe_images=[{"Images": [image(**other)]}])
    sent = call("create_image", Name="new", InstanceId="i-1")
    assert (await found(connection, sent)).found is Found.NOT_HAPPENED


async def test_a_clock_that_is_a_little_fast_does_not_hide_the_image() -> None:
    made = image(CreationDate=stamp(NOW - CLOCK_SKEW_S + 60))
    connection = Scripted(describe_images=[{"Images": [made]}])
    assert (await found(connection, call("register_image", Name="new"))).found is Found.HAPPENED


async def test_what_is_missing_is_looked_for_again_some_seconds_later() -> None:
    connection, clock = Scripted(describe_images=[{"Images": []}, {"Images": [image()]}]), Clock()
    sent = call("register_image", Name="new")
    assert (await reconcile(connection, sent, NOW, sleep=clock.sleep)).made == IMAGE
    assert clock.slept == [APART_S]


async def test_all_pages_are_evidence() -> None:
    pages: list[dict[str, Any]] = [{"Images": [], "NextToken": "t"}, {"Images": [image()]}]
    connection = Scripted(describe_images=pages)
    assert (await found(connection, call("register_image", Name="new"))).made == IMAGE
    assert [parameters.get("NextToken") for _, _, parameters in connection.requests] == [None, "t"]


async def test_a_copy_that_is_not_listed_may_be_asked_for_again_as_it_has_a_token() -> None:
    connection = Scripted(describe_images=[{"Images": []}])
    sent = call("copy_image", Name="new", SourceImageId="ami-1", ClientToken="t")
    assert (await found(connection, sent)).found is Found.REPEATABLE


@pytest.mark.parametrize(
    ("sent", "record"),
    [
        (call("disable_image", ImageId=IMAGE), {"State": "disabled"}),
        (call("enable_image", ImageId=IMAGE), {"State": "available"}),
        (
            call("enable_image_deprecation", ImageId=IMAGE, DeprecateAt=stamp(NOW + DAY)),
            {"DeprecationTime": stamp(NOW + DAY + 20)},
        ),
        (call("disable_image_deprecation", ImageId=IMAGE), {"State": "available"}),
        (
            call("enable_image_deregistration_protection", ImageId=IMAGE, WithCooldown=True),
            {"DeregistrationProtection": "enabled-with-cooldown"},
        ),
        (call("disable_image_deregistration_protection", ImageId=IMAGE), {"DeregistrationProtection": "disabled"}),
        (call("modify_image_attribute", ImageId=IMAGE, Description={"Value": "x"}), {"Description": "x"}),
        (call("modify_image_attribute", ImageId=IMAGE, Description={"Value": ""}), {}),
        (call("modify_image_attribute", ImageId=IMAGE, ImdsSupport={"Value": "v2.0"}), {"ImdsSupport": "v2.0"}),
        (call("deregister_image", ImageId=IMAGE), {"State": "deregistered"}),
    ],
)
async def test_a_state_that_is_as_it_was_to_be_is_evidence(sent: Call, record: dict[str, Any]) -> None:
    assert (await found(Scripted(describe_images=[{"Images": [record]}]), sent)).found is Found.HAPPENED


@pytest.mark.parametrize(
    ("sent", "record"),
    [
        (call("disable_image", ImageId=IMAGE), {"State": "available"}),
        (call("enable_image", ImageId=IMAGE), {"State": "disabled"}),
        (
            call("enable_image_deprecation", ImageId=IMAGE, DeprecateAt=stamp(NOW + DAY)),
            {"DeprecationTime": stamp(NOW + 2 * DAY)},
        ),
        (call("disable_image_deprecation", ImageId=IMAGE), {"DeprecationTime": stamp(NOW)}),
        (
            call("enable_image_deregistration_protection", ImageId=IMAGE, WithCooldown=True),
            {"DeregistrationProtection": "enabled-without-cooldown"},
        ),
        (
            call("disable_image_deregistration_protection", ImageId=IMAGE),
            {"DeregistrationProtection": "enabled-with-cooldown"},
        ),
        (call("modify_image_attribute", ImageId=IMAGE, Description={"Value": "x"}), {"Description": "y"}),
        (call("deregister_image", ImageId=IMAGE), {"State": "available"}),
        (call("cancel_image_launch_permission", ImageId=IMAGE), {"State": "available"}),
    ],
)
async def test_another_state_lets_it_be_asked_again(sent: Call, record: dict[str, Any]) -> None:
    assert (await found(Scripted(describe_images=[{"Images": [record]}]), sent)).found is Found.REPEATABLE


async def test_shares_are_read_from_the_launch_permissions() -> None:
    change = {"Add": [{"UserId": "111111111111"}], "Remove": [{"Group": "all"}]}
    sent = call("modify_image_attribute", ImageId=IMAGE, LaunchPermission=change)
    for present, wanted in (
        ([{"UserId": "111111111111"}], Found.HAPPENED),
        ([{"UserId": "111111111111"}, {"Group": "all"}], Found.REPEATABLE),
        ([], Found.REPEATABLE),
    ):
        connection = Scripted(describe_image_attribute=[{"LaunchPermissions": present}])
        assert (await found(connection, sent)).found is wanted


async def test_tags_are_compared_on_every_resource() -> None:
    sent = call("create_tags", Resources=[IMAGE, SNAPSHOT], Tags=[{"Key": "Env", "Value": "b"}])
    half = [{"ResourceId": IMAGE, "Key": "Env", "Value": "b"}]
    for listed, wanted in (
        (half, Found.REPEATABLE),
        ([*half, {"ResourceId": SNAPSHOT, "Key": "Env", "Value": "a"}], Found.REPEATABLE),
        ([*half, {"ResourceId": SNAPSHOT, "Key": "Env", "Value": "b"}], Found.HAPPENED),
    ):
        assert (await found(Scripted(describe_tags=[{"Tags": listed}]), sent)).found is wanted

    removal = call("delete_tags", Resources=[IMAGE], Tags=[{"Key": "Env"}])
    assert (await found(Scripted(describe_tags=[{"Tags": half}]), removal)).found is Found.REPEATABLE
    assert (await found(Scripted(describe_tags=[{"Tags": []}]), removal)).found is Found.HAPPENED


async def test_what_lingers_in_the_lists_after_deregistration_is_not_restored_while_it_is_in_the_bin() -> None:
    sent = call("restore_image_from_recycle_bin", ImageId=IMAGE)
    listed = [{"Images": [image(State="available")]}]
    binned = Scripted(list_images_in_recycle_bin=[{"Images": [{"ImageId": IMAGE}]}], describe_images=listed)
    assert (await found(binned, sent)).found is Found.REPEATABLE
    gone = RejectedError("no such image", code="InvalidAMIID.NotFound")
    back = Scripted(list_images_in_recycle_bin=[gone], describe_images=listed)
    assert (await found(back, sent)).found is Found.HAPPENED


async def test_what_forbids_to_look_into_the_bin_is_not_taken_for_an_empty_one() -> None:
    denied = DeniedError("not allowed", code="UnauthorizedOperation")
    with pytest.raises(DeniedError):
        await found(
            Scripted(list_snapshots_in_recycle_bin=[denied]),
            call("restore_snapshot_from_recycle_bin", SnapshotId=SNAPSHOT),
        )


async def test_an_earlier_task_or_one_into_another_bucket_is_no_evidence() -> None:
    sent = call("create_store_image_task", ImageId=IMAGE, Bucket="mine")
    for task, wanted in (
        ({"Bucket": "mine", "TaskStartTime": stamp(NOW + 2), "S3objectKey": "k"}, Found.HAPPENED),
        ({"Bucket": "mine", "TaskStartTime": stamp(NOW - DAY)}, Found.NOT_HAPPENED),
        ({"Bucket": "theirs", "TaskStartTime": stamp(NOW + 2)}, Found.NOT_HAPPENED),
    ):
        connection = Scripted(describe_store_image_tasks=[{"StoreImageTaskResults": [task]}])
        assert (await found(connection, sent)).found is wanted


async def test_snapshots_that_are_still_listed_were_kept() -> None:
    connection = Scripted(
        describe_images=[{"Images": []}], describe_snapshots=[{"Snapshots": [{"SnapshotId": "snap-2"}]}]
    )
    sent = call("deregister_image", ImageId=IMAGE, DeleteAssociatedSnapshots=True)
    assert (await found(connection, sent, snapshots=("snap-1", "snap-2"))).results == (
        Result("snap-1", True, "deleted"),
        Result("snap-2", False, "kept: EC2 still lists it"),
    )


def test_only_codes_that_prove_it_make_a_refusal_a_repetition() -> None:
    assert is_repetition(call("deregister_image"), "InvalidAMIID.Unavailable")
    assert not is_repetition(call("deregister_image"), "OperationNotPermitted")
    assert is_repetition(call("authorize_security_group_ingress"), "InvalidPermission.Duplicate")
    assert not is_repetition(call("create_security_group"), "InvalidGroup.Duplicate"), "it may be another's"
    assert not is_repetition(call("create_image"), "InvalidAMIName.Duplicate"), "it may be somebody else's"


async def test_there_is_evidence_for_every_call_of_every_plan() -> None:
    plans = [
        create_plan(CREATE),
        register_plan(REGISTER),
        manifest_plan(MANIFEST),
        *copy_plans(COPY),
        tags_plan(FACTS, [("a", "b")], ["c"]),
        restore_plan(REGION, IMAGE, "x", [SNAPSHOT]),
        deregister_plan(FACTS, delete_snapshots=True, snapshot_ids=[SNAPSHOT], unprotect_first=True),
        store_plan(FACTS, "bucket"),
        unstore_plan(REGION, "bucket", "k", ""),
        *(
            plan(FACTS)
            for plan in (disable_plan, enable_plan, unprotect_plan, undeprecate_plan, imds_plan, leave_plan)
        ),
        protect_plan(FACTS, True),
        deprecate_plan(FACTS, NOW + DAY),
        describe_plan(FACTS, "x"),
    ]
    assert {one.api for plan in plans for one in plan.calls} <= set(APIS)
    with pytest.raises(ValueError, match="create_vpc"):
        await found(Scripted(), call("create_vpc"))
