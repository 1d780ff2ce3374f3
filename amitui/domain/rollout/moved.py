"""What a roll-out moves in one Region, and what it was before, by the inventory and the choice. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from amitui.domain.fleet.findings import AuditImage
from amitui.domain.fleet.inventory import (
    FleetGroup,
    FleetInventory,
    FleetParameter,
    FleetTemplate,
    TemplateVersion,
)
from amitui.domain.rollout.candidates import (
    Candidate,
    MovedKind,
    NewImage,
    group_refusal,
    image_refusal,
    other_architecture,
    source_version,
    with_sources_for,
)
from amitui.domain.rollout.options import RollOutOptions, problem

LATEST: Final = "$Latest"
DEFAULT: Final = "$Default"
_FOLLOWING: Final = ("", DEFAULT, LATEST)
"""How a group names a version without a number."""


_NOTHING_KNOWN: Final[Mapping[str, AuditImage]] = MappingProxyType({})


class Parameter(NamedTuple):
    """A parameter that is moved, and what it was."""

    name: str
    old: str
    data_type: str


class Template(NamedTuple):
    """A new version of a launch template, and what was there before."""

    template_id: str
    name: str
    source: int
    """The version that it is a copy of."""
    old_image: str
    set_default: bool
    is_followed: bool
    """Whether a group follows `$Latest` of it: bringing the old one back takes a further version."""
    latest: int
    """The latest version before."""
    latest_image: str
    """As that has it: an id, or `resolve:ssm:…`."""
    is_first: bool = True
    """Whether no other new version of the template is made before it: from it on `$Latest` means another one."""


class Group(NamedTuple):
    """A group whose instances are replaced, and what it launched from before."""

    name: str
    template_id: str
    old_version: str
    """As the group has it: a number, `$Latest`, `$Default`; empty = a mixed group, or the default."""
    source: int
    """The number of that version."""
    by_parameter: bool
    """Whether only the value of a parameter changes: no version differs then, and nothing may be skipped."""
    instances: int
    auto_rollback: bool = False
    """Whether Auto Scaling can roll its refresh back: it brings a numbered version, and there is no parameter."""

    @property
    def pinned(self) -> bool:
        """Whether it names a version by its number."""
        return self.old_version not in _FOLLOWING


class RollOut(NamedTuple):
    """All that is moved in one Region."""

    image: NewImage
    options: RollOutOptions
    parameters: tuple[Parameter, ...] = ()
    templates: tuple[Template, ...] = ()
    groups: tuple[Group, ...] = ()
    bystanders: tuple[str, ...] = ()
    """What else takes the image although it was not chosen, and what of a group does not; a sentence each."""
    refreshes: tuple[str, ...] = ()
    """Ids of instance refreshes that were there before."""


class NotPossible(Exception):
    """What was chosen cannot be rolled out, in words."""


def roll_out(
    inventory: FleetInventory,
    image: NewImage,
    chosen: Collection[str],
    options: RollOutOptions,
    images: Mapping[str, AuditImage] = _NOTHING_KNOWN,
) -> RollOut:
    """What is moved in a Region. A group brings the versions of launch templates that it needs.

    Args:
        chosen: keys of candidates, of other Regions too.
        images: what is known of the images that something stands on, by id: what launches another architecture
            keeps it.

    Raises:
        NotPossible: something that was chosen cannot be moved.
    """
    refusal = image_refusal(image) or problem(options)
    if refusal:
        raise NotPossible(refusal)
    parameters = [one for one in inventory.parameters if _is_chosen(image, MovedKind.PARAMETER, one.name, chosen)]
    whole = [one for one in inventory.groups if _is_chosen(image, MovedKind.GROUP, one.name, chosen)]
    groups = [with_sources_for(one, inventory, image, images) for one in whole]
    wanted: dict[tuple[str, int], TemplateVersion] = _chosen_versions(inventory, image, chosen)
    defaults = {template_id for template_id, _ in wanted}
    for name in (name for name, count in Counter(one.name for one in parameters).items() if count > 1):
        raise NotPossible(f"{name} holds several images")
    moved = [_group(group, inventory, image, {one.name for one in parameters}) for group in groups]
    for group, one in zip(groups, moved, strict=True):
        for source in group.sources:
            version = source_version(inventory, source)
            if version is None or version.parameter or version.image_id == image.image_id:
                continue
            wanted[source.template_id, version.number] = version
            if source.version in ("", DEFAULT):
                defaults.add(source.template_id)
                if not options.set_default:
                    raise NotPossible(f"{one.name} follows the default version: set the default version too")
    templates = tuple(
        _template(template, version, inventory, template.template_id in defaults and options.set_default)
        for template in inventory.templates
        # Ascending: what follows $Latest gets the copy of the latest one, which is made last.
        for (template_id, _), version in sorted(wanted.items(), key=lambda item: item[0][1])
        if template_id == template.template_id
    )
    told = tuple(Parameter(one.name, one.image_id, one.data_type) for one in parameters)
    refreshes = tuple(refresh for group in groups for refresh in group.refreshes)
    kept = tuple(_kept(whole, inventory, image, images))
    found = RollOut(image, options, told, _with_firsts(templates), tuple(moved), kept, refreshes)
    return found._replace(bystanders=(*_bystanders(found, inventory, parameters), *kept))


def _with_firsts(templates: Sequence[Template]) -> tuple[Template, ...]:
    """Templates, with the first of each marked."""
    first = {one.template_id: one.source for one in reversed(templates)}
    return tuple(one._replace(is_first=first[one.template_id] == one.source) for one in templates)


def _chosen_versions(
    inventory: FleetInventory, image: NewImage, chosen: Collection[str]
) -> dict[tuple[str, int], TemplateVersion]:
    """The default versions of the chosen launch templates, by template and number."""
    defaults = ((template, template.version_of(DEFAULT)) for template in inventory.templates)
    return {
        (template.template_id, version.number): version
        for template, version in defaults
        if version is not None and _is_chosen(image, MovedKind.TEMPLATE, template.name, chosen)
    }


def _is_chosen(image: NewImage, kind: MovedKind, name: str, chosen: Collection[str]) -> bool:
    return Candidate(image.region, kind, name, "").key in chosen


def _group(group: FleetGroup, inventory: FleetInventory, image: NewImage, parameters: Collection[str]) -> Group:
    refusal = group_refusal(group, inventory)
    if refusal:
        raise NotPossible(f"{group.name}: {refusal}")
    versions = [version for source in group.sources if (version := source_version(inventory, source)) is not None]
    missing = {version.parameter for version in versions if version.parameter} - set(parameters)
    if any(version.image_id != image.image_id for version in versions if version.parameter in missing):
        raise NotPossible(f"{group.name} follows the parameter {min(missing)}: choose that too")
    source = group.sources[0]
    found = Group(
        group.name,
        source.template_id,
        source.version if not group.mixed else "",
        versions[0].number,
        any(version.parameter for version in versions),
        len(group.instances),
    )
    renewed = versions[0].image_id != image.image_id
    return found._replace(auto_rollback=found.pinned and renewed and not found.by_parameter)


def _template(
    template: FleetTemplate, version: TemplateVersion, inventory: FleetInventory, set_default: bool
) -> Template:
    followed = any(
        source.template_id == template.template_id and source.version == LATEST
        for group in inventory.groups
        for source in group.sources
    )
    newest = max(template.versions, key=lambda one: one.number)
    return Template(
        template.template_id,
        template.name,
        version.number,
        version.image_id,
        set_default and version.default,
        followed,
        newest.number,
        newest.image,
    )


def _bystanders(found: RollOut, inventory: FleetInventory, parameters: Sequence[FleetParameter]) -> list[str]:
    """What takes the image at its next launch, although it was not chosen."""
    names = {one.name for one in found.groups}
    moved = {one.name for one in parameters}
    defaults = {one.template_id for one in found.templates if one.set_default}
    renewed = {one.template_id for one in found.templates}
    words = []
    for group in inventory.groups:
        if group.name in names:
            continue
        for source in group.sources:
            version = source_version(inventory, source)
            if source.version in ("", DEFAULT) and source.template_id in defaults:
                why = "follows the default version"
            elif source.version == LATEST and source.template_id in renewed:
                why = "follows the latest version"
            elif version is not None and version.parameter in moved:
                why = f"follows the parameter {version.parameter}"
            else:
                continue
            words.append(f"Auto Scaling group {group.name} {why}: its next launches take the new image.")
            break
    return words


def _kept(
    groups: Sequence[FleetGroup], inventory: FleetInventory, image: NewImage, images: Mapping[str, AuditImage]
) -> Iterator[str]:
    """What of the chosen groups goes on launching another architecture."""
    for group in groups:
        for source in group.sources:
            if architecture := other_architecture(source, inventory, image, images):
                what = source.template_name or source.template_id or source.configuration
                yield (
                    f"Auto Scaling group {group.name} keeps {what} as it is: it launches {architecture}, and the "
                    f"image is {image.architecture}."
                )
