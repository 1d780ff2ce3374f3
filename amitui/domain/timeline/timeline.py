"""Where an image stands in its life: the stages it went through, the one it is in, and those ahead.

Told from its record, which is always there, from what EC2 told when it was asked (`Story`), from the journal's
operations about it, and from what the poller has seen since. Pure; times are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from amitui.domain.image.image import Image
from amitui.domain.operations.awaited import IMAGE
from amitui.domain.operations.kinds import OperationKind, TimelineStage
from amitui.domain.operations.operation import Operation, State
from amitui.domain.timeline.branches import branches
from amitui.domain.timeline.entry import BROKEN, MOST_LISTED, UNDER_WAY, Sources, Stage, stage_of
from amitui.domain.timeline.lineage import Story
from amitui.domain.timeline.observation import Sighting


@dataclass(frozen=True, slots=True)
class Life:
    """The stages in their order, and what hangs on the image."""

    stages: tuple[Stage, ...]
    branches: tuple[Stage, ...]

    @property
    def present(self) -> int:
        """Index of the stage in which it is: the last one that is reached or under way."""
        reached = [index for index, stage in enumerate(self.stages) if stage.state in ("done", "now", "bad")]
        return reached[-1] if reached else 0


def life_of(
    image: Image,
    story: Story,
    operations: Sequence[Operation],
    now: int,
    sightings: Mapping[tuple[str, str], Sighting] | None = None,
) -> Life:
    """An image's life.

    Args:
        image: its record.
        story: what EC2 told; `story.untold(words)` when it has not (yet) been asked.
        operations: of the journal, those about this image, the newest first.
        now: seconds since the epoch.
        sightings: what the poller has seen, by kind and id.
    """
    told = Sources(image, story, operations, now, sightings or {})
    stages = (_created(told), _registered(told), _available(told), _deprecated(told), _disabled(told))
    return Life((*stages, *_end(told)), tuple(branches(told)))


def about(operations: Sequence[Operation], image_id: str) -> list[Operation]:
    """Those operations that made the image, change it or copy it."""
    return [
        operation
        for operation in operations
        if image_id in (operation.made, operation.plan.subject)
        or any(touched == image_id for _, touched in operation.plan.touches)
    ]


def _created(told: Sources) -> Stage:
    image, story = told.image, told.story
    started = [one.started for one in story.snapshots or () if one.started is not None]
    at = min([*started, *([image.summary.created] if image.summary.created is not None else [])], default=None)
    detail = []
    if image.source_instance_id:
        detail.append(f"from instance {image.source_instance_id}")
    if image.source_image_id:
        region = image.source_image_region
        detail.append(f"from {image.source_image_id}" + (f" in {region}" if region else ""))
    for one in story.snapshots or ():
        progress = f" {one.progress}%" if one.state == "pending" and one.progress is not None else ""
        detail.append(f"{one.snapshot_id}, {one.gib} GiB, {one.state}{progress}")
    if story.snapshots is None:
        snapshots = [device.snapshot_id for device in image.block_devices if device.snapshot_id]
        detail += snapshots[:MOST_LISTED]
    if story.ancestry and len(story.ancestry) > 1:
        line = [one.image_id + (f" ({one.owner_alias})" if one.owner_alias else "") for one in story.ancestry[1:]]
        detail.append("made of " + ", of ".join(line))
    missing = {name: story.unknown[name] for name in ("snapshots", "ancestry") if story.unknown.get(name)}
    return Stage("created", "done", at, cause=_joined(missing), detail=tuple(detail))


def _registered(told: Sources) -> Stage:
    image = told.image
    made = next((one for one in told.operations if one.made == image.summary.image_id), None)
    cause = f"by amitui: {made.plan.title}" if made is not None else ""
    return Stage("registered", "done", image.summary.created, cause=cause)


def _available(told: Sources) -> Stage:
    image, state = told.image, told.state
    made = next((one for one in told.operations if one.made == image.summary.image_id), None)
    created = image.summary.created
    seen = told.sightings.get((IMAGE, image.summary.image_id))
    if state in BROKEN:
        reason = (seen.reason if seen else "") or told.story.reason or image.summary.state_reason
        return Stage("available", "bad", cause=reason or f"EC2 says {state}, and not why")
    if state in UNDER_WAY:
        progress = seen.progress if seen else None
        if progress is None:
            progress = _progress(told) if made is None or made.progress is None else made.progress
        elapsed = None if created is None else max(0, told.now - created)
        left = made.estimate(told.now) if made is not None else None
        return Stage("available", "now", None, elapsed, progress=progress, left=left)
    at = (
        int(made.ended_at) if made is not None and made.ended_at is not None and made.state is State.DONE else None
    )
    took = int(made.elapsed(told.now)) if at is not None and made is not None else None
    return Stage("available", "done", at, took)


def _progress(told: Sources) -> int | None:
    """Of the snapshots, weighted by their sizes; `None` when not all are known."""
    parts = [(one.gib, 100 if one.state == "completed" else one.progress) for one in told.story.snapshots or ()]
    total = sum(gib for gib, _ in parts)
    if not total or any(progress is None for _, progress in parts):
        return None
    return int(sum(gib * (progress or 0) for gib, progress in parts) / total)


def _deprecated(told: Sources) -> Stage:
    at = told.image.summary.deprecated
    if (live := _changing(told, TimelineStage.DEPRECATED)) is not None:
        return live
    if at is None:
        return Stage("deprecated", "ahead", cause="no date set")
    if at > told.now:
        return Stage("deprecated", "ahead", at)
    return Stage("deprecated", "done", at, cause="lists leave it out; its id still launches")


def _disabled(told: Sources) -> Stage:
    if (live := _changing(told, TimelineStage.DISABLED)) is not None:
        return live
    if told.state == "disabled":
        return Stage("disabled", "done", cause="it cannot be launched, and its shares are gone for good")
    return Stage("disabled", "ahead")


def _end(told: Sources) -> Iterator[Stage]:
    """Deregistered and, from then on, in the recycle bin or not."""
    state = told.state
    if state not in ("", "deregistered"):
        live = _changing(told, TimelineStage.DEREGISTERED)
        protection = told.image.deregistration_protection
        protected = protection not in ("", "disabled")
        yield live or Stage("deregistered", "ahead", cause=f"protected: {protection}" if protected else "")
        return
    done = [
        one for one in told.operations if one.plan.kind is OperationKind.DEREGISTER and one.state is State.DONE
    ]
    found = told.story.in_bin
    entered = found.entered if found is not None else None
    at = entered if entered is not None else int(done[0].ended_at or 0) or None if done else None
    yield Stage("deregistered", "done", at, cause="EC2 no longer lists it")
    if (live := _changing(told, TimelineStage.IN_BIN)) is not None:
        yield live
    elif found is not None:
        until = () if found.leaves is None else (f"{max(0, found.leaves - told.now) // 86_400} days left",)
        yield Stage("in the bin", "done", found.entered, detail=until)
    elif "image" in told.story.unknown:
        yield Stage("in the bin", "unknown", cause=told.story.unknown["image"])
    else:
        yield Stage("in the bin", "ahead", cause="it is not in the recycle bin")


def _changing(told: Sources, stage: TimelineStage) -> Stage | None:
    """The stage while an operation is bringing it about or taking it back; also when that failed."""
    operation = told.under_way(stage)
    return None if operation is None else stage_of(operation, stage.value, told.now)


def _joined(missing: Mapping[str, str]) -> str:
    """Why parts are unknown, each reason once."""
    by_words: dict[str, list[str]] = {}
    for name, words in missing.items():
        by_words.setdefault(words, []).append(name)
    return "; ".join(f"{' and '.join(names)}: {words}" for words, names in by_words.items())
