"""Why an image is needed: typed reasons, for clean-ups, audits and roll-outs alike.

What could not be read is a reason of its own (`UseKind.UNKNOWN`): an image of which it cannot be told whether
anything needs it counts as needed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from amitui.domain.fleet.inventory import FleetGroup, FleetInventory, FleetTemplate, GroupSource
from amitui.domain.fleet.usage_report import AVAILABLE
from amitui.domain.operations.usage import Usage


class UseKind(StrEnum):
    """What needs an image. The values are shown, and printed in JSON."""

    INSTANCE = "instance"
    TEMPLATE = "launch template"
    """Any version of one: a fleet or a group may follow an old version, and who does cannot be listed."""
    CONFIGURATION = "launch configuration"
    GROUP = "Auto Scaling group"
    PARAMETER = "SSM parameter"
    RECIPE = "Image Builder recipe"
    OPERATION = "operation in progress"
    """An operation of the journal that has not ended, such as a roll-out."""
    ROLL_BACK = "needed for a roll back"
    PROTECTED = "protected"
    BACKUP = "AWS Backup"
    SHARED = "shared"
    """Other accounts may launch it, and no usage report says that none of them does."""
    OTHER_ACCOUNT = "another account"
    """A usage report says that other accounts use it."""
    UNKNOWN = "cannot be told"


class Use(NamedTuple):
    """One reason why an image is needed."""

    kind: UseKind
    name: str
    """Of what needs it: a name or an id; empty where there is none."""
    words: str
    """What a list of reasons says: `version 3 of launch template web names it`."""
    current: bool = True
    """Of a template: whether it is its default or latest version. Anything else is current."""


class ImageNeed(NamedTuple):
    """That an operation of the journal needs an image."""

    region: str
    image_id: str
    operation_id: str
    title: str
    rolls_back: bool = False
    """Whether the operation has ended, and the image is what rolling it back would return to."""


class Uses:
    """The reasons by image, of one Region.

    Args:
        found: by image id.
        of_any: reasons that hold for every image, as what they are about could not be read.
    """

    def __init__(self, found: dict[str, list[Use]], of_any: Sequence[Use]) -> None:
        self._found = found
        self._of_any = tuple(dict.fromkeys(of_any))

    def of(self, image_id: str) -> tuple[Use, ...]:
        """Why an image is needed, or may be; empty = nothing needs it, and everything could be read."""
        return (*dict.fromkeys(self._found.get(image_id, ())), *self._of_any)

    def known(self, image_id: str) -> tuple[Use, ...]:
        """What is known to need an image, without what could not be read."""
        return tuple(use for use in self.of(image_id) if use.kind is not UseKind.UNKNOWN)

    @property
    def image_ids(self) -> Collection[str]:
        """The images that something is known to need."""
        return self._found.keys()

    @property
    def unknown(self) -> tuple[Use, ...]:
        """What could not be read, whichever image is meant."""
        return self._of_any


def uses_in(inventory: FleetInventory, needs: Iterable[ImageNeed] = ()) -> Uses:
    """What needs images in one Region.

    Args:
        inventory: what stands on images there.
        needs: what the journal's operations need, of any Region.
    """
    collector = _Collector(inventory)
    collector.read()
    for need in needs:
        if need.region == inventory.region:
            collector.add(need.image_id, need_use(need))
    return Uses(collector.found, collector.of_any)


def need_use(need: ImageNeed) -> Use:
    """The reason that an operation gives."""
    if need.rolls_back:
        return Use(UseKind.ROLL_BACK, need.operation_id, f"rolling back “{need.title}” would return to it")
    return Use(UseKind.OPERATION, need.operation_id, f"“{need.title}” is in progress and needs it")


def image_uses(*, protected: bool = False, backup: bool = False) -> tuple[Use, ...]:
    """What an image's own record says against removing it."""
    found = []
    if protected:
        found.append(Use(UseKind.PROTECTED, "", "it is protected from deregistration"))
    if backup:
        found.append(Use(UseKind.BACKUP, "", "AWS Backup made it and keeps it"))
    return tuple(found)


def usage_uses(usage: Usage, now: float) -> tuple[Use, ...]:
    """The reasons in what was found out about a single image.

    Args:
        now: seconds since the epoch: an old usage report proves nothing.
    """
    return tuple(_of_usage(usage, now))


def _of_usage(usage: Usage, now: float) -> Iterator[Use]:
    yield from image_uses(protected=usage.protected, backup=usage.backup)
    for instance in usage.instances:
        yield _instance(instance.instance_id, instance.name, instance.state)
    for template in usage.templates:
        through = f" (through {template.parameter})" if template.parameter else ""
        version = "the default or latest version" if template.current else "a version"
        words = f"{version} of launch template {template.label} names it{through}"
        yield Use(UseKind.TEMPLATE, template.label, words, template.current is not False)
    for group in usage.groups:
        yield Use(UseKind.GROUP, group.name, f"Auto Scaling group {group.name} launches it through {group.via}")
    for name in usage.configurations:
        yield _configuration(name)
    for name in usage.parameters:
        yield _parameter(name)
    for name in usage.recipes:
        yield Use(UseKind.RECIPE, name, f"Image Builder recipe {name} builds on it")
    yield from _elsewhere(usage, now)
    for words in usage.needs:
        yield Use(UseKind.OPERATION, "", words)
    for words in usage.unknown:
        yield Use(UseKind.UNKNOWN, "", words)


def _elsewhere(usage: Usage, now: float) -> Iterator[Use]:
    """Who it is shared with, unless a report says that none of them uses it."""
    report = usage.report
    if report is not None and report.state == AVAILABLE and report.uses:
        accounts = ", ".join(dict.fromkeys(use.account for use in report.uses))
        yield Use(UseKind.OTHER_ACCOUNT, accounts, f"others use it: {report.words}")
    elif usage.is_shared and (report is None or not report.clears(now)):
        whom = "everyone" if usage.public else ", ".join(usage.shared_with)
        known = "nobody has asked EC2 whether they use it" if report is None else f"and {report.words}"
        yield Use(UseKind.SHARED, whom, f"it is shared with {whom}, {known}")


class _Collector:
    """Goes through an inventory once."""

    def __init__(self, inventory: FleetInventory) -> None:
        self._inventory = inventory
        self._templates: dict[str, FleetTemplate] = {}
        for template in inventory.templates:
            self._templates[template.template_id] = self._templates[template.name] = template
        self._configurations = {one.name: one for one in inventory.configurations}
        self.found: dict[str, list[Use]] = {}
        self.of_any: list[Use] = []

    def add(self, image_id: str, use: Use) -> None:
        self.found.setdefault(image_id, []).append(use)

    def read(self) -> None:
        """All of it."""
        inventory = self._inventory
        for words in inventory.unknown:
            self._cannot_tell(words)
        for instance in inventory.instances:
            use = _instance(instance.instance_id, instance.name, instance.state)
            self._add_or(instance.image_id, use, f"which image {instance.instance_id} was launched from")
        for template in inventory.templates:
            self._template(template)
        for one in inventory.configurations:
            self._add_or(one.image_id, _configuration(one.name), f"which image {one.name} names")
        for group in inventory.groups:
            for source in group.sources:
                self._group(group, source)
        for parameter in inventory.parameters:
            if parameter.image_id:
                self.add(parameter.image_id, _parameter(parameter.name))

    def _template(self, template: FleetTemplate) -> None:
        name = template.name or template.template_id
        if not template.complete:
            self._cannot_tell(f"cannot tell which images the versions of launch template {name} name")
        for version in template.versions:
            through = f" (through {version.parameter})" if version.parameter else ""
            which = "".join(
                f" ({word})"
                for word, is_it in (("$Default", version.default), ("$Latest", version.latest))
                if is_it
            )
            words = f"version {version.number}{which} of launch template {name} names it{through}"
            use = Use(UseKind.TEMPLATE, name, words, version.default or version.latest)
            # Without an id it names none, or a parameter that does not exist: one that could not be read is among
            # what the inventory does not know.
            if version.image_id:
                self.add(version.image_id, use)

    def _group(self, group: FleetGroup, source: GroupSource) -> None:
        name = source.template_name or source.template_id or source.configuration
        version = f" {source.version}" if source.version else ""
        kind = "launch configuration" if source.configuration else "launch template"
        via = f"{kind} {name}{version}" if name else "an override"
        also = " (an override of its mixed instances policy)" if source.override else ""
        use = Use(UseKind.GROUP, group.name, f"Auto Scaling group {group.name} launches it through {via}{also}")
        image_id, known = (source.image_id, True) if source.image_id else self._image_of(source)
        if image_id:
            self.add(image_id, use)
        elif not known:
            self._cannot_tell(f"cannot tell which image Auto Scaling group {group.name} launches through {via}")

    def _image_of(self, source: GroupSource) -> tuple[str, bool]:
        """The image that a source of a group leads to (empty = none), and whether that is known."""
        if source.image:
            return "", True
        if source.configuration:
            configuration = self._configurations.get(source.configuration)
            return (configuration.image_id, bool(configuration.image_id)) if configuration else ("", False)
        template = self._templates.get(source.template_id) or self._templates.get(source.template_name)
        version = template.version_of(source.version) if template is not None else None
        return (version.image_id, True) if version is not None else ("", False)

    def _add_or(self, image_id: str, use: Use, question: str) -> None:
        if image_id:
            self.add(image_id, use)
        else:
            self._cannot_tell(f"cannot tell {question}")

    def _cannot_tell(self, words: str) -> None:
        self.of_any.append(Use(UseKind.UNKNOWN, "", words))


def _instance(instance_id: str, name: str, state: str) -> Use:
    named = f" ({name})" if name else ""
    return Use(UseKind.INSTANCE, instance_id, f"instance {instance_id}{named} was launched from it and is {state}")


def _configuration(name: str) -> Use:
    return Use(UseKind.CONFIGURATION, name, f"launch configuration {name} names it")


def _parameter(name: str) -> Use:
    return Use(UseKind.PARAMETER, name, f"parameter {name} holds it")
