"""What a roll-out moves, in which order, and that its way back brings back what was there: against a naive EC2."""

from __future__ import annotations

import json
import random
from types import SimpleNamespace

import pytest

from amitui.domain.catalogue.whereabouts import Fate
from amitui.domain.fleet.findings import AuditImage
from amitui.domain.fleet.inventory import FleetInventory, FleetParameter, GroupSource
from amitui.domain.fleet.journal_needs import image_needs
from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.plan import Call, Plan, Watch, decode, encode
from amitui.domain.operations.plans.promote import demote_plan, parameter_problem, promote_plan
from amitui.domain.operations.plans.undo import undo_plan
from amitui.domain.rollout.candidates import MovedKind, candidates
from amitui.domain.rollout.moved import NotPossible, roll_out
from amitui.domain.rollout.options import RollOutOptions, problem
from amitui.domain.rollout.plan import roll_out_plan
from amitui.domain.rollout.way_back import is_paused, pause_plan, roll_back_plan
from amitui.operations.submission import check_plan
from amitui.presentation.roll_out_details import roll_out_groups
from amitui.ui.actions import operations as actions
from tests.support.plan_samples import FACTS, done
from tests.support.roll_out_world import World
from tests.support.roll_outs import (
    ACCOUNT,
    EVERYTHING,
    HOME,
    IMAGE,
    INVENTORY,
    NEW,
    OLD,
    OTHER,
    ended,
    group,
    keys,
    plan_of,
    template,
)


def audit_image(image_id: str, name: str, **more: object) -> AuditImage:
    found = AuditImage(image_id, Fate.FOUND, name, owner_id=ACCOUNT, architecture="x86_64", created=1)
    return found._replace(**more)  # type: ignore[arg-type]


IMAGES = {OLD: audit_image(OLD, "acme-web-20261001"), OTHER: audit_image(OTHER, "acme-db-20261001")}


def proposals(inventory: FleetInventory = INVENTORY, **images: AuditImage) -> dict[str, bool]:
    found = candidates(inventory, IMAGE._replace(created=2), {**IMAGES, **images})
    return {one.name: one.proposed for one in found}


# Candidates


def test_what_stands_on_an_older_build_of_the_family_is_proposed() -> None:
    proposed = [name for name, is_proposed in proposals().items() if is_proposed]
    assert proposed == [
        "/golden/web",
        "name-of-lt-1",
        "name-of-lt-3",
        "follows-default",
        "pinned",
        "follows-parameter",
        "follows-latest",
    ]


@pytest.mark.parametrize(
    "old",
    [
        audit_image(OLD, "acme-web-20261001", owner_id="210987654321"),
        audit_image(OLD, "acme-web-20261201", created=3),
        audit_image(OLD, "acme-api-20261001"),
        audit_image(OLD, ""),
    ],
)
def test_another_family_owner_or_a_newer_build_is_listed_and_not_proposed(old: AuditImage) -> None:
    found = candidates(INVENTORY, IMAGE._replace(created=2), {OLD: old})
    assert found
    assert not any(one.proposed for one in found)


def test_another_architecture_is_refused() -> None:
    old = audit_image(OLD, "acme-web-20261001", architecture="arm64")
    refusals = {one.name: one.refusal for one in candidates(INVENTORY, IMAGE, {OLD: old})}
    assert "arm64" in refusals["/golden/web"]
    assert "arm64" in refusals["pinned"]


def test_groups_by_launch_configuration_templates_by_parameter_and_lists_are_refused_with_what_to_do() -> None:
    two = (FleetParameter("/list", OLD, "text", 1), FleetParameter("/list", OTHER, "text", 1))
    inventory = INVENTORY._replace(parameters=two)
    refusals = {one.name: one.refusal for one in candidates(inventory, IMAGE, IMAGES)}
    assert "update-auto-scaling-group --launch-template" in refusals["by-configuration"]
    assert "/golden/web" in refusals["name-of-lt-2"]
    assert "several" in refusals["/list"]


@pytest.mark.parametrize("state", ["disabled", "pending", "deregistered", "failed"])
def test_nothing_is_moved_to_an_image_that_cannot_be_launched(state: str) -> None:
    image = IMAGE._replace(state=state)
    assert all(one.refusal and not one.proposed for one in candidates(INVENTORY, image, IMAGES))
    with pytest.raises(NotPossible, match=state):
        roll_out(INVENTORY, image, EVERYTHING, RollOutOptions())


def test_what_has_the_image_already_is_not_listed() -> None:
    inventory = INVENTORY._replace(parameters=(FleetParameter("/golden/web", NEW, "aws:ec2:image", 4),))
    assert "/golden/web" not in proposals(inventory)


def test_a_mixed_group_that_names_a_version_by_number_is_refused_and_one_that_follows_is_moved() -> None:
    for version, refused in (("2", True), ("$Default", False)):
        mixed = group("mixed", "lt-1", version, "i-1")._replace(mixed=True)
        inventory = INVENTORY._replace(groups=(mixed,))
        (found,) = (one for one in candidates(inventory, IMAGE, IMAGES) if one.kind is MovedKind.GROUP)
        assert bool(found.refusal) is refused


# Plans


def calls(plan: Plan) -> list[str]:
    return [call.api for call in plan.calls if call.undoes is None]


def test_parameters_come_before_templates_and_templates_before_groups() -> None:
    order = ["put_parameter", "create_launch_template_version", "modify_launch_template", "start_instance_refresh"]
    made = [order.index(api) for api in calls(plan_of())]
    assert made == sorted(made)
    assert set(made) == set(range(4))


def test_a_group_brings_the_version_that_it_needs_and_no_other() -> None:
    assert calls(plan_of(keys("pinned"))) == ["create_launch_template_version", "start_instance_refresh"]
    assert calls(plan_of(keys("follows-default"))) == [
        "create_launch_template_version",
        "modify_launch_template",
        "start_instance_refresh",
    ]


def test_nothing_is_skipped_where_only_a_parameter_changes() -> None:
    plan = plan_of(keys("/golden/web", "follows-parameter"))
    starts = [call for call in plan.calls if call.api == "start_instance_refresh"]
    assert [call.parameters["Preferences"]["SkipMatching"] for call in starts] == [False, False]
    (start, *_) = [call for call in plan_of(keys("pinned")).calls if call.api == "start_instance_refresh"]
    assert start.parameters["Preferences"]["SkipMatching"] is True


def test_auto_scaling_rolls_back_by_itself_only_where_it_can() -> None:
    rolls_back = {
        call.parameters["AutoScalingGroupName"]: call.parameters["Preferences"].get("AutoRollback", False)
        for call in plan_of().calls
        if call.api == "start_instance_refresh" and call.undoes is None
    }
    assert rolls_back == {
        "follows-default": False,
        "pinned": True,
        "follows-parameter": False,
        "follows-latest": False,
    }


@pytest.mark.parametrize(
    ("chosen", "options", "words"),
    [
        (keys("follows-parameter"), RollOutOptions(), "choose that too"),
        (keys("follows-default"), RollOutOptions(set_default=False), "default version"),
        (keys("by-configuration"), RollOutOptions(), "launch configuration"),
        (EVERYTHING, RollOutOptions(min_healthy=101), "minimum healthy"),
        (keys("name-of-nothing"), RollOutOptions(), "nothing is chosen"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_sent(
    chosen: frozenset[str], options: RollOutOptions, words: str
) -> None:
    with pytest.raises(NotPossible, match=words):
        plan_of(chosen, options)


@pytest.mark.parametrize(
    ("options", "is_wrong"),
    [
        (RollOutOptions(), False),
        (RollOutOptions(min_healthy=0, max_healthy=100), False),
        (RollOutOptions(min_healthy=0, max_healthy=101), True),
        (RollOutOptions(max_healthy=99), True),
        (RollOutOptions(checkpoints=(50, 20)), True),
        (RollOutOptions(checkpoints=(0,)), True),
        (RollOutOptions(bake_s=172_801), True),
        (RollOutOptions(alarms=tuple("abcdefghijk")), True),
    ],
)
def test_options_that_auto_scaling_refuses_are_told_first(options: RollOutOptions, is_wrong: bool) -> None:
    assert bool(problem(options)) is is_wrong


def test_the_review_names_each_old_and_new_image_and_version_and_who_else_takes_it() -> None:
    plan = plan_of(keys("/golden/web", "name-of-lt-1"))
    assert f"Parameter /golden/web: {OLD} → {NEW}." in plan.changes
    assert any("version 2 → 4" in words and f"{OLD} → {NEW}" in words for words in plan.changes)
    words = " ".join(plan.warnings)
    assert "follows-default follows the default version" in words
    assert "follows-parameter follows the parameter /golden/web" in words
    assert "pinned" not in words


def test_the_old_images_are_needed_until_nobody_would_roll_back() -> None:
    operation = ended(plan_of())._replace(changed_at=1000.0)
    needed = {(need.image_id, need.rolls_back) for need in image_needs([operation], 2000.0)}
    assert needed == {(OLD, True)}
    running = operation._replace(state=State.WAITING)
    assert {need.image_id for need in image_needs([running], 2000.0)} >= {OLD, NEW}


# Against a naive EC2


def random_inventory(source: random.Random) -> FleetInventory:
    parameters = tuple(
        FleetParameter(f"/p{number}", OLD, source.choice(["text", "aws:ec2:image"]), 1)
        for number in range(source.randint(0, 2))
    )
    pictures = [OLD, OLD, OTHER, *(f"resolve:ssm:{one.name}" for one in parameters)]
    templates = []
    for number in range(source.randint(1, 3)):
        versions = [source.choice(pictures) for _ in range(source.randint(1, 4))]
        templates.append(template(f"lt-{number}", *versions, default=source.randint(1, len(versions))))
    groups = []
    for number in range(source.randint(0, 4)):
        base = source.choice(templates)
        version = source.choice(["$Default", "$Latest", "", str(source.choice(base.versions).number)])
        instances = [f"i-{number}-{one}" for one in range(source.randint(0, 5))]
        groups.append(group(f"g{number}", base.template_id, version, *instances))
    return INVENTORY._replace(templates=tuple(templates), groups=tuple(groups), parameters=parameters)


def random_roll_out(seed: int) -> tuple[FleetInventory, Plan, frozenset[str]]:
    """A Region, a choice in it that can be rolled out, and the plan."""
    source = random.Random(seed)
    while True:
        inventory = random_inventory(source)
        listed = [one for one in candidates(inventory, IMAGE, IMAGES) if not one.refusal]
        chosen = frozenset(one.key for one in listed if source.random() < 0.7)
        options = RollOutOptions(at_once=source.random() < 0.5, set_default=source.random() < 0.8)
        try:
            return inventory, roll_out_plan(roll_out(inventory, IMAGE, chosen, options)), chosen
        except NotPossible:
            continue


SEEDS = range(150)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_chosen_has_the_new_image_and_no_other_parameter_or_group_is_touched(seed: int) -> None:
    inventory, plan, chosen = random_roll_out(seed)
    world = World.of(inventory)
    world.run(plan)
    for one in inventory.parameters:
        assert (world.parameters[one.name] == NEW) is bool(keys(one.name) & chosen)
    for each in inventory.groups:
        if keys(each.name) & chosen:
            assert world.launches(each.name) == NEW
            assert {image for _, image in world.instances[each.name]} <= {NEW}
        else:
            assert each.name not in world.touched


@pytest.mark.parametrize("seed", SEEDS)
def test_rolling_back_brings_back_what_launches_and_what_runs(seed: int) -> None:
    inventory, plan, _ = random_roll_out(seed)
    world = World.of(inventory)
    before = world.seen
    world.run(plan)
    back = roll_back_plan(ended(plan))
    if back is not None:  # a version that nothing follows is no change
        check_plan(back)
        world.run(back)
    assert world.seen == before


@pytest.mark.parametrize("seed", SEEDS)
def test_a_failure_of_any_step_is_taken_back_by_itself(seed: int) -> None:
    inventory, plan, _ = random_roll_out(seed)
    check_plan(plan)
    assert decode(json.loads(json.dumps(encode(plan)))).steps == decode(encode(plan)).steps
    for fail, step in enumerate(plan.steps):
        if step.undoes is not None:
            break
        world = World.of(inventory)
        before = world.seen
        world.run(plan, fail=fail)
        assert world.seen == before, f"step {fail} failed"


# Pause, way back, promotion


def waiting_at(plan: Plan, name: str, **more: object) -> tuple[int, object]:
    wait = next(index for index, step in enumerate(plan.steps) if isinstance(step, Watch) and step.within == name)
    answers = tuple((index, f"r-{index}") for index in range(wait) if isinstance(plan.steps[index], Call))
    operation = ended(plan, State.WAITING, step=wait, answers=answers, **more)
    return wait, operation


def test_a_pause_cancels_the_refreshes_that_are_waited_for() -> None:
    plan = plan_of(options=RollOutOptions(at_once=True))
    _, operation = waiting_at(plan, "pinned")
    pause = pause_plan(operation)  # type: ignore[arg-type]
    assert pause is not None
    assert [call.parameters["AutoScalingGroupName"] for call in pause.calls] == [
        "pinned",
        "follows-parameter",
        "follows-latest",
    ]
    assert len(pause.before["refreshes"]) == 3


def test_a_paused_roll_out_begins_no_further_refresh_until_it_is_continued() -> None:
    plan = plan_of()
    wait, operation = waiting_at(plan, "pinned")
    pause = pause_plan(operation)  # type: ignore[arg-type]
    assert pause is not None
    paused = Operation("op-2", pause, "123456789012", "", "b", "d", 5.0)
    held = operation, wait + 1
    assert is_paused(*held, [paused], 4.0)  # type: ignore[arg-type]
    assert not is_paused(*held, [paused], 6.0), "continued since"  # type: ignore[arg-type]
    assert not is_paused(*held, [paused._replace(state=State.DROPPED)], 4.0)  # type: ignore[arg-type]
    assert not is_paused(operation._replace(id="op-9"), wait + 1, [paused], 4.0)  # type: ignore[attr-defined]
    assert not is_paused(operation, len(plan.steps), [paused], 4.0), "nothing is left to send"  # type: ignore[arg-type]
    failed = operation._replace(what="it failed")  # type: ignore[attr-defined]
    assert not is_paused(failed, wait + 1, [paused], 4.0), "what was done is taken back all the same"


async def test_a_pause_cancels_the_refresh_that_runs_when_its_review_is_confirmed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, first = waiting_at(plan_of(), "follows-default")
    _, second = waiting_at(plan_of(), "pinned")
    done_meanwhile = ended(plan_of())
    submitted: list[str] = []

    async def refresh() -> None: ...

    async def submit(_host: object, plans: tuple[Plan, ...], _original: object) -> None:
        submitted.extend(call.parameters["AutoScalingGroupName"] for plan in plans for call in plan.calls)

    async def agreed(_self: object, _word: str, _operation: object, plans: object) -> object:
        return plans

    monkeypatch.setattr(actions, "submit", submit)
    monkeypatch.setattr(actions.OperationActions, "_agreed", agreed)
    words: list[str] = []
    for current in (second, done_meanwhile):
        engine = SimpleNamespace(refresh=refresh, operations=lambda current=current: [current])
        host = SimpleNamespace(operations=SimpleNamespace(engine=engine))
        await actions.OperationActions(host)._pause(first, words.append)  # type: ignore[arg-type]
    assert submitted == ["pinned"]
    assert words == ["nothing to pause: the roll-out has ended, or waits for you"]


async def test_a_batch_is_taken_back_after_one_review_and_what_has_not_ended_is_given_up_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    happened: list[str] = []

    async def drop(operation_id: str) -> None:
        happened.append(f"drop {operation_id}")

    async def submit(_host: object, plans: tuple[Plan, ...], _original: object) -> tuple[()]:
        happened.append(f"submit {len(plans)}")
        return ()

    async def agreed(_self: object, _word: str, _operation: object, plans: list[Plan]) -> object:
        happened.append(f"review {[str(plan.kind) for plan in plans]}")
        return plans

    monkeypatch.setattr(actions, "submit", submit)
    monkeypatch.setattr(actions.OperationActions, "_agreed", agreed)
    host = SimpleNamespace(operations=SimpleNamespace(engine=SimpleNamespace(drop=drop)))
    _, held = waiting_at(plan_of(), "pinned")
    batch = [
        ended(plan_of()),
        held._replace(id="op-7", state=State.ON_HOLD),  # type: ignore[attr-defined]
        done(promote_plan(FACTS, "/a", old="ami-0")),
    ]
    words: list[str] = []
    await actions.OperationActions(host)._take_back(batch, words.append)  # type: ignore[arg-type]
    assert happened == ["review ['roll-back', 'roll-back', 'promote']", "drop op-7", "submit 3"]
    assert words == []


def test_only_a_roll_out_that_waits_for_a_refresh_can_be_paused() -> None:
    assert pause_plan(ended(plan_of())) is None
    assert pause_plan(done(promote_plan(FACTS, "/a"))) is None


def test_an_active_refresh_is_rolled_back_by_auto_scaling_where_it_can() -> None:
    _, operation = waiting_at(plan_of(keys("pinned")), "pinned", seen="InProgress")
    back = roll_back_plan(operation)  # type: ignore[arg-type]
    assert back is not None
    assert [call.api for call in back.calls] == ["rollback_instance_refresh"]


def test_only_what_happened_is_rolled_back() -> None:
    plan = plan_of(keys("/golden/web", "pinned"))
    put_only = ended(plan, State.FAILED, step=2, answers=())
    back = roll_back_plan(put_only)
    assert back is not None
    assert [call.api for call in back.calls] == ["put_parameter"]
    assert roll_back_plan(ended(plan, State.FAILED, step=0, answers=())) is None


def test_a_promotion_is_undone_by_the_value_that_was_there() -> None:
    created = promote_plan(FACTS, "/golden/web/prod")
    moved = promote_plan(FACTS, "/golden/web/prod", old=OLD, data_type="text")
    assert created.calls[0].parameters["Overwrite"] is False
    assert created.calls[0].parameters["DataType"] == "aws:ec2:image"
    assert demote_plan(done(created)) is None
    back = undo_plan(done(moved))
    assert back is not None
    assert back.calls[0].parameters["Value"] == OLD
    assert back.calls[0].parameters["DataType"] == "text"


@pytest.mark.parametrize(
    ("name", "is_wrong"),
    [
        ("/golden/web/prod", False),
        ("golden-web", False),
        ("", True),
        ("golden/web", True),
        ("/aws/x", True),
        ("SSMthing", True),
        ("/a//b", True),
        ("/a b", True),
        ("/a/", True),
    ],
)
def test_a_name_that_systems_manager_refuses_is_told_first(name: str, is_wrong: bool) -> None:
    assert bool(parameter_problem(name)) is is_wrong


def test_an_image_of_an_override_is_refused() -> None:
    source = GroupSource("lt-1", "name-of-lt-1", "$Default", image=OTHER, override=True)
    mixed = group("mixed", "lt-1", "$Default", "i-1")
    mixed = mixed._replace(mixed=True, sources=(*mixed.sources, source))
    with pytest.raises(NotPossible, match="override"):
        roll_out(INVENTORY._replace(groups=(mixed,)), IMAGE, keys("mixed"), RollOutOptions())


ARM = "ami-0dddddddddddddddd"


@pytest.mark.parametrize("arm_first", [False, True])
def test_a_group_of_two_architectures_moves_those_of_the_image_alone(arm_first: bool) -> None:
    mixed = group("mixed", "lt-1", "$Default", "i-1")
    sources = (*mixed.sources, GroupSource("lt-9", "name-of-lt-9", "$Default", image_id=ARM, override=True))
    mixed = mixed._replace(mixed=True, sources=tuple(reversed(sources)) if arm_first else sources)
    inventory = INVENTORY._replace(groups=(mixed,), templates=(*INVENTORY.templates, template("lt-9", ARM)))
    images = {**IMAGES, ARM: audit_image(ARM, "acme-web-20261001", architecture="arm64")}
    (found,) = (one for one in candidates(inventory, IMAGE._replace(created=2), images) if one.name == "mixed")
    assert (found.old_image, found.refusal, found.proposed) == (OLD, "", True)
    moved = roll_out(inventory, IMAGE, keys("mixed"), RollOutOptions(), images)
    assert [one.template_id for one in moved.templates] == ["lt-1"]
    assert moved.bystanders == (
        "Auto Scaling group mixed keeps name-of-lt-9 as it is: it launches arm64, and the image is x86_64.",
    )
    (only,) = (
        one
        for one in candidates(inventory._replace(groups=(mixed._replace(sources=sources[1:]),)), IMAGE, images)
        if one.name == "mixed"
    )
    assert only.refusal == "it runs arm64 images, and this one is x86_64"


def test_the_region_is_part_of_what_is_chosen() -> None:
    with pytest.raises(NotPossible, match="nothing is chosen"):
        roll_out_plan(roll_out(INVENTORY, IMAGE, keys("/golden/web", region="eu-west-1"), RollOutOptions()))
    assert IMAGE.region == HOME


# How far it has come


def shown(operation: Operation) -> dict[str, str]:
    return {line.label: line.value for group in roll_out_groups(operation) for line in group.lines}


def test_the_pane_counts_instances_by_new_and_old_image_group_by_group() -> None:
    plan = plan_of(keys("follows-default", "pinned"))
    first = next(index for index, step in enumerate(plan.steps) if isinstance(step, Watch))
    running = ended(plan, State.WAITING, step=first, progress=50, seen="InProgress")
    assert shown(running) == {"follows-default": "1 new, 1 old", "pinned": "0 new, 1 old"}
    assert shown(ended(plan)) == {"follows-default": "2 new, 0 old", "pinned": "1 new, 0 old"}
    failed = ended(plan, State.FAILED, what="it failed", failed_step=first + 2)
    assert shown(failed)["follows-default"] == "taken back"
    assert shown(done(promote_plan(FACTS, "/a"))) == {}
