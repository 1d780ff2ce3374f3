"""The plan that changes with whom an image is shared, and the one that changes it back.

Each grantee has a call of its own as long as they are few, so that one that EC2 does not know leaves the others
alone; the operation's results say what became of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from amitui.domain.operations.apis import APIS
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.plan import Call, Plan
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.domain.sharing.grantees import EVERYONE, Kind, counted, is_grantee, kind_of, listed
from amitui.domain.sharing.permissions import Difference, Sharing, Wanted, difference, effective, snapshot_changes

SINGLY: Final = 20
"""Grantees up to which each has a call of its own; ModifyImageAttribute may be called 5 times a second."""
CHUNK: Final = 50
"""Grantees in one call when there are more."""
ROOM: Final = 1_000
"""Grantees from which on removing has to come before adding, or the quota is in the way."""

ADD: Final = "Add"
REMOVE: Final = "Remove"


def share_plan(
    facts: ImageFacts,
    sharing: Sharing,
    add: Sequence[str],
    remove: Sequence[str],
    *,
    share_snapshots: bool,
    names: Mapping[str, str] | None = None,
) -> Plan:
    """Share an image with some and no longer with others.

    Args:
        sharing: how things are; what is granted already is not granted again.
        add: grantees.
        remove: grantees.
        share_snapshots: whether the accounts among them shall read its snapshots too, or no longer.
        names: the address book.

    Raises:
        ValueError: there is nothing to change.
    """
    wanted = Wanted(tuple(add), tuple(remove), share_snapshots)
    change = effective(sharing, wanted)
    snapshots = snapshot_changes(sharing, wanted)
    if not change.added and not change.removed and not snapshots:
        raise ValueError("there is nothing to change")
    calls = [*_permission_calls(facts, change), *_snapshot_calls(facts, snapshots)]
    public = EVERYONE in change.added
    return Plan(
        kind=OperationKind.SHARE,
        title=_title(facts, change),
        region=facts.region,
        subject=facts.image_id,
        steps=tuple(calls),
        changes=_sentences(sharing, change, snapshots, names or {}),
        warnings=(f"Every AWS account can launch {facts.label} and read the data on its volumes.",)
        if public
        else (),
        rows_to_refresh=((facts.region, facts.image_id),),
        before={
            "name": facts.name,
            "public": facts.public,
            "shared": None if sharing.granted is None else list(sharing.now),
            "added": list(change.added),
            "removed": list(change.removed),
            "snapshots": {one: [list(two.added), list(two.removed)] for one, two in snapshots.items()},
        },
        confirm=facts.label if public else "",
    )


def unshare_plan(operation: Operation) -> Plan | None:
    """What brings back with whom an image was shared; of a change that failed in part, for what was done of it.

    `None` when it is not known what was before, or nothing was changed.
    """
    plan = operation.plan
    if operation.state not in (State.DONE, State.FAILED) or plan.before.get("shared") is None:
        return None
    undone = _undone(operation)
    steps = [call for call in reversed(plan.calls) if call.about not in undone]
    calls = tuple(_reversed(call) for call in steps)
    if not calls:
        return None
    facts = ImageFacts(plan.region, plan.subject, name=str(plan.before.get("name", "")))
    added = [one for call in calls for one in _grantees(call, ADD)]
    removed = [one for call in calls for one in _grantees(call, REMOVE)]
    shared = difference(plan.before["shared"], plan.before["removed"]).removed + tuple(plan.before["added"])
    changes = (
        *((f"{facts.label} can be launched again by {listed(added, {})}.",) if added else ()),
        *((f"{facts.label} can no longer be launched by {listed(removed, {})}.",) if removed else ()),
        *(("Access to its snapshots is restored too.",) if plan.before.get("snapshots") else ()),
    )
    return Plan(
        kind=OperationKind.SHARE,
        title=f"Restore the shares of {facts.label}",
        region=plan.region,
        subject=plan.subject,
        steps=calls,
        changes=changes,
        rows_to_refresh=plan.rows_to_refresh,
        before={
            "name": facts.name,
            "public": EVERYONE in shared,
            "shared": list(shared),
            "added": added,
            "removed": removed,
            "snapshots": plan.before.get("snapshots") or {},
        },
        confirm=facts.label if EVERYONE in added else "",
    )


def _permission_calls(facts: ImageFacts, change: Difference) -> list[Call]:
    added, removed = list(change.added), list(change.removed)
    size = 1 if len(added) + len(removed) <= SINGLY else CHUNK
    # Who loses a wider share for a narrower one is never without.
    first, second = (ADD, added), (REMOVE, removed)
    if len(added) + len(removed) + len(change.kept) > ROOM:
        first, second = second, first
    return [
        _permission_call(facts, verb, grantees[start : start + size])
        for verb, grantees in (first, second)
        for start in range(0, len(grantees), size)
    ]


def _permission_call(facts: ImageFacts, verb: str, grantees: Sequence[str]) -> Call:
    action = "share the image" if verb == ADD else "unshare the image"
    return Call(
        "modify_image_attribute",
        facts.region,
        {
            "ImageId": facts.image_id,
            "LaunchPermission": {verb: [{kind_of(one).value: one} for one in grantees]},
        },
        action,
        always=True,
        about=_about(grantees),
    )


def _snapshot_calls(facts: ImageFacts, snapshots: Mapping[str, Difference]) -> list[Call]:
    calls = []
    for snapshot_id, change in snapshots.items():
        for verb, accounts in ((ADD, change.added), (REMOVE, change.removed)):
            for start in range(0, len(accounts), CHUNK):
                some = accounts[start : start + CHUNK]
                parameters: dict[str, Any] = {
                    "SnapshotId": snapshot_id,
                    "Attribute": "createVolumePermission",
                    "CreateVolumePermission": {verb: [{Kind.ACCOUNT.value: one} for one in some]},
                }
                about = f"{snapshot_id} {'for' if verb == ADD else 'no longer for'} {_about(some)}"
                action = "share a snapshot" if verb == ADD else "unshare a snapshot"
                calls.append(
                    Call("modify_snapshot_attribute", facts.region, parameters, action, always=True, about=about)
                )
    return calls


def _title(facts: ImageFacts, change: Difference) -> str:
    more, less = counted(change.added), counted(change.removed)
    if more and less:
        return f"Share {facts.label} with {more}, no longer with {less}"
    if less:
        return f"Stop sharing {facts.label} with {less}"  # the verb first: lists cut the end of a title off
    if more:
        return f"Share {facts.label} with {more}"
    return f"Share the snapshots of {facts.label} like the image"


def _about(grantees: Sequence[str]) -> str:
    """The subject of a result: the grantee, or of several the first and the last."""
    if len(grantees) == 1:
        return grantees[0]
    return f"{len(grantees)} from {grantees[0]} to {grantees[-1]}"


def _sentences(
    sharing: Sharing,
    change: Difference,
    snapshots: Mapping[str, Difference],
    names: Mapping[str, str],
) -> tuple[str, ...]:
    """Before and after, then what is new."""
    lines = []
    if sharing.granted is not None:
        after = (*change.kept, *change.added)
        lines.append(
            f"It will be shared with {counted(after) or 'nobody'}; until now with "
            f"{counted(sharing.now) or 'nobody'}."
        )
    if change.added:
        lines.append(f"+ {listed(change.added, names)} can launch it.")
    if change.removed:
        lines.append(f"- {listed(change.removed, names)} can no longer launch it.")
    for snapshot_id, one in snapshots.items():
        if one.added:
            lines.append(f"+ {listed(one.added, names)} can read and copy {snapshot_id}.")
        if one.removed:
            lines.append(f"- {listed(one.removed, names)} can no longer read {snapshot_id}.")
    return tuple(lines)


def _undone(operation: Operation) -> frozenset[str]:
    """What EC2 refused, by the subjects of results; of an operation that failed, also what was not sent."""
    refused = {result.subject for result in operation.results if not result.ok}
    if operation.state is State.FAILED:
        done = {result.subject for result in operation.results if result.ok}
        refused |= {call.about for call in operation.plan.calls} - done
    return frozenset(refused)


def _reversed(call: Call) -> Call:
    parameter = APIS[call.api].permissions
    ((verb, grantees),) = call.parameters[parameter].items()
    other = REMOVE if verb == ADD else ADD
    what = "the image" if call.api == "modify_image_attribute" else "a snapshot"
    action = f"share {what}" if other == ADD else f"unshare {what}"
    return call._replace(parameters={**call.parameters, parameter: {other: grantees}}, action=action)


def _grantees(call: Call, verb: str) -> list[str]:
    """Whom a call about an image adds or removes; nobody of one about a snapshot."""
    if call.api != "modify_image_attribute":
        return []
    entries = call.parameters["LaunchPermission"].get(verb, ())
    return [value for entry in entries for value in entry.values() if is_grantee(value)]
