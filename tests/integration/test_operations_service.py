from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from amitui.demo.seed.accounts import MAIN_ACCOUNT, SECOND_ACCOUNT
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import EventKind, Operation, State
from amitui.domain.operations.plan import Call, Plan
from amitui.domain.operations.plans.change import describe_plan, disable_plan
from amitui.domain.operations.plans.copy import CopyRequest, Destination, copy_plans
from amitui.domain.operations.plans.create import CreateRequest, create_plan
from amitui.domain.operations.plans.deregister import deregister_plan
from amitui.domain.operations.plans.register import RegisterRequest, register_plan
from amitui.errors import CacheError, CredentialsError, DeniedError, ReadOnlyError, ThrottledError, UsageError
from amitui.operations.recovery import RESUME_WITHIN_S
from tests.support.demo_account import HOME
from tests.support.simulated_ec2 import Failing, Killed, OperationsProcess, SimulatedEc2, simulated_ec2


@pytest.fixture
async def on() -> AsyncIterator[SimulatedEc2]:
    async with simulated_ec2(20) as made:
        yield made


async def submit(process: OperationsProcess, *plans: Plan) -> list[Operation]:
    return await process.service.submit(plans, account=MAIN_ACCOUNT, profile="")


def register(on: SimulatedEc2, name: str = "") -> Plan:
    (snapshot,) = on.me.snapshots_of(on.image())
    return register_plan(RegisterRequest(HOME, name or on.name("new"), "", snapshot, "/dev/xvda"))


async def left_behind(on: SimulatedEc2, folder: Path, plan: Plan, point: str) -> Operation:
    """An operation whose process was killed when it first came to a checkpoint."""
    process = OperationsProcess(
        on, folder, kill_at=(point, 0 if point in ("planned", "asked", "accepted") else 1, "")
    )
    with suppress(Killed):
        await submit(process, plan)
    await process.died.wait()
    await process.kill()
    return process.service.operations()[0]


# What fails


async def test_a_refusal_is_told_in_words_and_the_instance_is_started_again(
    on: SimulatedEc2, tmp_path: Path
) -> None:
    instance = (await on.instance())["InstanceId"]
    taken = on.me.image(on.image())["Name"]
    process = OperationsProcess(on, tmp_path)
    await submit(process, create_plan(CreateRequest(HOME, instance, "web-1", taken, "", "stop", True, ())))

    operation = await process.ended()

    assert (operation.state, operation.code) == (State.FAILED, "InvalidAMIName.Duplicate")
    assert operation.what
    assert "another name" in operation.remedy
    assert on.times("StopInstances") == on.times("StartInstances") == 1
    assert (await on.instance())["State"]["Name"] == "running"
    whats = [event.kind for event in process.service.events(operation.id)]
    assert whats[-1] is EventKind.FAILED
    assert EventKind.STEP_FAILED in whats
    await process.service.close()


async def test_one_that_fails_leaves_the_others_of_its_batch_done(on: SimulatedEc2, tmp_path: Path) -> None:
    taken = on.me.image(on.image())["Name"]
    process = OperationsProcess(on, tmp_path)
    asked = await submit(process, register(on), register(on, taken), register(on))

    ended = [await process.ended(operation.id) for operation in asked]

    assert [one.state for one in ended] == [State.DONE, State.FAILED, State.DONE]
    assert {one.batch for one in ended} == {asked[0].id}
    await process.service.close()


async def test_a_copy_that_turns_out_impossible_fails_with_its_cause_and_can_be_asked_for_again(
    on: SimulatedEc2, tmp_path: Path
) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/1f0c2e7a-55aa-4c11-9d1e-0b6d2f3c4a5e"
    away = (Destination("eu-west-1", "bad key", key),)
    (plan,) = copy_plans(CopyRequest(HOME, on.image(), "bad key", "", away, encrypt=True))
    process = OperationsProcess(on, tmp_path)
    await submit(process, plan)

    operation = await process.ended()
    assert operation.state is State.FAILED
    assert "failed" in operation.what
    assert "not accessible" in operation.why

    on.me.beside(region="eu-west-1").ask("DeregisterImage", ImageId=operation.made)
    on.me.wait(3600)
    again = await process.service.retry(operation.id)
    tokens = [dict(one.plan.calls[0].parameters)["ClientToken"] for one in (operation, again)]
    assert len(set(tokens)) == 2
    ended = await process.ended(again.id)
    assert ended.made not in ("", operation.made)
    await process.service.close()


async def test_only_what_failed_is_asked_for_again(on: SimulatedEc2, tmp_path: Path) -> None:
    process = OperationsProcess(on, tmp_path)
    await submit(process, register(on))
    operation = await process.ended()
    with pytest.raises(UsageError, match="failed"):
        await process.service.retry(operation.id)
    await process.service.close()


async def test_throttled_calls_are_asked_for_later(on: SimulatedEc2, tmp_path: Path) -> None:
    busy = ThrottledError("EC2 throttled the requests", code="RequestLimitExceeded")
    process = OperationsProcess(on, tmp_path, connection=Failing(on, "request", {"register_image": 3}, error=busy))
    began = on.now()
    await submit(process, register(on))

    operation = await process.ended()

    assert operation.state is State.DONE
    assert on.now() - began > 10
    assert [event.kind for event in process.service.events(operation.id)].count(EventKind.SENDING) == 1
    await process.service.close()


async def test_without_credentials_it_waits_and_goes_on_after_a_login(on: SimulatedEc2, tmp_path: Path) -> None:
    expired = CredentialsError("the credentials have expired", remedy="aws sso login", code="RequestExpired")
    failing = Failing(on, "request", {"register_image": 1}, error=expired)
    process = OperationsProcess(on, tmp_path, connection=failing)
    await submit(process, register(on))

    on_hold = await process.ended()
    assert on_hold.state is State.ON_HOLD
    assert "expired" in on_hold.why
    assert "aws sso login" in on_hold.remedy
    await process.service.resume(on_hold.id)

    assert (await process.until(lambda one: one.state.ended)).state is State.DONE
    await process.service.close()


async def test_what_nobody_can_find_out_waits_until_its_user_insists(on: SimulatedEc2, tmp_path: Path) -> None:
    image = on.image()
    plan = describe_plan(on.facts(image), "new")
    await left_behind(on, tmp_path, plan, "asked")
    denied = DeniedError("not allowed to look", code="UnauthorizedOperation")
    process = OperationsProcess(
        on, tmp_path, connection=Failing(on, "request", {"describe_images": 9}, error=denied)
    )
    await process.service.adopt()

    on_hold = await process.ended()
    assert on_hold.state is State.ON_HOLD
    assert "could not check whether" in on_hold.why
    await process.service.resume(on_hold.id)

    assert (await process.until(lambda one: one.state.ended)).state is State.DONE
    assert on.me.image(image)["Description"] == "new"
    await process.service.close()


async def test_without_a_network_for_long_it_waits_for_its_user(on: SimulatedEc2, tmp_path: Path) -> None:
    process = OperationsProcess(on, tmp_path, connection=Failing(on, "request", {"register_image": 1000}))
    began = on.now()
    await submit(process, register(on))

    on_hold = await process.ended()

    assert on_hold.state is State.ON_HOLD
    assert on.now() - began > RESUME_WITHIN_S
    assert on.times("RegisterImage") == 0
    await process.service.close()


async def test_nothing_is_sent_that_cannot_be_written_down(on: SimulatedEc2, tmp_path: Path) -> None:
    plan = register(on)
    before = len(on.accepted)
    (tmp_path / "journal").mkdir(mode=0o700)
    (tmp_path / "journal" / "journal.sqlite").write_bytes(b"no database " * 1000)
    process = OperationsProcess(on, tmp_path)
    with pytest.raises(CacheError):
        await submit(process, plan)
    assert len(on.accepted) == before
    assert process.service.operations() == []
    await process.service.close()


async def test_a_call_of_which_nothing_could_be_found_out_is_not_accepted(
    on: SimulatedEc2, tmp_path: Path
) -> None:
    call = Call("create_vpc", HOME, {"CidrBlock": "10.0.0.0/16"}, "make a network")
    process = OperationsProcess(on, tmp_path)
    with pytest.raises(ValueError, match="create_vpc"):
        await submit(process, Plan(OperationKind.LAUNCH, "Make it", HOME, "ami-1", (call,)))
    await process.service.close()


# After a crash


async def test_what_is_old_waits_for_its_user_and_is_sent_at_their_word(on: SimulatedEc2, tmp_path: Path) -> None:
    image = on.image()
    await left_behind(on, tmp_path, describe_plan(on.facts(image), "new"), "planned")
    on.me.wait(RESUME_WITHIN_S + 60)
    process = OperationsProcess(on, tmp_path)

    await process.service.adopt()
    on_hold = await process.ended()
    assert on_hold.state is State.ON_HOLD
    assert "change the description" in on_hold.why
    assert on.me.image(image).get("Description") != "new"
    await process.service.resume(on_hold.id)
    done = await process.until(lambda one: one.state.ended)

    assert done.state is State.DONE
    assert on.me.image(image)["Description"] == "new"
    await process.service.close()


async def test_what_is_old_and_happened_is_found_out_and_watched_to_its_end(
    on: SimulatedEc2, tmp_path: Path
) -> None:
    await left_behind(on, tmp_path, register(on), "accepted")
    on.me.wait(RESUME_WITHIN_S + 60)
    sent = len(on.accepted)
    process = OperationsProcess(on, tmp_path)

    await process.service.adopt()

    operation = await process.ended()
    assert operation.state is State.DONE
    assert operation.made.startswith("ami-")
    assert len(on.accepted) == sent
    await process.service.close()


async def test_what_is_on_hold_can_be_dropped_and_stays_dropped(on: SimulatedEc2, tmp_path: Path) -> None:
    image = on.image()
    await left_behind(on, tmp_path, describe_plan(on.facts(image), "new"), "planned")
    on.me.wait(2 * RESUME_WITHIN_S)
    process = OperationsProcess(on, tmp_path)
    await process.service.adopt()
    on_hold = await process.ended()

    await process.service.drop(on_hold.id)

    assert process.service.operations()[0].state is State.DROPPED
    await process.service.close()
    later = OperationsProcess(on, tmp_path)
    assert await later.service.adopt() == 0
    assert on.me.image(image).get("Description") != "new"
    await later.service.close()


async def test_what_is_on_hold_by_a_process_that_died_can_be_gone_on_with(
    on: SimulatedEc2, tmp_path: Path
) -> None:
    await left_behind(on, tmp_path, register(on), "planned")
    on.me.wait(2 * RESUME_WITHIN_S)
    first = OperationsProcess(on, tmp_path)
    await first.service.adopt()
    await first.ended()
    await first.kill()
    second = OperationsProcess(on, tmp_path)

    assert await second.service.adopt() == 0
    (on_hold,) = second.service.operations()
    await second.service.resume(on_hold.id)

    assert (await second.until(lambda one: one.state.ended)).state is State.DONE
    await second.service.close()


async def test_read_only_sends_nothing_and_leaves_the_rest_to_others(on: SimulatedEc2, tmp_path: Path) -> None:
    image = on.image()
    plan = describe_plan(on.facts(image), "new")
    operation = await left_behind(on, tmp_path, plan, "planned")
    reader = OperationsProcess(on, tmp_path, read_only=True)
    with pytest.raises(ReadOnlyError):
        await submit(reader, plan)

    assert await reader.service.adopt() == 0
    (shown,) = reader.service.operations()
    assert shown.state is State.ON_HOLD
    assert "read-only" in shown.why
    with pytest.raises(ReadOnlyError):
        await reader.service.resume(operation.id)
    await reader.service.refresh()
    assert reader.service.operations() == [shown]

    working = OperationsProcess(on, tmp_path)
    assert await working.service.adopt() == 1
    assert (await working.ended()).state is State.DONE
    await reader.service.refresh()
    assert reader.service.operations()[0].state is State.DONE
    await working.service.close()
    await reader.service.close()


async def test_what_a_mark_forbids_is_not_sent_and_is_left_to_others(on: SimulatedEc2, tmp_path: Path) -> None:
    image = on.image()
    plan = describe_plan(on.facts(image), "new")
    operation = await left_behind(on, tmp_path, plan, "planned")
    asked: list[tuple[str, str]] = []

    def forbidden(profile: str, account: str) -> str:
        asked.append((profile, account))
        return "profile looking, which is in use, is read-only"

    reader = OperationsProcess(on, tmp_path, forbidden=forbidden)
    assert await reader.service.adopt() == 0
    assert asked == [("", MAIN_ACCOUNT)]
    (shown,) = reader.service.operations()
    assert shown.state is State.ON_HOLD
    assert "profile looking, which is in use, is read-only" in shown.why
    assert "not done yet" in shown.why
    for attempt in (reader.service.resume(operation.id), submit(reader, plan)):
        with pytest.raises(ReadOnlyError, match="profile looking"):
            await attempt
    assert on.times("ModifyImageAttribute") == 0

    working = OperationsProcess(on, tmp_path)
    assert await working.service.adopt() == 1
    assert (await working.ended()).state is State.DONE
    await working.service.close()
    await reader.service.close()


async def test_read_only_goes_on_with_what_only_has_to_be_watched(on: SimulatedEc2, tmp_path: Path) -> None:
    await left_behind(on, tmp_path, register(on), "answered")
    process = OperationsProcess(on, tmp_path, read_only=True)

    assert await process.service.adopt() == 1

    assert (await process.ended()).state is State.DONE
    await process.service.close()


async def test_another_accounts_credentials_do_not_go_on_with_it(on: SimulatedEc2, tmp_path: Path) -> None:
    await left_behind(on, tmp_path, register(on), "planned")
    sent = len(on.accepted)

    async def account_of(_profile: str) -> str:
        return SECOND_ACCOUNT

    process = OperationsProcess(on, tmp_path, account_of=account_of)
    await process.service.adopt()

    on_hold = await process.ended()
    assert on_hold.state is State.ON_HOLD
    assert SECOND_ACCOUNT in on_hold.why
    assert len(on.accepted) == sent
    await process.service.close()


async def test_two_starts_do_not_both_take_it_up(on: SimulatedEc2, tmp_path: Path) -> None:
    plan = register(on)
    await left_behind(on, tmp_path, plan, "planned")
    processes = [OperationsProcess(on, tmp_path) for _ in range(3)]

    taken = await asyncio.gather(*(process.service.adopt() for process in processes))

    assert sum(taken) == 1
    assert (await processes[taken.index(1)].ended()).state is State.DONE
    assert on.times("RegisterImage", Name=dict(plan.calls[0].parameters)["Name"]) == 1
    for process in processes:
        await process.service.close()


async def test_an_image_that_vanished_meanwhile_ends_the_wait_for_it(on: SimulatedEc2, tmp_path: Path) -> None:
    first = OperationsProcess(on, tmp_path, kill_at=("seen", 1, "pending"))
    await submit(first, register(on))
    await first.died.wait()
    await first.kill()
    made = first.service.operations()[0].made
    on.me.ask("DeregisterImage", ImageId=made)
    on.me.wait(3600)
    process = OperationsProcess(on, tmp_path)
    # What was seen before a restart need not have reached the disk; here it did.
    await process.service.adopt()

    operation = await process.ended()

    assert operation.state is State.FAILED
    assert "gone" in operation.what
    await process.service.close()


# In good order


async def test_closing_stops_watching_and_the_next_start_goes_on(on: SimulatedEc2, tmp_path: Path) -> None:
    first = OperationsProcess(on, tmp_path)
    await submit(first, register(on))
    await first.until(lambda one: one.state is State.WAITING)
    await first.service.close()
    assert not first.service.operations()[0].state.ended

    second = OperationsProcess(on, tmp_path)
    assert await second.service.adopt() == 1
    assert (await second.ended()).state is State.DONE
    await second.service.close()


async def test_a_form_that_is_left_at_once_does_not_take_its_operation_along(
    on: SimulatedEc2, tmp_path: Path
) -> None:
    process = OperationsProcess(on, tmp_path)
    form = asyncio.create_task(submit(process, register(on)))
    await asyncio.sleep(0)
    form.cancel()
    with pytest.raises(asyncio.CancelledError):
        await form

    assert (await process.ended()).state is State.DONE
    await process.service.close()


async def test_rows_are_refreshed_until_the_end(on: SimulatedEc2, tmp_path: Path) -> None:
    image = on.image()
    process = OperationsProcess(on, tmp_path)
    plan = deregister_plan(on.facts(image), delete_snapshots=True, snapshot_ids=on.me.snapshots_of(image))
    await submit(process, plan, register(on))
    operations = [await process.ended(one.id) for one in process.service.operations()]
    await process.service.row_refresher.settled()

    made = next(one.made for one in operations if one.made)
    assert on.refreshed[-1] in ((HOME, image), (HOME, made))
    assert {(HOME, image), (HOME, made)} <= set(on.refreshed)
    await process.service.close()


async def test_every_snapshot_of_a_deregistered_image_has_its_result_also_after_a_crash(
    on: SimulatedEc2, tmp_path: Path
) -> None:
    for point in ("answered", "accepted"):
        image = on.image()
        snapshots = on.me.snapshots_of(image)
        plan = deregister_plan(on.facts(image), delete_snapshots=True, snapshot_ids=snapshots)
        await left_behind(on, tmp_path / point, plan, point)
        process = OperationsProcess(on, tmp_path / point)
        await process.service.adopt()
        operation = await process.ended()
        assert [(one.subject, one.ok, one.words) for one in operation.results] == [(snapshots[0], True, "deleted")]
        await process.service.close()


async def test_changes_of_one_image_are_sent_in_the_order_in_which_they_were_asked_for(
    on: SimulatedEc2, tmp_path: Path
) -> None:
    image = on.image()
    process = OperationsProcess(on, tmp_path, connection=Failing(on, "request", {"modify_image_attribute": 1}))
    facts = on.facts(image)
    asked = await submit(
        process, describe_plan(facts, "first"), describe_plan(facts, "second"), disable_plan(facts)
    )
    for one in asked:
        await process.ended(one.id)

    changes = [
        (action, form.get("Description.Value")) for action, form in on.accepted if form.get("ImageId") == image
    ]
    assert changes == [
        ("ModifyImageAttribute", "first"),
        ("ModifyImageAttribute", "second"),
        ("DisableImage", None),
    ]
    await process.service.close()


async def test_the_pollers_calls_are_counted_in_the_journal(on: SimulatedEc2, tmp_path: Path) -> None:
    process = OperationsProcess(on, tmp_path)
    await submit(process, register(on))
    await process.ended()
    await process.service.close()

    with closing(sqlite3.connect(tmp_path / "journal" / "journal.sqlite")) as journal:
        (counted,) = journal.execute("SELECT sum(count) FROM calls").fetchone()
    assert counted == sum(process.service.poller.calls.values()) > 0
