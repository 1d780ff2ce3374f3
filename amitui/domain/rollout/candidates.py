"""What can be moved to an image in one Region: parameters, launch templates, Auto Scaling groups. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from amitui.domain.fleet.findings import AuditImage
from amitui.domain.fleet.inventory import FleetGroup, FleetInventory, GroupSource, TemplateVersion
from amitui.domain.image.family import family_of


class MovedKind(StrEnum):
    """What is moved. Its order is the order of the steps."""

    PARAMETER = "parameter"
    TEMPLATE = "launch template"
    GROUP = "Auto Scaling group"


class NewImage(NamedTuple):
    """The image that is rolled out, in one Region."""

    region: str
    image_id: str
    name: str
    owner_id: str
    architecture: str
    state: str = "available"
    created: int | None = None
    deprecated: int | None = None


class Candidate(NamedTuple):
    """One thing that could be moved."""

    region: str
    kind: MovedKind
    name: str
    old_image: str
    """The id that it stands on now; empty = not known."""
    old_name: str = ""
    detail: str = ""
    """Which version it is, how many instances."""
    proposed: bool = False
    """Whether it stands on an older build of the image's family, and nothing speaks against it."""
    refusal: str = ""
    """Why it cannot be moved and what to do instead; empty = it can."""

    @property
    def key(self) -> str:
        """Its name among all candidates of all Regions."""
        return f"{self.region}|{self.kind}|{self.name}"


def image_refusal(image: NewImage) -> str:
    """Why nothing can be moved to an image; empty = it can."""
    if not image.image_id:
        return f"{image.region} has no copy of it: copy it there first (c)"
    if image.state != "available":
        return f"{image.image_id} is {image.state}: nothing can be launched from it"
    return ""


def candidates(
    inventory: FleetInventory, image: NewImage, images: Mapping[str, AuditImage]
) -> tuple[Candidate, ...]:
    """All that could be moved in a Region, in the order in which it would be.

    Args:
        images: what is known of the images that something stands on, by id.
    """
    groups = _groups(inventory, image, images)
    found = [*_parameters(inventory, image), *_templates(inventory, image), *groups]
    return tuple(_judged(one, image, images) for one in found if one.old_image != image.image_id)


def _judged(one: Candidate, image: NewImage, images: Mapping[str, AuditImage]) -> Candidate:
    """A candidate with what follows from its old image."""
    old = images.get(one.old_image)
    refusal = image_refusal(image) or one.refusal
    if old is None:
        return one._replace(refusal=refusal)
    if not refusal and old.architecture and image.architecture and old.architecture != image.architecture:
        refusal = f"it runs {old.architecture} images, and this one is {image.architecture}"
    proposed = not refusal and is_older_build(old, image)
    return one._replace(old_name=old.name, refusal=refusal, proposed=proposed)


def is_older_build(old: AuditImage, image: NewImage) -> bool:
    """Whether an image is an earlier build of the same family, of the same owner and architecture."""
    if not old.name or not image.name or old.image_id == image.image_id:
        return False
    same = old.owner_id == image.owner_id and old.architecture == image.architecture
    older = old.created is None or image.created is None or old.created <= image.created
    return same and older and family_of(old.name) == family_of(image.name)


def _parameters(inventory: FleetInventory, image: NewImage) -> Iterator[Candidate]:
    times = Counter(one.name for one in inventory.parameters)
    for one in inventory.parameters:
        detail = f"{one.data_type}, version {one.version}"
        refusal = "it holds several images: change the list in Systems Manager" if times[one.name] > 1 else ""
        yield Candidate(image.region, MovedKind.PARAMETER, one.name, one.image_id, detail=detail, refusal=refusal)


def _templates(inventory: FleetInventory, image: NewImage) -> Iterator[Candidate]:
    for template in inventory.templates:
        version = template.version_of("$Default")
        if version is None or not version.image:
            continue  # it leaves the image to whoever launches
        refusal = ""
        if version.parameter:
            refusal = f"it follows the parameter {version.parameter}: move that instead"
        elif not template.complete:
            refusal = "not all of its versions could be read"
        detail = f"default version {version.number}"
        yield Candidate(
            image.region, MovedKind.TEMPLATE, template.name, version.image_id, detail=detail, refusal=refusal
        )


def _groups(inventory: FleetInventory, image: NewImage, images: Mapping[str, AuditImage]) -> Iterator[Candidate]:
    for whole in inventory.groups:
        group = with_sources_for(whole, inventory, image, images)
        versions = [source_version(inventory, source) for source in group.sources]
        stands = [version.image_id for version in versions if version is not None]
        old = next((one for one in stands if one != image.image_id), stands[0] if stands else "")
        old = old or next((source.image_id for source in group.sources if source.image_id), "")
        detail = f"{len(group.instances)} instances, {_way(group)}"
        refusal = group_refusal(group, inventory)
        yield Candidate(image.region, MovedKind.GROUP, group.name, old, detail=detail, refusal=refusal)


def with_sources_for(
    group: FleetGroup, inventory: FleetInventory, image: NewImage, images: Mapping[str, AuditImage]
) -> FleetGroup:
    """A group with those of its sources that an image can take the place of: a mixed group has several
    architectures, each with its own launch template. Of one alone nothing is left out.

    Args:
        images: what is known of the images that something stands on, by id.
    """
    fitting = tuple(source for source in group.sources if not other_architecture(source, inventory, image, images))
    return group._replace(sources=fitting) if fitting else group


def other_architecture(
    source: GroupSource, inventory: FleetInventory, image: NewImage, images: Mapping[str, AuditImage]
) -> str:
    """The architecture that a source of a group launches, where the image has another one; else empty."""
    version = source_version(inventory, source)
    old = images.get(source.image_id or (version.image_id if version is not None else ""))
    found = old.architecture if old is not None else ""
    return found if found and image.architecture and found != image.architecture else ""


def _way(group: FleetGroup) -> str:
    source = group.sources[0] if group.sources else GroupSource()
    if source.configuration:
        return f"launch configuration {source.configuration}"
    return f"{source.template_name or source.template_id} {source.version or '$Default'}"


def group_refusal(group: FleetGroup, inventory: FleetInventory) -> str:
    """Why a group's instances cannot be moved, and what to do instead; empty = they can."""
    if group.refreshing:
        return "an instance refresh of it is in progress: wait for its end, or cancel it"
    if not group.sources:
        return "Auto Scaling does not say what it launches from"
    for source in group.sources:
        if source.configuration:
            return (
                f"launch configuration {source.configuration} cannot be changed: make a launch template of it, "
                "and set it with aws autoscaling update-auto-scaling-group --launch-template"
            )
        if source.image:
            return "an override of its mixed instances policy names an image of its own: change it there"
        version = source_version(inventory, source)
        if version is None:
            return f"version {source.version or '$Default'} of its launch template could not be read"
        if group.mixed and source.version not in ("", "$Default", "$Latest"):
            return (
                f"its mixed instances policy names version {source.version}: let it follow $Default first, then "
                "its instances can be replaced"
            )
        if version.parameter and ":" in version.parameter:
            return f"its launch template names a fixed version of a parameter: {version.parameter}"
        if not version.image:
            return "its launch template names no image"
    return ""


def source_version(inventory: FleetInventory, source: GroupSource) -> TemplateVersion | None:
    """The version of a launch template that a source of a group means; `None` = it cannot be told."""
    template = next((one for one in inventory.templates if one.template_id == source.template_id), None)
    return None if template is None else template.version_of(source.version)
