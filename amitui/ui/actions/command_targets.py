"""What a user's command is run on: images or instances, with whose credentials, and its variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amitui.domain.commands.command import AppliesTo
from amitui.domain.commands.variables import common_values
from amitui.domain.counts import count_of
from amitui.presentation.command_values import image_values, instance_values
from amitui.services.members import Member
from amitui.ui.actions.acting import Acting, refusal
from amitui.ui.actions.user_commands import MOST_ROWS
from amitui.ui.screens.pane_commands import PaneCommand

if TYPE_CHECKING:
    from amitui.domain.commands.command import UserCommand
    from amitui.domain.image.row import ImageRow
    from amitui.domain.launch.instances import Instance
    from amitui.ui.app import AmituiApp


@dataclass(frozen=True, slots=True)
class Target:
    """What a command is run on."""

    acting: Acting
    """Whose things they are: their marks hold."""
    about: str
    """Of what, for people; empty = of nothing."""
    rows: tuple[Mapping[str, str], ...]
    """The values of each, by the names of `domain.commands.variables`."""
    values: Mapping[str, str]
    """The values of the variables."""


def obstacle_of_rows(host: AmituiApp, command: UserCommand, rows: Sequence[ImageRow]) -> str:
    """Why a command cannot be run on these rows; empty = it can."""
    if command.applies.needs_rows and (obstacle := _count_obstacle(command, len(rows), "image")):
        return obstacle
    return _danger_obstacle(host, command, _acting_on(host, rows))


def obstacle_of_instances(host: AmituiApp, command: UserCommand, instances: Sequence[Instance]) -> str:
    """The same of instances."""
    if obstacle := _count_obstacle(command, len(instances), "instance"):
        return obstacle
    return _danger_obstacle(host, command, Acting(tuple(dict.fromkeys(_launched_by(host, instances)))))


def _count_obstacle(command: UserCommand, count: int, noun: str) -> str:
    if not count:
        return f"no {noun} is selected"
    if count > 1 and not command.applies.takes_several:
        return f"works on one {noun} at a time: {count:,} are marked"
    return f"at most {MOST_ROWS:,} {noun}s at once: {count:,} are marked" if count > MOST_ROWS else ""


def _danger_obstacle(host: AmituiApp, command: UserCommand, acting: Acting) -> str:
    if not command.dangerous:
        return ""
    if host.services.settings.demo:
        return "off in the demo, whose images exist nowhere else"
    return next(filter(None, (refusal(host.services, member) for member in acting.members)), "")


def _acting_on(host: AmituiApp, rows: Sequence[ImageRow]) -> Acting:
    members = host.services.members
    return Acting.of_rows(members, rows) if rows else Acting(members.used or (members.first,))


def rows_target(host: AmituiApp, command: UserCommand, rows: Sequence[ImageRow]) -> Target:
    """What a command is run on, of images."""
    acting = _acting_on(host, rows)
    each = tuple(
        {**image_values(row), **_caller_values(host, acting.on(row.region, row.image_id))} for row in rows
    )
    values = common_values(each)
    if not rows:
        values = {"REGION": next(iter(host.browse.view.regions), ""), **_caller_values(host, acting.members[0])}
    if command.applies is AppliesTo.IMAGES:
        values |= {"IMAGE_IDS": " ".join(row.image_id for row in rows), "COUNT": str(len(rows))}
    if command.applies is AppliesTo.FAMILY and rows:
        about = f"{values['FAMILY'] or rows[0].name} ({rows[0].image_id})"
    else:
        about = _about([f"{row.image_id} {row.name}".rstrip() for row in rows], "image")
    return _target(host, command, acting, about, each, values)


def instances_target(host: AmituiApp, command: UserCommand, instances: Sequence[Instance]) -> Target:
    """What a command is run on, of instances."""
    by = _launched_by(host, instances)
    each = tuple(
        {**instance_values(one), **_caller_values(host, member)} for one, member in zip(instances, by, strict=True)
    )
    values = common_values(each)
    if command.applies is AppliesTo.INSTANCES:
        ids = " ".join(one.instance_id for one in instances)
        values |= {"INSTANCE_IDS": ids, "COUNT": str(len(instances))}
    about = _about([f"{one.instance_id} {one.name}".rstrip() for one in instances], "instance")
    return _target(host, command, Acting(tuple(dict.fromkeys(by))), about, each, values)


def pane_command(host: AmituiApp, command: UserCommand, keys: str) -> PaneCommand:
    """A command as the pane of its rows offers it."""
    of_instances = command.applies.is_of_instances

    def obstacle(rows: Sequence[Any]) -> str:
        return (obstacle_of_instances if of_instances else obstacle_of_rows)(host, command, rows)

    def run(rows: Sequence[Any], say: Callable[[str], None]) -> None:
        from amitui.ui.actions.command_start import start

        target = (instances_target if of_instances else rows_target)(host, command, rows)
        host.work(start(host, command, target, say), f"running {command.called}")

    return PaneCommand(command.id, keys, command.called, command.about, obstacle, run)


def _target(
    host: AmituiApp,
    command: UserCommand,
    acting: Acting,
    about: str,
    rows: tuple[Mapping[str, str], ...],
    values: Mapping[str, str],
) -> Target:
    demo = {"DEMO": "1"} if host.services.settings.demo else {}
    return Target(acting, about, rows, {"COMMAND": command.name, **demo, **values})


def _about(names: Sequence[str], noun: str) -> str:
    return names[0] if len(names) == 1 else count_of(len(names), noun) if names else ""


def _launched_by(host: AmituiApp, instances: Sequence[Instance]) -> list[Member]:
    """With whose credentials each instance was launched; such a profile need not be among those in use."""
    members = host.services.members
    found = []
    for one in instances:
        member = members.of_profile(one.profile)
        if member is None or (one.account and member.account != one.account):
            member = Member(one.profile or None, one.account or None, one.profile or one.account)
        found.append(member)
    return found


def _caller_values(host: AmituiApp, member: Member) -> dict[str, str]:
    caller = host.services.session.connections.caller(member.profile)
    return {
        "PROFILE": caller.name,
        "ACCOUNT": member.account or "",
        "ENDPOINT_URL": caller.endpoint_url or "",
    }
