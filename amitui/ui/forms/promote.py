"""Promoting a tested image: its id in a parameter, or a tag, by which others look it up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from textual import on

from amitui.domain.operations.plans.change import tags_plan
from amitui.domain.operations.plans.promote import parameter_problem, promote_plan
from amitui.ui.forms.form import OperationForm
from amitui.ui.forms.host import FormHost, InvalidForm
from amitui.ui.widgets.fields import ChoiceField, Field, NoteField, TagsField, TextField

if TYPE_CHECKING:
    from amitui.domain.fleet.inventory import FleetParameter
    from amitui.domain.operations.plan import Plan
    from amitui.domain.operations.plans.facts import ImageFacts

ParametersReader: TypeAlias = Callable[[str], Awaitable[Sequence["FleetParameter"]]]
"""Reads the account's own parameters of a Region that hold ids of images."""


class PromoteForm(OperationForm):
    """By a parameter or by tags, and which."""

    TITLE = "Promote image"

    def __init__(self, host: FormHost, image: ImageFacts, read: ParametersReader) -> None:
        super().__init__(host, f"Promote {image.name or image.image_id}")
        self._image, self._read = image, read
        self._known: dict[str, list[FleetParameter]] | None = None
        self._how = ChoiceField(
            "By",
            [("parameter", "parameter"), ("tag", "tag")],
            id="how",
            hints={
                "parameter": "A parameter of Systems Manager holds its ID: launch templates follow it.",
                "tag": "A tag of the image, by which it is looked up.",
            },
        )
        self._parameter = TextField(
            "Parameter", "parameter", "", "/golden/web/prod", "Created, or moved.", parameter_problem
        )
        self._present = NoteField("Now", "reading the parameters…", id="present")
        self._tags = TagsField("Tags", "promote-tags", hint="Such as Stage=prod.")

    def form_fields(self) -> Sequence[Field]:
        return (self._how, self._parameter, self._present, self._tags)

    def on_mount(self) -> None:
        self._show()

    async def load(self) -> None:
        """Read the parameters that there are."""
        found: dict[str, list[FleetParameter]] = {}
        for one in await self._read(self._image.region):
            found.setdefault(one.name, []).append(one)
        self._known = found
        self._show()

    @on(Field.Changed, "#how,#parameter")
    def _changed(self) -> None:
        self._show()

    def _show(self) -> None:
        by_parameter = self._how.value == "parameter"
        self._parameter.display = self._present.display = by_parameter
        self._tags.display = not by_parameter
        known = self._known
        if known is None:
            return
        present = known.get(self._parameter.value)
        if present:
            self._present.say(", ".join(one.image_id for one in present))
        else:
            self._present.say(f"it would be created; there are: {', '.join(known) or 'none'}")
        self.call_after_refresh(self._fit)

    def plans(self) -> Sequence[Plan]:
        if self._how.value == "tag":
            if not self._tags.tags:
                raise InvalidForm("promote-tags", "a tag is required")
            return [tags_plan(self._image, self._tags.tags, [])]
        if self._known is None:
            raise InvalidForm("parameter", "the parameters are still being read")
        present = self._known.get(self._parameter.value, [])
        if len(present) > 1:
            raise InvalidForm("parameter", "it holds several images: change the list in Systems Manager")
        if not present:
            return [promote_plan(self._image, self._parameter.value)]
        (one,) = present
        if one.image_id == self._image.image_id:
            raise InvalidForm("parameter", "it holds this image already")
        return [promote_plan(self._image, one.name, old=one.image_id, data_type=one.data_type)]
