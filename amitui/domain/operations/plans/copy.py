"""Plans that copy an image, one for each region that it is copied to."""

from __future__ import annotations

from typing import Any, NamedTuple

from amitui.domain.costs import snapshots_line
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.placeholders import answer_of
from amitui.domain.operations.plan import Call, Plan
from amitui.domain.operations.plans.common import deprecation_stamp, image_available, tag_specifications
from amitui.domain.operations.validation import Tag
from amitui.domain.tags.shared import PREFIX


class Destination(NamedTuple):
    """Where one copy goes."""

    region: str
    name: str
    """The copy's name; names are unique among the images of an account in a region."""
    kms_key_id: str = ""
    """A key of that region; empty = the account's default key, where the copy is encrypted."""


class CopyRequest(NamedTuple):
    """What was chosen for the copies of an image."""

    source_region: str
    image_id: str
    name: str
    """The source's name."""
    description: str
    destinations: tuple[Destination, ...]
    encrypt: bool = False
    copy_tags: bool = True
    """The caller's own tags on the source; those of others and of AWS are never copied."""
    image_tags: tuple[Tag, ...] = ()
    completion_minutes: int | None = None
    """Time-based copy; `None` = an ordinary one."""
    snapshot_tags: tuple[Tag, ...] = ()
    size_gib: int = 0
    """Of the source's volumes, for the words about what is billed; 0 = not known."""
    foreign: bool = False
    """Whether the source belongs to another account."""
    deprecate_at: int | None = None
    """The source's date of deprecation, which the copies get too, in seconds since the epoch; `None` = none."""


def copy_plans(request: CopyRequest) -> tuple[Plan, ...]:
    """A plan for each destination, in their order."""
    return tuple(_copy_plan(request, destination) for destination in request.destinations)


def _copy_plan(request: CopyRequest, destination: Destination) -> Plan:
    label = request.name or request.image_id
    within = destination.region == request.source_region
    return Plan(
        kind=OperationKind.COPY,
        title=f"Copy {label} {'within' if within else 'to'} {destination.region}",
        region=destination.region,
        subject=request.image_id,
        steps=(
            Call("copy_image", destination.region, _parameters(request, destination), "copy the image"),
            image_available(destination.region),
            *_deprecation(request, destination),
        ),
        changes=_changes(request, destination),
        warnings=_warnings(request, destination),
        before={"name": destination.name, "source_region": request.source_region},
    )


def _deprecation(request: CopyRequest, destination: Destination) -> tuple[Call, ...]:
    if request.deprecate_at is None:
        return ()
    parameters = {"ImageId": answer_of(0), "DeprecateAt": deprecation_stamp(request.deprecate_at)}
    return (Call("enable_image_deprecation", destination.region, parameters, "set the copy's deprecation date"),)


def _parameters(request: CopyRequest, destination: Destination) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "Name": destination.name,
        "SourceImageId": request.image_id,
        "SourceRegion": request.source_region,
        "CopyImageTags": request.copy_tags,
    }
    if request.description:
        parameters["Description"] = request.description
    if _encrypts(request, destination):
        parameters["Encrypted"] = True
    if destination.kms_key_id:
        parameters["KmsKeyId"] = destination.kms_key_id
    specifications = tag_specifications(image=request.image_tags, snapshot=request.snapshot_tags)
    if specifications:
        parameters["TagSpecifications"] = specifications
    if request.completion_minutes is not None:
        parameters["SnapshotCopyCompletionDurationMinutes"] = request.completion_minutes
    return parameters


def _encrypts(request: CopyRequest, destination: Destination) -> bool:
    """A key is refused without Encrypted."""
    return request.encrypt or bool(destination.kms_key_id)


def _changes(request: CopyRequest, destination: Destination) -> tuple[str, ...]:
    size = f", up to {request.size_gib} GiB" if request.size_gib else ""
    sentences = [
        f"{destination.region} gets a new private image {destination.name}, copied from {request.image_id} of "
        f"{request.source_region}.",
        f"Its volumes get new snapshots there{size}, billed until you delete them.",
    ]
    if cost := snapshots_line(request.size_gib, destination.region):
        sentences.append(cost)
    if _encrypts(request, destination):
        sentences.append(f"They are encrypted with {destination.kms_key_id or 'the default key of EBS there'}.")
    if request.copy_tags:
        sentences.append(
            "It gets your tags of the source image, but not other accounts' tags, aws: tags or "
            f"those whose key begins with {PREFIX}."
        )
    if request.deprecate_at is not None:
        sentences.append(f"It is deprecated on {deprecation_stamp(request.deprecate_at)[:10]}, as the source is.")
    if request.completion_minutes is not None:
        sentences.append(
            f"The snapshot copies complete within {_duration(request.completion_minutes)} of the start."
        )
    return tuple(sentences)


def _warnings(request: CopyRequest, destination: Destination) -> tuple[str, ...]:
    warnings = ["Launch permissions are not copied: the copy is private."]
    if _encrypts(request, destination):
        warnings.append("EC2 validates the key later: it can accept the request and the image can still fail.")
    if destination.region != request.source_region:
        warnings.append("Data transfer between the Regions is billed.")
    if request.completion_minutes is not None:
        warnings.append("A time-based copy costs extra per GiB; shorter durations cost more.")
    if request.foreign:
        warnings.append(
            "Its owner must share its snapshots (and their KMS key), or EC2 refuses; Marketplace images cannot "
            "be copied."
        )
    return tuple(warnings)


def _duration(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest)
    return " ".join(parts)
