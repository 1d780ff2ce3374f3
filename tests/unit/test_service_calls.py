"""Calls of Auto Scaling and Systems Manager: sent, checked after a crash, printed, undone, paused, begun again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from amitui.domain.operations.awaited import PARAMETER, REFRESH
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import EventKind, State
from amitui.domain.operations.placeholders import answer_of
from amitui.domain.operations.plan import Call, Plan, Watch, decode, encode
from amitui.domain.operations.services import AUTO_SCALING, SSM
from amitui.ec2.reads.observations import observe
from amitui.ec2.writes.execute import dry_run, execute
from amitui.ec2.writes.reconcile import reconcile
from amitui.ec2.writes.reconcile_search import Found
from amitui.errors import AmituiError, RejectedError
from amitui.operations.runner_context import Resumed
from amitui.operations.submission import check_plan
from amitui.presentation.aws_command import aws_commands
from tests.support.plan_samples import NOW
from tests.unit.test_runner import Memory, begun

HOME = "us-east-1"
OLD, NEW = "ami-0aaaaaaaaaaaaaaaa", "ami-0bbbbbbbbbbbbbbbb"

PUT = Call(
    "put_parameter",
    HOME,
    {"Name": "/golden/web", "Value": NEW, "Type": "String", "DataType": "aws:ec2:image", "Overwrite": True},
    "set /golden/web",
    service=SSM,
)
PUT_BACK = PUT._replace(parameters={**PUT.parameters, "Value": OLD}, action="set /golden/web back", undoes=0)
START = Call(
    "start_instance_refresh",
    HOME,
    {
        "AutoScalingGroupName": "web",
        "DesiredConfiguration": {"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "8"}},
    },
    "start an instance refresh of web",
    service=AUTO_SCALING,
)
CANCEL = Call(
    "cancel_instance_refresh",
    HOME,
    {"AutoScalingGroupName": "web"},
    "cancel it",
    about="web",
    service=AUTO_SCALING,
)
ROLL_BACK = CANCEL._replace(api="rollback_instance_refresh", action="roll it back", about="")
UPDATE = Call(
    "update_auto_scaling_group",
    HOME,
    {"AutoScalingGroupName": "web", "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "7"}},
    "set web back",
    service=AUTO_SCALING,
)
DEFAULT = Call(
    "modify_launch_template", HOME, {"LaunchTemplateId": "lt-1", "DefaultVersion": "8"}, "set the default"
)

WAIT = Watch(
    REFRESH,
    HOME,
    answer_of(1),
    ("Successful",),
    ("Failed", "RollbackSuccessful", "RollbackFailed"),
    within="web",
    pausing=("Cancelled",),
    restart=1,
)
PLAN = Plan(
    OperationKind.TEMPLATE, "Roll out", HOME, NEW, (PUT, START, WAIT, PUT_BACK), before={"refreshes": ["known"]}
)


class Services:
    """Prepared answers by method; the last one of a method stays."""

    def __init__(self, **answers: Sequence[dict[str, Any] | AmituiError]) -> None:
        self.requests: list[tuple[str, str, dict[str, Any]]] = []
        self._answers = {method: list(some) for method, some in answers.items()}

    async def call(
        self, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        return await self.service_call("ec2", region, operation, action, once=once, **parameters)

    async def service_call(
        self, service: str, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        self.requests.append((service, operation, parameters))
        some = self._answers[operation]
        answer = some.pop(0) if len(some) > 1 else some[0]
        if isinstance(answer, AmituiError):
            raise answer
        return answer


async def no_time(_seconds: float) -> None:
    pass


def at(seconds: float) -> str:
    return datetime.fromtimestamp(NOW + seconds, UTC).isoformat()


async def test_a_call_goes_to_its_service_and_its_answer_is_kept() -> None:
    services = Services(start_instance_refresh=[{"InstanceRefreshId": "r-1"}], put_parameter=[{"Version": 5}])
    assert (await execute(services, START)).note == "r-1"
    await execute(services, PUT)
    assert [request[:2] for request in services.requests] == [
        ("autoscaling", "start_instance_refresh"),
        ("ssm", "put_parameter"),
    ]


@pytest.mark.parametrize(("call", "who"), [(PUT, "Systems Manager"), (START, "Auto Scaling")])
async def test_what_has_no_dry_run_is_not_sent_to_check_it(call: Call, who: str) -> None:
    permission = await dry_run(Services(), call)
    assert permission.allowed is None
    assert who in permission.words


def test_a_plan_outlives_the_journal_and_an_older_amitui_reads_a_plan_of_ec2s_calls_alone() -> None:
    assert decode(json.loads(json.dumps(encode(PLAN)))) == PLAN
    plain = encode(PLAN._replace(steps=(DEFAULT, Watch("image", HOME, NEW, ("available",)))))
    assert [set(step) & {"service", "undoes", "within", "pausing", "restart"} for step in plain["steps"]] == [
        set()
    ] * 2


@pytest.mark.parametrize(
    "steps",
    [
        (PUT._replace(service="ec2"),),
        (PUT_BACK,),
        (PUT, START, WAIT._replace(restart=0)),
        (PUT, START, WAIT._replace(restart=2)),
    ],
)
def test_a_plan_whose_steps_do_not_fit_together_is_not_submitted(steps: tuple[Call | Watch, ...]) -> None:
    check_plan(PLAN)
    with pytest.raises(ValueError, match=r"step|evidence"):
        check_plan(PLAN._replace(steps=steps))


# What became of a call without an answer


@pytest.mark.parametrize(
    ("versions", "found"),
    [
        ([("ami-other", 10), (NEW, 12)], Found.HAPPENED),
        ([(NEW, -400), ("ami-other", 1)], Found.NOT_HAPPENED),
        ([], Found.NOT_HAPPENED),
    ],
)
async def test_a_parameter_was_set_if_a_version_that_is_not_older_has_the_value(
    versions: list[tuple[str, float]], found: Found
) -> None:
    history = [
        {"Version": number, "Value": value, "LastModifiedDate": NOW + seconds + 0.25}
        for number, (value, seconds) in enumerate(versions, 1)
    ]
    services = Services(get_parameter_history=[{"Parameters": history}])
    assert (await reconcile(services, PUT, NOW, sleep=no_time)).found is found


async def test_a_value_that_is_still_being_checked_is_waited_for_before_it_is_sent_again() -> None:
    late = {"Parameters": [{"Version": 4, "Value": NEW, "LastModifiedDate": float(NOW)}]}
    services = Services(get_parameter_history=[{"Parameters": []}] * 5 + [late])
    outcome = await reconcile(services, PUT, NOW, sleep=no_time)
    assert (outcome.found, outcome.note) == (Found.HAPPENED, "4")


REFRESHES = {
    "known before": ("known", 5, "8", "InProgress"),
    "older": ("r-1", -400, "8", "Successful"),
    "another version": ("r-1", 5, "9", "InProgress"),
}


@pytest.mark.parametrize("which", REFRESHES)
async def test_a_refresh_that_did_not_come_from_the_call_is_not_taken_for_it(which: str) -> None:
    services = Services(describe_instance_refreshes=[{"InstanceRefreshes": [refresh(*REFRESHES[which])]}])
    outcome = await reconcile(services, START, NOW, known=["known"], sleep=no_time)
    assert outcome.found is Found.NOT_HAPPENED


@pytest.mark.parametrize("seconds", [5, None])
async def test_a_refresh_that_came_from_the_call_is_found_also_before_it_has_a_time(seconds: float | None) -> None:
    services = Services(
        describe_instance_refreshes=[{"InstanceRefreshes": [refresh("r-1", seconds, "8", "Pending")]}]
    )
    outcome = await reconcile(services, START, NOW, known=["known"], sleep=no_time)
    assert (outcome.found, outcome.note) == (Found.HAPPENED, "r-1")


@pytest.mark.parametrize(
    ("call", "status", "found"),
    [
        (CANCEL, "InProgress", Found.REPEATABLE),
        (CANCEL, "Cancelling", Found.HAPPENED),
        (CANCEL, "Cancelled", Found.HAPPENED),
        (CANCEL, "Successful", Found.HAPPENED),
        (ROLL_BACK, "InProgress", Found.REPEATABLE),
        (ROLL_BACK, "RollbackInProgress", Found.HAPPENED),
        (ROLL_BACK, "RollbackSuccessful", Found.HAPPENED),
    ],
)
async def test_a_refresh_was_ended_or_rolled_back_if_the_one_that_was_meant_is(
    call: Call, status: str, found: Found
) -> None:
    listed = [refresh("r-2", 9, "9", "InProgress"), refresh("r-1", 5, "8", status)]
    services = Services(describe_instance_refreshes=[{"InstanceRefreshes": listed}])
    assert (await reconcile(services, call, NOW, known=["r-1"], sleep=no_time)).found is found


@pytest.mark.parametrize(("version", "found"), [("7", Found.HAPPENED), ("8", Found.REPEATABLE)])
async def test_a_default_version_and_a_group_are_as_the_call_was_to_make_them(version: str, found: Found) -> None:
    template = {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web", "Version": version}
    services = Services(
        describe_auto_scaling_groups=[{"AutoScalingGroups": [{"LaunchTemplate": template}]}],
        describe_launch_templates=[{"LaunchTemplates": [{"DefaultVersionNumber": int(version)}]}],
    )
    back = DEFAULT._replace(parameters={**DEFAULT.parameters, "DefaultVersion": "7"})
    for call in (UPDATE, back):
        assert (await reconcile(services, call, NOW, sleep=no_time)).found is found


def refresh(refresh_id: str, seconds: float | None, version: str, status: str) -> dict[str, Any]:
    template = {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web", "Version": version}
    began = {} if seconds is None else {"StartTime": at(seconds)}
    configuration = {"DesiredConfiguration": {"LaunchTemplate": template}}
    return {"InstanceRefreshId": refresh_id, "Status": status, **began, **configuration}


# Observing


async def test_refreshes_are_observed_by_group_and_a_group_that_is_gone_has_none() -> None:
    record = refresh("r-1", 5, "8", "RollbackInProgress") | {
        "PercentageComplete": 40,
        "InstancesToUpdate": 3,
        "EndTime": at(60),
        "RollbackDetails": {"RollbackReason": "an alarm\x1b", "PercentageCompleteOnRollback": 60},
    }
    gone = RejectedError("no such group", code="ValidationError")
    services = Services(describe_instance_refreshes=[{"InstanceRefreshes": [record]}, gone])
    first, second = await observe(services, HOME, REFRESH, ["a/b/r-1", "gone/r-2"], "", NOW)
    assert (first.state, first.progress, first.reason) == ("RollbackInProgress", 40, "an alarm␦")
    assert dict(first.facts) == {
        "ended": str(NOW + 60),
        "instances_to_update": "3",
        "rolling_back_from": "60",
    }
    assert second.state == ""
    assert services.requests[0][2] == {"AutoScalingGroupName": "a/b", "InstanceRefreshIds": ["r-1"]}


async def test_parameters_are_observed_by_tens_and_their_state_is_their_value() -> None:
    names = [f"/p/{number}" for number in range(12)]
    answers: list[dict[str, Any]] = [{"Parameters": [{"Name": "/p/3", "Value": NEW}]}, {"Parameters": []}]
    seen = await observe(Services(get_parameters=answers), HOME, PARAMETER, names, "", NOW)
    assert [one.state for one in seen] == ["", "", "", NEW] + [""] * 8


# Printing


def test_the_commands_name_the_service_wait_by_loops_and_do_not_undo_what_has_not_failed() -> None:
    wait = Watch(PARAMETER, HOME, "/golden/web", (NEW,))
    steps = (PUT, wait, START, WAIT._replace(target=answer_of(2), restart=2), PUT_BACK)
    lines = aws_commands(PLAN._replace(steps=steps))
    assert lines[0].startswith("aws ssm put-parameter --region us-east-1 --name /golden/web ")
    assert lines[1].startswith('until [ "$(aws ssm get-parameter ')
    assert lines[2].startswith("refresh_id=$(aws autoscaling start-instance-refresh ")
    assert '--instance-refresh-ids "$refresh_id"' in lines[3]
    assert [line[:2] for line in lines[4:]] == ["# "] * 2
    assert "aws ssm put-parameter" in lines[5]


# Executing


class ServiceMemory(Memory):
    async def service_call(
        self, service: str, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        return await self.call(region, operation, action, once=once, **parameters)


async def test_after_a_failure_what_had_been_done_is_undone() -> None:
    memory = ServiceMemory(begun(PLAN)[0], {"Version": 5}, {"InstanceRefreshId": "r-1"}, {"Version": 6})
    await until_seen(memory, "Failed", "too few healthy instances")
    assert memory.sent[-1]["Value"] == OLD
    assert memory.operation.state is State.FAILED
    assert memory.operation.what == "the instance refresh web/r-1 did not become Successful: it is Failed"
    assert memory.operation.why == "too few healthy instances"


async def test_without_a_failure_nothing_is_undone() -> None:
    memory = ServiceMemory(begun(PLAN)[0], {"Version": 5}, {"InstanceRefreshId": "r-1"})
    await until_seen(memory, "Successful")
    assert (memory.operation.state, len(memory.sent)) == (State.DONE, 2)


async def test_what_had_not_been_done_is_not_undone() -> None:
    refused = RejectedError("no such image", code="ValidationException")
    memory = ServiceMemory(begun(PLAN)[0], refused)
    await memory.runner().run()
    assert (memory.operation.state, len(memory.sent)) == (State.FAILED, 1)


async def test_what_was_paused_waits_for_its_user_and_begins_again_when_they_continue_it() -> None:
    memory = ServiceMemory(begun(PLAN)[0], {"Version": 5}, {"InstanceRefreshId": "r-1"})
    await until_seen(memory, "Cancelled", facts=(("ended", str(NOW)),))
    assert memory.operation.state is State.ON_HOLD
    assert "> begins it again" in memory.operation.remedy

    again = ServiceMemory(memory.operation, {"InstanceRefreshId": "r-2"})
    task = asyncio.create_task(again.runner(Resumed(insist=True)).run())
    await again.poller.began.wait()
    again.poller.see("Cancelled", facts=(("ended", str(NOW)),))
    await seen_by(again, "web/r-2")
    again.poller.see("Successful")
    await task
    assert [event.kind for event in again.events if event.kind is not EventKind.OBSERVED] == [
        EventKind.SENDING,
        EventKind.ACCEPTED,
        EventKind.PASSED,
        EventKind.DONE,
    ]
    assert again.operation.earlier_answers == ((1, "r-1"),)


async def test_what_is_cancelled_after_it_was_continued_waits_again() -> None:
    memory = ServiceMemory(begun(PLAN)[0], {"Version": 5}, {"InstanceRefreshId": "r-1"})
    await until_seen(memory, "Cancelled", facts=(("ended", str(NOW)),))
    again = ServiceMemory(memory.operation)
    task = asyncio.create_task(again.runner(Resumed(insist=True)).run())
    await again.poller.began.wait()
    again.poller.see("Cancelled", facts=(("ended", str(NOW + 60)),))
    await task
    assert (again.operation.state, again.sent) == (State.ON_HOLD, [])


async def test_nothing_to_cancel_is_no_failure() -> None:
    none = RejectedError("no active refresh", code="ActiveInstanceRefreshNotFound")
    memory = ServiceMemory(begun(PLAN._replace(steps=(CANCEL,)))[0], none)
    await memory.runner().run()
    assert memory.operation.state is State.DONE
    assert [(one.subject, one.ok) for one in memory.operation.results] == [("web", True)]


async def until_seen(
    memory: ServiceMemory, state: str, reason: str = "", facts: tuple[tuple[str, str], ...] = ()
) -> None:
    """Run the operation until the refresh is in a state, and to its end."""
    task = asyncio.create_task(memory.runner().run())
    await seen_by(memory, "web/r-1")
    memory.poller.see(state, reason=reason, facts=facts)
    await task


async def seen_by(memory: ServiceMemory, target: str) -> None:
    """Wait until something is watched."""
    while not any(subject.id == target for subject in memory.poller.watched):  # noqa: ASYNC110 - a fake has no event
        await asyncio.sleep(0)
