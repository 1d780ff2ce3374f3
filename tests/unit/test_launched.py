from __future__ import annotations

from typing import Any

import pytest

from amitui.domain.launch.instances import (
    LISTED_S,
    MOST_INSTANCES,
    Instance,
    Phase,
    counts,
    is_past,
    launched,
    summary,
    with_observations,
)
from amitui.domain.operations.awaited import GONE
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Event, EventKind, Operation, fold, planned
from amitui.domain.operations.plan import Call, Plan
from tests.support.launch_journals import (
    IMAGE_ID,
    NOW,
    REGION,
    instance_id,
    launch,
    launch_plan,
    launched_here,
    seen,
)


def ids(instances: tuple[Instance, ...]) -> list[str]:
    return [one.instance_id for one in instances]


def terminated(number: int, gone: list[str], ended: float, *, what: EventKind = EventKind.DONE) -> Operation:
    call = Call("terminate_instances", REGION, {"InstanceIds": gone}, "terminate the instances")
    plan = Plan(OperationKind.TERMINATE, "Terminate", REGION, gone[0], (call,))
    first = planned(f"{number:04}", plan, ended - 5, account="1", profile="dev", batch="b", driver="d")
    return fold([first, Event(first.operation_id, ended, what, {})])


def test_a_launch_tells_its_instances_as_they_were_asked_for() -> None:
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "disk"}]}]
    tags.append(
        {"ResourceType": "instance", "Tags": [{"Key": "Env", "Value": "x"}, {"Key": "Name", "Value": "web"}]}
    )
    plan = launch_plan(TagSpecifications=tags)
    (one, two) = launched(launched_here(launch(1, [instance_id(1), instance_id(2)], plan=plan)), NOW)
    assert (one.instance_id, two.instance_id) == (instance_id(1), instance_id(2))
    assert (one.name, one.image_id, one.image_name) == ("web", IMAGE_ID, "acme-web-20260901")
    assert (one.instance_type, one.key_name, one.launched_at) == ("t3.micro", "work laptop", NOW - 60)
    assert one.subject == ("dev", REGION, "instance", instance_id(1))


def test_the_newest_launch_comes_first_and_other_operations_tell_nothing() -> None:
    copy = Plan(OperationKind.COPY, "Copy", REGION, IMAGE_ID, ())
    journals = [
        launch(1, [instance_id(1)]),
        launch(3, [instance_id(3)]),
        launch(2, [instance_id(9)], plan=copy),
    ]
    assert ids(launched(launched_here(*journals), NOW)) == [instance_id(3), instance_id(1)]
    assert ids(launched(launched_here(*journals), NOW, only={"0001"})) == [instance_id(1)]


@pytest.mark.parametrize(
    ("later", "phase", "words"),
    [
        ([], Phase.REQUESTED, "Launch acme-web"),
        (
            [(EventKind.ON_HOLD, {"why": "no user data any more"})],
            Phase.ON_HOLD,
            "Launch acme-web: no user data any more",
        ),
        (
            [(EventKind.FAILED, {"what": "EC2 did not launch", "why": "no capacity in us-east-1a"})],
            Phase.REFUSED,
            "Launch acme-web: EC2 did not launch; no capacity in us-east-1a",
        ),
    ],
)
def test_a_launch_without_instances_is_told_by_itself(
    later: list[tuple[EventKind, dict[str, Any]]], phase: Phase, words: str
) -> None:
    (one,) = launched(launched_here(launch(1, [], *later)), NOW)
    assert (one.phase, one.words, one.instance_id, one.key) == (phase, words, "", "0001")


def test_a_launch_that_was_given_up_has_nothing_to_tell() -> None:
    assert launched(launched_here(launch(1, [], (EventKind.DROPPED, {}))), NOW) == ()


def test_a_refusal_is_told_for_an_hour_and_whenever_it_is_asked_for() -> None:
    refused = launched_here(launch(1, [], (EventKind.FAILED, {"what": "no"}), began=NOW - LISTED_S - 1))
    assert launched(refused, NOW) == ()
    assert len(launched(refused, NOW, only=["0001"])) == 1


def test_what_was_terminated_here_long_ago_is_not_asked_about_again() -> None:
    made = launched_here(launch(1, [instance_id(1), instance_id(2)], began=NOW - 9000))
    long_ago = NOW - LISTED_S - 1
    assert ids(launched([*made, terminated(2, [instance_id(1)], long_ago)], NOW)) == [instance_id(2)]
    assert len(launched([*made, terminated(2, [instance_id(1)], NOW - 30)], NOW)) == 2
    assert len(launched([*made, terminated(2, [instance_id(1)], long_ago, what=EventKind.FAILED)], NOW)) == 2
    assert len(launched([*made, terminated(2, [instance_id(1)], long_ago)], NOW, only=["0001"])) == 2


def test_the_newest_thousand_are_looked_at() -> None:
    journals = [launch(n, [instance_id(n * 1000 + m) for m in range(300)]) for n in range(5)]
    found = launched(launched_here(*journals), NOW)
    assert len(found) == MOST_INSTANCES
    assert found[0].operation_id == "0004"
    assert found[-1].operation_id == "0001"


@pytest.mark.parametrize(
    ("state", "facts", "reason", "phase"),
    [
        ("", {}, "", Phase.NOT_LISTED),
        ("pending", {}, "", Phase.PENDING),
        ("running", {}, "", Phase.RUNNING),
        ("running", {"denied": "not allowed"}, "", Phase.RUNNING),
        ("running", {"checks": "initializing"}, "", Phase.CHECKING),
        ("running", {"checks": "ok"}, "", Phase.READY),
        ("running", {"checks": "impaired"}, "", Phase.IMPAIRED),
        ("stopping", {}, "Client.UserInitiatedShutdown: User initiated shutdown", Phase.STOPPING),
        ("stopped", {}, "Server.ScheduledStop: Stopped due to a scheduled retirement", Phase.STOPPED),
        ("shutting-down", {}, "Client.UserInitiatedShutdown: User initiated shutdown", Phase.ENDING),
        ("terminated", {}, "User initiated (2026-11-21 04:12:11 GMT)", Phase.TERMINATED),
        ("terminated", {}, "Client.InstanceInitiatedShutdown: Instance initiated shutdown", Phase.TERMINATED),
        ("terminated", {}, "Client.VolumeLimitExceeded: Volume limit exceeded", Phase.ENDED_BY_EC2),
        ("shutting-down", {}, "Server.InsufficientInstanceCapacity: no", Phase.ENDED_BY_EC2),
        ("terminated", {}, "", Phase.TERMINATED),
        (GONE, {}, "", Phase.GONE),
    ],
)
def test_a_observation_tells_how_an_instance_stands(
    state: str, facts: dict[str, str], reason: str, phase: Phase
) -> None:
    (one,) = launched(launched_here(launch(1, [instance_id(1)])), NOW)
    assert one.phase is Phase.NOT_OBSERVED
    (one,) = with_observations([one], {one.key: seen(1, state, reason=reason, **facts)}, NOW)
    assert one.phase is phase


def test_ec2_knows_better_than_the_request_which_key_and_type_it_is() -> None:
    (one,) = launched(launched_here(launch(1, [instance_id(1)])), NOW)
    (one,) = with_observations([one], {one.key: seen(1, "running", type="m7i.large", key_name="")}, NOW)
    assert (one.instance_type, one.key_name) == ("m7i.large", "")


def test_what_ec2_forgot_of_old_launches_is_left_out_unless_it_is_asked_for() -> None:
    old = launched(launched_here(launch(1, [instance_id(n) for n in (1, 2, 3)], began=NOW - 9000)), NOW)
    observations = {old[0].key: seen(1, ""), old[1].key: seen(2, "running")}
    assert ids(with_observations(old, observations, NOW)) == [instance_id(2)]
    assert len(with_observations(old, observations, NOW, all_of_them=True)) == 3
    new = launched(launched_here(launch(1, [instance_id(1)])), NOW)
    assert not is_past(with_observations(new, {new[0].key: seen(1, "")}, NOW)[0], NOW)


def test_counts_begin_with_what_somebody_should_look_at() -> None:
    made = launched(launched_here(launch(1, [instance_id(n) for n in range(200)])), NOW)
    observations = {}
    for n, one in enumerate(made):
        checks = "ok" if n < 150 else "impaired" if n < 152 else "initializing"
        observations[one.key] = seen(n, "running", checks=checks) if n < 190 else seen(n, "pending")
    shown = with_observations(made, observations, NOW)
    assert summary(shown) == "200 instances: 2 impaired, 10 pending, 38 checks pending, 150 ready"
    assert next(iter(counts(shown))).is_problem


def test_one_and_none_are_counted_too() -> None:
    assert summary(()) == "0 instances"
    one = launched(launched_here(launch(1, [instance_id(1)])), NOW)
    assert summary(one) == "1 instance: 1 being checked"
    assert summary(launched(launched_here(launch(1, [])), NOW)) == "0 instances: 1 requested"
