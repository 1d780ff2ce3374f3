"""The timeline of an image: the milestones it has reached, the one it is at, and those ahead.

Derived from its record, which is always there, from what was read from EC2 besides (`Lineage`), from the journal's
operations about it, and from the poller's observations since. Pure; times are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from amitui.domain.image.image import Image
from amitui.domain.operations.awaited import IMAGE
from amitui.domain.operations.kinds import Milestone, OperationKind
from amitui.domain.operations.operation import Operation, State
from amitui.domain.timeline.branches import branches
from amitui.domain.timeline.entry import BROKEN, MOST_LISTED, UNDER_WAY, Sources, TimelineEntry, entry_of
from amitui.domain.timeline.lineage import Lineage
from amitui.domain.timeline.observation import Observation


@dataclass(frozen=True, slots=True)
class Timeline:
    """The milestones in their order, and the branches: copies, shares, instances, other uses, other operations."""

    milestones: tuple[TimelineEntry, ...]
    branches: tuple[TimelineEntry, ...]

    @property
    def present(self) -> int:
        """Index of the milestone it is at: the last one that is reached or under way."""
        reached = [
            index for index, milestone in enumerate(self.milestones) if milestone.state in ("done", "now", "bad")
        ]
        return reached[-1] if reached else 0


def timeline_of(
    image: Image,
    lineage: Lineage,
    operations: Sequence[Operation],
    now: int,
    observations: Mapping[tuple[str, str], Observation] | None = None,
) -> Timeline:
    """The timeline of an image.

    Args:
        image: its record.
        lineage: what was read of it; `lineage.unknown_lineage(words)` when nothing was read (yet).
        operations: of the journal, those about this image, the newest first.
        now: seconds since the epoch.
        observations: of the poller, by kind and id.
    """
    sources = Sources(image, lineage, operations, now, observations or {})
    milestones = (
        _created(sources),
        _registered(sources),
        _available(sources),
        _deprecated(sources),
        _disabled(sources),
    )
    return Timeline((*milestones, *_end(sources)), tuple(branches(sources)))


def about(operations: Sequence[Operation], image_id: str) -> list[Operation]:
    """Those operations that made the image, change it or copy it."""
    return [
        operation
        for operation in operations
        if image_id in (operation.made, operation.plan.subject)
        or any(changed == image_id for _, changed in operation.plan.rows_to_refresh)
    ]


def _created(sources: Sources) -> TimelineEntry:
    image, lineage = sources.image, sources.lineage
    started = [one.started for one in lineage.snapshots or () if one.started is not None]
    at = min([*started, *([image.summary.created] if image.summary.created is not None else [])], default=None)
    detail = []
    if image.source_instance_id:
        detail.append(f"from instance {image.source_instance_id}")
    if image.source_image_id:
        region = image.source_image_region
        detail.append(f"from {image.source_image_id}" + (f" in {region}" if region else ""))
    for one in lineage.snapshots or ():
        progress = f" {one.progress}%" if one.state == "pending" and one.progress is not None else ""
        detail.append(f"{one.snapshot_id}, {one.gib} GiB, {one.state}{progress}")
    if lineage.snapshots is None:
        snapshots = [device.snapshot_id for device in image.block_devices if device.snapshot_id]
        detail += snapshots[:MOST_LISTED]
    if lineage.ancestry and len(lineage.ancestry) > 1:
        line = [
            one.image_id + (f" ({one.owner_alias})" if one.owner_alias else "") for one in lineage.ancestry[1:]
        ]
        detail.append("made of " + ", of ".join(line))
    missing = {name: lineage.unknown[name] for name in ("snapshots", "ancestry") if lineage.unknown.get(name)}
    return TimelineEntry("created", "done", at, cause=_joined(missing), detail=tuple(detail))


def _registered(sources: Sources) -> TimelineEntry:
    image = sources.image
    made = next((one for one in sources.operations if one.made == image.summary.image_id), None)
    cause = f"by amitui: {made.plan.title}" if made is not None else ""
    return TimelineEntry("registered", "done", image.summary.created, cause=cause)


def _available(sources: Sources) -> TimelineEntry:
    image, state = sources.image, sources.state
    made = next((one for one in sources.operations if one.made == image.summary.image_id), None)
    created = image.summary.created
    seen = sources.observations.get((IMAGE, image.summary.image_id))
    if state in BROKEN:
        reason = (seen.reason if seen else "") or sources.lineage.reason or image.summary.state_reason
        return TimelineEntry("available", "bad", cause=reason or f"EC2 reports {state} without a reason")
    if state in UNDER_WAY:
        progress = seen.progress if seen else None
        if progress is None:
            progress = _progress(sources) if made is None or made.progress is None else made.progress
        elapsed = None if created is None else max(0, sources.now - created)
        left = made.estimate(sources.now) if made is not None else None
        return TimelineEntry("available", "now", None, elapsed, progress=progress, left=left)
    at = (
        int(made.ended_at) if made is not None and made.ended_at is not None and made.state is State.DONE else None
    )
    took = int(made.elapsed(sources.now)) if at is not None and made is not None else None
    return TimelineEntry("available", "done", at, took)


def _progress(sources: Sources) -> int | None:
    """Of the snapshots, weighted by their sizes; `None` when not all are known."""
    parts = [
        (one.gib, 100 if one.state == "completed" else one.progress) for one in sources.lineage.snapshots or ()
    ]
    total = sum(gib for gib, _ in parts)
    if not total or any(progress is None for _, progress in parts):
        return None
    return int(sum(gib * (progress or 0) for gib, progress in parts) / total)


def _deprecated(sources: Sources) -> TimelineEntry:
    at = sources.image.summary.deprecated
    if (live := _changing(sources, Milestone.DEPRECATED)) is not None:
        return live
    if at is None:
        return TimelineEntry("deprecated", "ahead", cause="no date set")
    if at > sources.now:
        return TimelineEntry("deprecated", "ahead", at)
    return TimelineEntry("deprecated", "done", at, cause="hidden in lists; can still be launched by ID")


def _disabled(sources: Sources) -> TimelineEntry:
    if (live := _changing(sources, Milestone.DISABLED)) is not None:
        return live
    if sources.state == "disabled":
        return TimelineEntry(
            "disabled", "done", cause="cannot be launched; its launch permissions are gone for good"
        )
    return TimelineEntry("disabled", "ahead")


def _end(sources: Sources) -> Iterator[TimelineEntry]:
    """Deregistered and, from then on, in the recycle bin or not."""
    state = sources.state
    if state not in ("", "deregistered"):
        live = _changing(sources, Milestone.DEREGISTERED)
        protection = sources.image.deregistration_protection
        protected = protection not in ("", "disabled")
        yield live or TimelineEntry("deregistered", "ahead", cause=f"protected: {protection}" if protected else "")
        return
    done = [
        one for one in sources.operations if one.plan.kind is OperationKind.DEREGISTER and one.state is State.DONE
    ]
    found = sources.lineage.in_bin
    entered = found.entered if found is not None else None
    at = entered if entered is not None else int(done[0].ended_at or 0) or None if done else None
    yield TimelineEntry("deregistered", "done", at, cause="EC2 no longer lists it")
    if (live := _changing(sources, Milestone.IN_BIN)) is not None:
        yield live
    elif found is not None:
        until = () if found.leaves is None else (f"{max(0, found.leaves - sources.now) // 86_400} days left",)
        yield TimelineEntry("in Recycle Bin", "done", found.entered, detail=until)
    elif "image" in sources.lineage.unknown:
        yield TimelineEntry("in Recycle Bin", "unknown", cause=sources.lineage.unknown["image"])
    else:
        yield TimelineEntry("in Recycle Bin", "ahead", cause="not in the Recycle Bin")


def _changing(sources: Sources, milestone: Milestone) -> TimelineEntry | None:
    """The milestone while an operation is bringing it about or undoing it; also when that failed."""
    operation = sources.under_way(milestone)
    return None if operation is None else entry_of(operation, milestone.value, sources.now)


def _joined(missing: Mapping[str, str]) -> str:
    """Why parts are unknown, each reason once."""
    by_words: dict[str, list[str]] = {}
    for name, words in missing.items():
        by_words.setdefault(words, []).append(name)
    return "; ".join(f"{' and '.join(names)}: {words}" for words, names in by_words.items())
