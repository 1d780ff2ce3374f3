"""The branches of a timeline: copies, shares, instances, what refers to the image, and what else is under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from amitui.domain.image.image import ImageFlag
from amitui.domain.operations.awaited import IMAGE, INSTANCE
from amitui.domain.operations.kinds import Milestone, OperationKind, spec_of
from amitui.domain.operations.operation import Operation, State
from amitui.domain.timeline.entry import BROKEN, MOST_LISTED, UNDER_WAY, Sources, TimelineEntry, entry_of
from amitui.domain.timeline.lineage import Descendant, InstanceOf

_LIVE_INSTANCES: Final = ("running", "pending", "stopping", "stopped", "shutting-down", "terminated")
"""EC2's instance states in the order in which they are listed."""


def branches(sources: Sources) -> Iterator[TimelineEntry]:
    yield from _copies(sources)
    yield _shared(sources)
    yield _launched(sources)
    yield _used(sources)
    image_id = sources.image.summary.image_id
    for operation in sources.operations:
        has_milestone = spec_of(operation.plan.kind).milestone is not Milestone.NONE
        if has_milestone or operation.made == image_id:
            continue
        if not operation.state.ended or operation.state is State.FAILED:
            yield entry_of(operation, "under way" if not operation.state.ended else "failed", sources.now)


def _copies(sources: Sources) -> Iterator[TimelineEntry]:
    image_id = sources.image.summary.image_id
    copying = [
        one for one in sources.operations if one.plan.kind is OperationKind.COPY and one.plan.subject == image_id
    ]
    by_image = {one.made: one for one in copying if one.made}
    known = {one.image_id: one for one in sources.lineage.copies or ()}
    any_copies = False
    for operation in copying:
        if operation.made not in known and operation.state is not State.DROPPED:
            any_copies = True
            detail = (operation.made,) if operation.made else ()
            yield entry_of(operation, f"copied to {operation.plan.region}", sources.now, detail)
    for one in sources.lineage.copies or ():
        any_copies = True
        yield _descendant(one, by_image.get(one.image_id), sources)
    missing = sources.lineage.unknown.get("copies", "")
    if sources.lineage.copies is None:
        yield TimelineEntry("copied", "unknown", cause=missing)
    elif missing:
        yield TimelineEntry("copied", "unknown", cause=f"not seen everywhere: {missing}")
    elif not any_copies:
        where = ", ".join(sources.lineage.copy_regions)
        yield TimelineEntry("copied", "ahead", cause=f"no copies in {where}" if where else "no copies")


def _descendant(one: Descendant, operation: Operation | None, sources: Sources) -> TimelineEntry:
    name = f"copied to {one.region}" if not one.instance_id else f"built upon in {one.region}"
    seen = sources.observations.get((IMAGE, one.image_id))
    state = seen.state if seen is not None and seen.state else one.state
    reason = (seen.reason if seen is not None else "") or one.reason
    detail = (
        f"{one.image_id} {one.name}".rstrip(),
        *((f"of instance {one.instance_id}",) if one.instance_id else ()),
    )
    if operation is not None and not operation.state.ended:
        return entry_of(operation, name, sources.now, detail)
    if state in UNDER_WAY:
        elapsed = None if one.created is None else max(0, sources.now - one.created)
        return TimelineEntry(name, "now", one.created, elapsed, "", detail, seen.progress if seen else None)
    if state in BROKEN:
        return TimelineEntry(
            name, "bad", one.created, cause=reason or f"EC2 reports {state} without a reason", detail=detail
        )
    return TimelineEntry(name, "done", one.created, cause="" if state == "available" else state, detail=detail)


def _shared(sources: Sources) -> TimelineEntry:
    shares = sources.lineage.shares
    if sources.image.summary.flags & ImageFlag.PUBLIC and not shares:
        return TimelineEntry("shared", "done", detail=("every AWS account (public)",))
    if shares is None:
        return TimelineEntry("shared", "unknown", cause=sources.lineage.unknown.get("shares", ""))
    if not shares:
        return TimelineEntry("shared", "ahead", cause="only the owner")
    more = (f"and {len(shares) - MOST_LISTED} more",) if len(shares) > MOST_LISTED else ()
    return TimelineEntry("shared", "done", detail=(*shares[:MOST_LISTED], *more))


def _launched(sources: Sources) -> TimelineEntry:
    instances, last = sources.lineage.instances, sources.image.summary.last_launched
    if instances is None:
        cause = sources.lineage.unknown.get("instances", "")
        return TimelineEntry("launched", "unknown" if last is None else "done", last, cause=cause)
    if not instances:
        return TimelineEntry(
            "launched", "ahead" if last is None else "done", last, cause="no running instances of it here"
        )
    states = [(one, _instance_state(one, sources)) for one in instances]
    counted = Counter(state for _, state in states)
    order = [
        *(state for state in _LIVE_INSTANCES if state in counted),
        *sorted(counted.keys() - {*_LIVE_INSTANCES}),
    ]
    words = ", ".join(f"{counted[state]} {state}" for state in order)
    listed = tuple(
        " ".join(part for part in (one.instance_id, one.name, state) if part)
        for one, state in states[:MOST_LISTED]
    )
    more = (f"and {len(states) - MOST_LISTED} more",) if len(states) > MOST_LISTED else ()
    moving = any(state in ("pending", "stopping", "shutting-down") for state in counted)
    newest = max((one.launched_at for one in instances if one.launched_at is not None), default=last)
    return TimelineEntry("launched", "now" if moving else "done", newest, cause=words, detail=(*listed, *more))


def _instance_state(one: InstanceOf, sources: Sources) -> str:
    seen = sources.observations.get((INSTANCE, one.instance_id))
    if seen is None or not seen.state:
        return one.state
    checks = dict(seen.facts).get("checks", "")
    return f"{seen.state} (checks {checks})" if checks not in ("", "ok") else seen.state


def _used(sources: Sources) -> TimelineEntry:
    uses = sources.lineage.uses
    if uses is None:
        return TimelineEntry("used by", "unknown", cause=sources.lineage.unknown.get("uses", ""))
    if not uses:
        return TimelineEntry("used by", "ahead", cause="no other references here")
    more = (f"and {len(uses) - MOST_LISTED} more",) if len(uses) > MOST_LISTED else ()
    return TimelineEntry(
        "used by", "done", detail=(*(f"{use.kind} {use.name}" for use in uses[:MOST_LISTED]), *more)
    )
