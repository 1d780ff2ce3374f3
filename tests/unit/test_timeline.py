from __future__ import annotations

from typing import Any

import pytest

from amitui.domain.image.image import Image
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Event, EventKind, Operation, fold, planned
from amitui.domain.operations.plan import Call, Plan, Watch
from amitui.domain.timeline.entry import TimelineEntry
from amitui.domain.timeline.lineage import (
    Ancestor,
    BinEntry,
    Descendant,
    InstanceOf,
    Lineage,
    SnapshotOf,
    Use,
    unknown_lineage,
)
from amitui.domain.timeline.observation import Observation, Subject
from amitui.domain.timeline.timeline import about, timeline_of
from amitui.ec2.convert import image_of
from tests.support.app import DAY, NOW, record, timestamp

KNOWN = Lineage("available", "", (), (), (), (), (), (), read_at=NOW)
IMAGE_ID = "ami-00000000000000001"
UNTIL_AVAILABLE = Watch("image", "eu-west-1", "", ("available",), ("failed",))


def image(**fields: Any) -> Image:
    return image_of(record(1, "acme-web", **fields), "us-east-1")


def entries(
    found: Image, lineage: Lineage = KNOWN, operations: list[Operation] | None = None, **seen: Any
) -> dict[str, TimelineEntry]:
    timeline = timeline_of(found, lineage, operations or [], NOW, seen.get("observations"))
    return {entry.name: entry for entry in (*timeline.milestones, *timeline.branches)}


def operation(
    kind: str, *happened: tuple[float, EventKind, dict[str, Any]], region: str = "us-east-1", steps: Any = None
) -> Operation:
    call = Call(f"{kind}_image", region, {}, f"{kind} the image")
    plan = Plan(OperationKind(kind), f"{kind} acme-web", region, IMAGE_ID, steps or (call,))
    first = planned("op", plan, NOW - 100, account="1", profile="", batch="", driver="")
    return fold([first, *(Event("op", NOW - 100 + after, what, data) for after, what, data in happened)])


ASKED = (1.0, EventKind.SENDING, {"step": 0})
ANSWERED = (2.0, EventKind.ACCEPTED, {"step": 0, "made": "ami-2"})


def test_the_record_alone_tells_where_an_image_came_from_and_what_is_ahead() -> None:
    found = entries(
        image(SourceInstanceId="i-1", SourceImageId="ami-9", SourceImageRegion="eu-west-1", age=8 * DAY),
        unknown_lineage("reading…"),
    )
    assert found["created"].at == NOW - 8 * DAY
    assert found["created"].detail[:2] == ("from instance i-1", "from ami-9 in eu-west-1")
    assert [found[name].state for name in ("created", "registered", "available")] == ["done"] * 3
    assert [found[name].state for name in ("deprecated", "disabled", "deregistered")] == ["ahead"] * 3
    assert {found[name].cause for name in ("copied", "shared", "launched", "used by")} == {"reading…"}
    assert found["copied"].state == "unknown"


def test_a_pending_image_has_its_snapshots_progress_by_their_sizes() -> None:
    snapshots = (SnapshotOf("snap-1", "pending", 50, 30, None), SnapshotOf("snap-2", "completed", None, 10, None))
    found = entries(image(State="pending", age=90), KNOWN._replace(state="pending", snapshots=snapshots))
    assert (found["available"].state, found["available"].progress, found["available"].elapsed) == ("now", 62, 90)


def test_a_progress_that_is_not_known_of_all_snapshots_is_none() -> None:
    snapshots = (
        SnapshotOf("snap-1", "pending", None, 30, None),
        SnapshotOf("snap-2", "completed", None, 10, None),
    )
    found = entries(image(State="pending"), KNOWN._replace(state="pending", snapshots=snapshots))
    assert found["available"].progress is None


def test_a_failed_image_says_why() -> None:
    reason = {"Code": "Client.InternalError", "Message": "the snapshot was lost"}
    found = entries(image(State="failed", StateReason=reason), unknown_lineage("offline"))
    assert (found["available"].state, found["available"].cause) == ("bad", "the snapshot was lost")


def test_what_the_poller_saw_last_is_newer_than_the_record() -> None:
    observation = Observation(Subject("", "us-east-1", "image", IMAGE_ID), NOW + 5, "pending", 40)
    found = entries(image(), observations={("image", IMAGE_ID): observation})
    assert (found["available"].state, found["available"].progress) == ("now", 40)


@pytest.mark.parametrize(("at", "state"), [(NOW - DAY, "done"), (NOW + DAY, "ahead")])
def test_deprecation_is_reached_at_its_date(at: int, state: str) -> None:
    found = entries(image(DeprecationTime=timestamp(at)))
    assert (found["deprecated"].state, found["deprecated"].at) == (state, at)


def test_a_disabled_image_stands_there() -> None:
    timeline = timeline_of(image(State="disabled"), KNOWN._replace(state="disabled"), [], NOW)
    assert timeline.milestones[timeline.present].name == "disabled"


def test_protection_is_told_where_it_matters() -> None:
    found = entries(image(DeregistrationProtection="enabled-with-cooldown"))
    assert found["deregistered"].cause == "protected: enabled-with-cooldown"
    assert entries(image(DeregistrationProtection="disabled"))["deregistered"].cause == ""


def test_a_deregistered_image_is_in_the_bin_or_not() -> None:
    gone = KNOWN._replace(state="")
    kept = entries(image(), gone._replace(in_bin=BinEntry(NOW - DAY, NOW + 6 * DAY)))
    assert (kept["in Recycle Bin"].state, kept["in Recycle Bin"].detail) == ("done", ("6 days left",))
    assert kept["deregistered"].at == NOW - DAY
    assert entries(image(), gone)["in Recycle Bin"].state == "ahead"
    denied = entries(image(), gone._replace(unknown={"image": "not allowed"}))
    assert (denied["in Recycle Bin"].state, denied["in Recycle Bin"].cause) == ("unknown", "not allowed")


def test_copies_are_told_region_by_region_with_their_causes() -> None:
    copies = (
        Descendant("ap-south-1", "ami-3", "acme-web", "failed", NOW - DAY, "the key is not accessible"),
        Descendant("eu-west-1", "ami-4", "acme-web", "pending", NOW - 60),
        Descendant("us-east-1", "ami-5", "acme-web-2", "available", NOW - DAY, "", "i-7"),
    )
    observation = Observation(Subject("", "eu-west-1", "image", "ami-4"), NOW, "pending", 70)
    found = entries(
        image(),
        KNOWN._replace(copies=copies, unknown={"copies": "me-south-1: not enabled"}),
        observations={("image", "ami-4"): observation},
    )
    assert (found["copied to ap-south-1"].state, found["copied to ap-south-1"].cause) == (
        "bad",
        "the key is not accessible",
    )
    assert (found["copied to eu-west-1"].progress, found["copied to eu-west-1"].elapsed) == (70, 60)
    assert found["built upon in us-east-1"].detail == ("ami-5 acme-web-2", "of instance i-7")
    assert found["copied"].cause == "not seen everywhere: me-south-1: not enabled"


def test_a_copy_under_way_is_there_before_ec2_lists_it_and_only_once_after() -> None:
    steps = (Call("copy_image", "eu-west-1", {}, "copy the image"), UNTIL_AVAILABLE)
    moving = operation(
        "copy",
        ASKED,
        ANSWERED,
        (10, EventKind.OBSERVED, {"step": 1, "state": "pending", "progress": 10}),
        (90, EventKind.OBSERVED, {"step": 1, "state": "pending", "progress": 50}),
        region="eu-west-1",
        steps=steps,
    )
    found = entries(image(), unknown_lineage("reading…"), [moving])["copied to eu-west-1"]
    assert (found.state, found.progress, found.elapsed, found.detail) == ("now", 50, 100, ("ami-2",))
    assert found.left == pytest.approx(90)
    listed = KNOWN._replace(copies=(Descendant("eu-west-1", "ami-2", "acme-web", "pending", NOW - 98),))
    timeline = timeline_of(image(), listed, [moving], NOW)
    assert [branch.name for branch in timeline.branches].count("copied to eu-west-1") == 1


def test_an_operation_that_failed_leaves_its_cause_on_the_milestone() -> None:
    failed = operation("disable", ASKED, (3, EventKind.FAILED, {"what": "EC2 refused", "why": "it is in use"}))
    found = entries(image(), KNOWN, [failed])["disabled"]
    assert (found.state, found.cause) == ("bad", "EC2 refused: it is in use")


def test_an_operation_that_is_done_leaves_the_milestone_to_the_record() -> None:
    done = operation("disable", ASKED, ANSWERED, (3, EventKind.DONE, {}))
    assert entries(image(), KNOWN, [done])["disabled"].state == "ahead"


def test_the_operation_that_made_it_tells_how_long_that_took() -> None:
    done = operation(
        "create", ASKED, (2, EventKind.ACCEPTED, {"step": 0, "made": IMAGE_ID}), (90, EventKind.DONE, {})
    )
    found = entries(image(), KNOWN, [done])
    assert (found["available"].at, found["available"].elapsed) == (NOW - 10, 90)
    assert "create acme-web" in found["registered"].cause


def test_other_operations_show_while_they_last_or_when_they_failed() -> None:
    found = entries(image(), KNOWN, [operation("tag", ASKED)])
    assert (found["under way"].state, found["under way"].detail) == ("now", ("tag acme-web",))
    assert "under way" not in entries(image(), KNOWN, [operation("tag", ASKED, ANSWERED, (3, EventKind.DONE, {}))])


def test_instances_are_counted_by_state_as_they_are_now() -> None:
    instances = (
        InstanceOf("i-1", "web-1", "running", NOW - DAY),
        InstanceOf("i-2", "", "pending", NOW - 60),
        InstanceOf("i-3", "", "stopped", None),
    )
    observation = Observation(
        Subject("", "us-east-1", "instance", "i-2"), NOW, "running", facts=(("checks", "initializing"),)
    )
    launched = entries(
        image(), KNOWN._replace(instances=instances), observations={("instance", "i-2"): observation}
    )["launched"]
    assert launched.cause == "1 running, 1 stopped, 1 running (checks initializing)"
    assert launched.at == NOW - 60
    assert "i-2 running (checks initializing)" in launched.detail
    before = entries(image(), KNOWN._replace(instances=instances))["launched"]
    assert (before.state, before.cause) == ("now", "1 running, 1 pending, 1 stopped")


def test_of_very_many_instances_the_first_are_named_and_the_rest_counted() -> None:
    instances = tuple(InstanceOf(f"i-{n}", "", "running", NOW) for n in range(500))
    found = entries(image(), KNOWN._replace(instances=instances))["launched"]
    assert found.cause == "500 running"
    assert len(found.detail) == 21
    assert found.detail[-1] == "and 480 more"


def test_shares_and_users_are_named() -> None:
    found = entries(
        image(), KNOWN._replace(shares=("account 444455556666",), uses=(Use("launch template", "lt-1"),))
    )
    assert found["shared"].detail == ("account 444455556666",)
    assert found["used by"].detail == ("launch template lt-1",)
    public = entries(image(Public=True), unknown_lineage("only the owner can see this"))
    assert public["shared"].detail == ("every AWS account (public)",)


def test_ancestry_is_told_from_the_nearest_on() -> None:
    line = (
        Ancestor(IMAGE_ID, "", "", None),
        Ancestor("ami-8", "", "", None),
        Ancestor("ami-9", "", "amazon", None),
    )
    found = entries(image(), KNOWN._replace(ancestry=line))
    assert "made of ami-8, of ami-9 (amazon)" in found["created"].detail


def test_operations_about_an_image_are_those_that_name_it() -> None:
    mine = operation("tag", ASKED)
    other = mine._replace(plan=mine.plan._replace(subject="ami-7"))
    about_it = other._replace(plan=other.plan._replace(rows_to_refresh=(("us-east-1", IMAGE_ID),)))
    assert about([mine, other, about_it, other._replace(made=IMAGE_ID)], IMAGE_ID) == [
        mine,
        about_it,
        other._replace(made=IMAGE_ID),
    ]
