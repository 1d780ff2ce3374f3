"""The plan that deregisters an image, with or without its snapshots."""

from __future__ import annotations

from collections.abc import Sequence

from amitui.domain.operations.awaited import GONE, IMAGE
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.plan import Call, Plan, Step, Watch
from amitui.domain.operations.plans.change import COOLDOWN_HOURS, unprotecting
from amitui.domain.operations.plans.facts import ImageFacts


def deregister_plan(
    facts: ImageFacts, *, delete_snapshots: bool, snapshot_ids: Sequence[str], unprotect_first: bool = False
) -> Plan:
    """Deregister an image.

    Args:
        delete_snapshots: whether EC2 is to delete those of its snapshots that no other image needs.
        snapshot_ids: the snapshots of the image.
        unprotect_first: whether its protection from deregistration is to be ended before.
    """
    steps: list[Step] = [unprotecting(facts)] if unprotect_first else []
    parameters = {"ImageId": facts.image_id, "DeleteAssociatedSnapshots": delete_snapshots}
    steps += [
        Call("deregister_image", facts.region, parameters, "deregister the image"),
        Watch(IMAGE, facts.region, facts.image_id, (GONE, "deregistered")),
    ]
    return Plan(
        kind=OperationKind.DEREGISTER,
        title=f"Deregister {facts.label}",
        region=facts.region,
        subject=facts.image_id,
        steps=tuple(steps),
        changes=_changes(facts, delete_snapshots, snapshot_ids, unprotect_first),
        warnings=_warnings(facts, delete_snapshots, unprotect_first),
        rows_to_refresh=((facts.region, facts.image_id),),
        before={
            "name": facts.name,
            "public": facts.public,
            "protection": facts.protection,
            "shared_with": list(facts.shared_with),
            "snapshots": list(snapshot_ids),
        },
        confirm=facts.label,
    )


def _changes(
    facts: ImageFacts, delete_snapshots: bool, snapshot_ids: Sequence[str], unprotect_first: bool
) -> tuple[str, ...]:
    sentences = [
        f"{facts.label} ({facts.image_id}) is deregistered in {facts.region}: nobody can launch it any more."
    ]
    if unprotect_first:
        sentences.insert(0, "Its deregistration protection is turned off first.")
    listed = ", ".join(snapshot_ids)
    if listed and delete_snapshots:
        sentences.append(f"Its snapshots are deleted, except those that other images use: {listed}.")
    elif listed:
        sentences.append(f"Its snapshots are kept and still billed: {listed}.")
    sentences.append("Instances launched from it keep running.")
    return tuple(sentences)


def _warnings(facts: ImageFacts, delete_snapshots: bool, unprotect_first: bool) -> tuple[str, ...]:
    gone = "The image and its deleted snapshots come" if delete_snapshots else "It comes"
    warnings = [f"{gone} back only from the Recycle Bin, and only if a retention rule of the Region applies."]
    if facts.cools_down:
        warnings.insert(
            0,
            f"Its protection has a cooldown: EC2 refuses to deregister it for {COOLDOWN_HOURS} hours after "
            "protection is turned off.",
        )
    elif facts.protected and not unprotect_first:
        warnings.insert(0, "It is protected from deregistration: EC2 will refuse.")
    if facts.public or facts.shared_with:
        with_whom = "everyone" if facts.public else ", ".join(facts.shared_with)
        warnings.append(f"It is shared with {with_whom}, who can no longer launch it either.")
    return tuple(warnings)
