"""The forms that change images where they are: most have few fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import on

from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.plans.change import (
    deprecate_plan,
    describe_plan,
    disable_plan,
    enable_plan,
    imds_plan,
    leave_plan,
    protect_plan,
    tags_plan,
    undeprecate_plan,
    unprotect_plan,
)
from amitui.domain.operations.plans.usage_report import usage_report_plan
from amitui.domain.operations.validation import MOST_TAGS, deprecation_problem, description_problem, tags_problem
from amitui.domain.tags.tags import TagsProblem, parse_keys
from amitui.ui.forms.form import OperationForm
from amitui.ui.forms.host import InvalidForm
from amitui.ui.widgets.fields import NoteField, TagsField, TextField, ToggleField
from amitui.ui.widgets.fields.base import Field
from amitui.ui.widgets.fields.date import DateField, moment_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amitui.domain.operations.plan import Plan
    from amitui.domain.operations.plans.facts import ImageFacts
    from amitui.domain.operations.validation import Tag
    from amitui.ui.forms.host import FormHost

RESERVED: Final = "aws:"
"""Tags whose keys begin so are AWS's own, and nobody else sets or removes them."""

_NOTHING_REMOVED: Final = "A tag that you delete from this line is removed."

SHOWN_NAMES: Final = 8
"""How many images a form names before it only counts the rest."""


class ChangeForm(OperationForm):
    """A form about images that are there: one plan for each."""

    VERB: ClassVar[str] = ""
    """Of the title: `Deprecate` acme-web."""

    def __init__(self, host: FormHost, images: Sequence[ImageFacts]) -> None:
        """Args:
        images: at least one.
        """
        what = images[0].label if len(images) == 1 else f"{len(images)} images"
        super().__init__(host, f"{self.VERB} {what}")
        self.images = tuple(images)
        """What it is about."""

    def form_fields(self) -> Sequence[Field]:
        return ()

    def plan(self, facts: ImageFacts) -> Plan:
        """What is to be done to one image."""
        raise NotImplementedError

    def plans(self) -> Sequence[Plan]:
        return [self.plan(facts) for facts in self.images]

    def images_note(self) -> list[Field]:
        """A note that names the images, when there are several; of one the title says it."""
        if len(self.images) == 1:
            return []
        names = [facts.label for facts in self.images[:SHOWN_NAMES]]
        rest = len(self.images) - len(names)
        return [NoteField("Images", "\n".join(names) + (f"\nand {rest} more" if rest else ""), id="images")]


class DeprecateForm(ChangeForm):
    """From when on others no longer find the images."""

    VERB = "Deprecate"

    def form_fields(self) -> Sequence[Field]:
        self.when = DateField("When", "when", now=self.host.now, check=self._problem)
        dates = {facts.deprecated for facts in self.images}
        fields: list[Field] = [*self.images_note(), self.when]
        if len(dates) == 1 and (date := dates.pop()) is not None:
            fields.append(NoteField("Current date", moment_words(date, self.host.now()), id="date"))
        return fields

    def plan(self, facts: ImageFacts) -> Plan:
        at = self.when.at
        if at is None:
            raise InvalidForm("when", self.when.check())
        return deprecate_plan(facts, at)

    def _problem(self, at: int) -> str:
        for facts in self.images:
            words = deprecation_problem(at, now=self.host.now(), public=facts.public, created=facts.created)
            if words:
                return words if len(self.images) == 1 else f"{facts.label}: {words}"
        return ""


class UndeprecateForm(ChangeForm):
    """Takes the date of deprecation away."""

    VERB = "Cancel deprecation of"

    def plan(self, facts: ImageFacts) -> Plan:
        return undeprecate_plan(facts)


class DisableForm(ChangeForm):
    """Disables images; where shares are lost by it for good, the name has to be typed."""

    VERB = "Disable"

    def plan(self, facts: ImageFacts) -> Plan:
        plan = disable_plan(facts)
        return plan._replace(confirm=facts.label) if facts.public or facts.shared_with else plan


class EnableForm(ChangeForm):
    """Enables disabled images."""

    VERB = "Enable"

    def plan(self, facts: ImageFacts) -> Plan:
        return enable_plan(facts)


class ProtectForm(ChangeForm):
    """Protects images from being deregistered."""

    VERB = "Protect"

    def form_fields(self) -> Sequence[Field]:
        self.cooldown = ToggleField(
            "Cooldown",
            "keep protection for 24 hours after it is turned off",
            id="cooldown",
            hint="Prevents turning protection off and deregistering at once.",
        )
        return [*self.images_note(), self.cooldown]

    def plan(self, facts: ImageFacts) -> Plan:
        return protect_plan(facts, self.cooldown.value)


class UnprotectForm(ChangeForm):
    """Ends the protection from being deregistered."""

    VERB = "Turn off protection of"

    def plan(self, facts: ImageFacts) -> Plan:
        return unprotect_plan(facts)


class DescribeForm(ChangeForm):
    """Another description; images that have it already are left alone."""

    VERB = "Edit description of"

    def form_fields(self) -> Sequence[Field]:
        known = {facts.description for facts in self.images}
        self.description = TextField(
            "Description",
            "description",
            known.pop() if len(known) == 1 else "",
            "leave empty for none",
            "At most 255 characters. Visible to everyone who can see the image.",
            description_problem,
        )
        return [*self.images_note(), self.description]

    def plan(self, facts: ImageFacts) -> Plan:
        return describe_plan(facts, self.description.value)

    def plans(self) -> Sequence[Plan]:
        return [self.plan(facts) for facts in self.images if facts.description != self.description.value]


class TagForm(ChangeForm):
    """Tags: those of one image are edited as they stand, of several some are set and some removed."""

    VERB = "Edit tags of"

    def form_fields(self) -> Sequence[Field]:
        known = self.images[0].tags if len(self.images) == 1 else None
        self._known = None if known is None else {key: value for key, value in known if not _reserved(key)}
        if self._known is None:
            self.tags = TagsField("Set", "tags", check=tags_problem)
            self.removed = TextField(
                "Remove",
                "removed",
                "",
                "Env, Team",
                "Tag keys, separated by commas.",
                _keys_problem,
            )
            return [*self.images_note(), self.tags, self.removed]
        self.tags = TagsField("Tags", "tags", tuple(self._known.items()), check=tags_problem)
        self._removal = NoteField("", _NOTHING_REMOVED, id="removal")
        fields: list[Field] = [self.tags, self._removal]
        own = [f"{key}={value}" for key, value in known or () if _reserved(key)]
        if own:
            fields.append(NoteField("Set by AWS", ", ".join(own), id="reserved"))
        return fields

    def on_mount(self) -> None:
        # What a line of text cannot show, such as a no-break space, is read back as something else: what counts
        # is what was changed since.
        self._shown = dict(self.tags.tags) if self._known is not None else {}

    @on(Field.Changed, "#tags")
    def _tags_changed(self) -> None:
        if self._known is not None:
            removed = [f"{key}={self._known[key]}" for key in self._taken_out()]
            words = f"Will be removed: {', '.join(removed)}" if removed else _NOTHING_REMOVED
            self._removal.say(words, alert=bool(removed))

    def plan(self, facts: ImageFacts) -> Plan:
        return tags_plan(facts, *self._difference(facts))

    def plans(self) -> Sequence[Plan]:
        if self.tags.check():
            raise InvalidForm("tags", self.tags.check())
        if self._known is None:
            wanted, unwanted = dict(self.tags.tags), parse_keys(self.removed.value)
            both = next((key for key in unwanted if key in wanted), None)
            if both is not None:
                raise InvalidForm("removed", f"{both} is also set above")
            for facts in self.images:
                after = {**dict(facts.tags or ()), **wanted}
                count = len([key for key in after if key not in unwanted and not _reserved(key)])
                if count > MOST_TAGS:
                    raise InvalidForm("tags", f"{facts.label} would have {count} tags, more than {MOST_TAGS}")
        return [self.plan(facts) for facts in self.images if any(self._difference(facts))]

    def _difference(self, facts: ImageFacts) -> tuple[tuple[Tag, ...], tuple[str, ...]]:
        """Which tags to set and which keys to remove, as far as they are not set or gone already."""
        wanted = self.tags.tags
        if self._known is not None:
            return tuple(tag for tag in wanted if tag not in self._shown.items()), self._taken_out()
        has = None if facts.tags is None else dict(facts.tags)
        unwanted = parse_keys(self.removed.value)
        if has is None:
            return wanted, unwanted
        return (
            tuple((key, value) for key, value in wanted if has.get(key) != value),
            tuple(key for key in unwanted if key in has),
        )

    def _taken_out(self) -> tuple[str, ...]:
        """The keys of the tags that were there and were taken out of the line; none while it is not understood.

        A list in another program's form says what to set, and nothing of what is missing from it.
        """
        if self._known is None or self.tags.check() or not self.tags.plain:
            return ()
        left = dict(self.tags.tags)
        return tuple(key for key, shown in zip(self._known, self._shown, strict=True) if shown not in left)


class ImdsForm(ChangeForm):
    """Requires IMDSv2, which cannot be undone: the name has to be typed."""

    VERB = "Require IMDSv2 of"

    def plan(self, facts: ImageFacts) -> Plan:
        return imds_plan(facts)._replace(confirm=facts.label)


class LeaveForm(ChangeForm):
    """Gives up shares, which only the owners can undo: the name has to be typed."""

    VERB = "Give up access to"

    def plan(self, facts: ImageFacts) -> Plan:
        return leave_plan(facts)._replace(confirm=facts.label)


class UsageReportForm(ChangeForm):
    """Asks EC2 who else uses the images; without fields."""

    VERB = "Ask who else uses"

    def plan(self, facts: ImageFacts) -> Plan:
        return usage_report_plan(facts)


CHANGE_FORMS: Final[Mapping[OperationKind, type[ChangeForm]]] = {
    OperationKind.DEPRECATE: DeprecateForm,
    OperationKind.UNDEPRECATE: UndeprecateForm,
    OperationKind.DISABLE: DisableForm,
    OperationKind.ENABLE: EnableForm,
    OperationKind.PROTECT: ProtectForm,
    OperationKind.UNPROTECT: UnprotectForm,
    OperationKind.DESCRIBE: DescribeForm,
    OperationKind.TAG: TagForm,
    OperationKind.IMDS: ImdsForm,
    OperationKind.LEAVE: LeaveForm,
    OperationKind.USAGE_REPORT: UsageReportForm,
}
"""By the kind of plan that they make."""


def _reserved(key: str) -> bool:
    return key.lower().startswith(RESERVED)


def _keys_problem(text: str) -> str:
    try:
        keys = parse_keys(text)
    except TagsProblem as problem:
        return str(problem)
    wrong = next((key for key in keys if "=" in key), None)
    if wrong is not None:
        return f"{wrong}: enter the key only, without a value"
    return next((f"{key} is reserved by AWS and cannot be removed" for key in keys if _reserved(key)), "")
