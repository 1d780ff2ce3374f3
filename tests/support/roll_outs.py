"""Roll-outs of every form: a Region with parameters, templates and groups, and the plans over it."""

from __future__ import annotations

from typing import Final

from amitui.domain.fleet.inventory import (
    FleetConfiguration,
    FleetGroup,
    FleetInventory,
    FleetParameter,
    FleetTemplate,
    GroupSource,
    TemplateVersion,
)
from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.plan import Plan
from amitui.domain.rollout.candidates import Candidate, MovedKind, NewImage
from amitui.domain.rollout.moved import roll_out
from amitui.domain.rollout.options import RollOutOptions
from amitui.domain.rollout.plan import roll_out_plan
from amitui.domain.rollout.way_back import pause_plan, roll_back_plan

HOME: Final = "us-east-1"
OLD: Final = "ami-0aaaaaaaaaaaaaaaa"
NEW: Final = "ami-0bbbbbbbbbbbbbbbb"
OTHER: Final = "ami-0cccccccccccccccc"
ACCOUNT: Final = "123456789012"
IMAGE: Final = NewImage(HOME, NEW, "acme-web-20261120", ACCOUNT, "x86_64")


def template(template_id: str, *versions: str, default: int = 0) -> FleetTemplate:
    """A launch template by the images of its versions; the last is the default unless another is named."""
    standing = default or len(versions)
    found = tuple(
        TemplateVersion(
            number,
            default=number == standing,
            latest=number == len(versions),
            image=image,
            image_id=OLD if image.startswith("resolve:") else image,
        )
        for number, image in enumerate(versions, 1)
    )
    return FleetTemplate(template_id, f"name-of-{template_id}", found)


def group(name: str, template_id: str, version: str, *instances: str) -> FleetGroup:
    """A group of one template."""
    source = GroupSource(template_id, f"name-of-{template_id}", version)
    return FleetGroup(name, f"arn:{name}", 0, len(instances), 9, (source,), instances, refreshes=(f"r-{name}-0",))


PARAMETER: Final = FleetParameter("/golden/web", OLD, "aws:ec2:image", 3)
INVENTORY: Final = FleetInventory(
    HOME,
    ACCOUNT,
    templates=(
        template("lt-1", OLD, OLD, OTHER, default=2),
        template("lt-2", f"resolve:ssm:{PARAMETER.name}"),
        template("lt-3", OTHER, OLD),
    ),
    configurations=(FleetConfiguration("old-style", OLD),),
    groups=(
        group("follows-default", "lt-1", "$Default", "i-1", "i-2"),
        group("pinned", "lt-1", "2", "i-3"),
        group("follows-parameter", "lt-2", "$Default", "i-4"),
        group("follows-latest", "lt-3", "$Latest", "i-5"),
        FleetGroup(
            "by-configuration", "arn:c", 0, 1, 1, (GroupSource(configuration="old-style", image_id=OLD),), ("i-6",)
        ),
    ),
    parameters=(PARAMETER,),
)


def keys(*names: str, region: str = HOME) -> frozenset[str]:
    """The keys of candidates with these names, whatever they are."""
    return frozenset(Candidate(region, kind, name, "").key for kind in MovedKind for name in names)


EVERYTHING: Final = keys(
    "/golden/web",
    "name-of-lt-1",
    "name-of-lt-3",
    "follows-default",
    "pinned",
    "follows-parameter",
    "follows-latest",
)


def plan_of(chosen: frozenset[str] = EVERYTHING, options: RollOutOptions | None = None) -> Plan:
    """The plan of a roll-out over the sample Region."""
    return roll_out_plan(roll_out(INVENTORY, IMAGE, chosen, options or RollOutOptions()))


def ended(plan: Plan, state: State = State.DONE, **more: object) -> Operation:
    """A roll-out whose calls were all answered."""
    answers = tuple((index, f"{index}") for index in range(len(plan.steps)))
    operation = Operation("op-1", plan, ACCOUNT, "", "b", "d", 0.0, state=state, step=len(plan.steps))
    return operation._replace(answers=answers)._replace(**more)  # type: ignore[arg-type]


def roll_out_plans() -> list[Plan]:
    """Roll-outs with everything and with little, their ways back, and a pause."""
    whole = plan_of()
    careful = RollOutOptions(
        max_healthy=120, warmup_s=60, checkpoints=(20, 50), bake_s=600, alarms=("errors",), at_once=True
    )
    pinned = plan_of(keys("pinned"))
    wait = next(index for index, step in enumerate(pinned.steps) if not hasattr(step, "api"))
    active = ended(pinned, State.WAITING, step=wait, seen="InProgress")
    ways_back = [roll_back_plan(ended(whole)), roll_back_plan(active), pause_plan(active)]
    return [
        whole,
        plan_of(options=careful),
        plan_of(keys("/golden/web"), RollOutOptions(roll_back=False)),
        plan_of(keys("name-of-lt-1"), RollOutOptions(set_default=False)),
        pinned,
        *(plan for plan in ways_back if plan is not None),
    ]
