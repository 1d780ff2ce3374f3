"""The form that changes launch permissions: the present ones, the wanted ones, and what stands in the way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from textual import on
from textual.binding import Binding

from amitui.domain.operations.plans.share import share_plan
from amitui.domain.sharing.grantees import EVERYONE, listed
from amitui.domain.sharing.permissions import Sharing, Wanted, effective, key_policy_statement, snapshot_changes
from amitui.domain.sharing.rules import Level, obstacles
from amitui.errors import AmituiError
from amitui.ui.forms.form import OperationForm
from amitui.ui.forms.host import InvalidForm
from amitui.ui.forms.review import marked
from amitui.ui.forms.share.fields import ShareFields
from amitui.ui.forms.share.text import (
    image_row,
    now_words,
    preview_lines,
)
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.fields import Field
from amitui.ui.widgets.fields.table import DetailField, TableField
from amitui.ui.widgets.text_lines import Run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from amitui.domain.operations.plan import Plan
    from amitui.domain.operations.plans.facts import ImageFacts
    from amitui.domain.sharing.rules import Obstacle
    from amitui.ui.forms.host import FormHost
    from amitui.ui.widgets.fields.table import TableRow
    from amitui.ui.widgets.text_lines import TextLine

    SharingReader: TypeAlias = Callable[[str, str], Awaitable[Sharing]]
    """How the image with this id in this region is shared."""

AT_ONCE: Final = 4
"""Images read at the same time."""
PREVIEW_ROWS: Final = 3
OTHER_ROWS: Final = 17
"""Rows of the screen that the tables cannot have."""
FEWEST_TABLE_ROWS: Final = 3


class ShareForm(OperationForm):
    """One set of changes for one image or several, with what stands in its way said as it is typed."""

    TITLE: ClassVar[str] = "Share"
    CSS_PATH = stylesheet("dialogs", "export", "text_lines", "form", "field_table")
    BINDINGS = [
        Binding(
            "f2",
            "copy_policy",
            "Copy key policy",
            id="share.policy",
            tooltip="Copy the statement for the KMS key policy to the clipboard",
        ),
    ]

    def __init__(
        self,
        host: FormHost,
        images: Sequence[ImageFacts],
        read: SharingReader,
        *,
        names: Mapping[str, str],
        recent: Sequence[str] = (),
    ) -> None:
        """Args:
        images: at least one; the caller's own.
        read: reads how one is shared.
        names: the address book.
        recent: with whom something was shared lately, newest first.
        """
        many = len(images) > 1
        what = f"{len(images)} images" if many else f"{images[0].label} of {images[0].region}"
        super().__init__(host, f"{self.TITLE} {what}")
        self._images = {_key(facts): facts for facts in images}
        self._read, self._names = read, dict(names)
        self._account = images[0].owner_id
        self._found: dict[str, Sharing] = {}
        self._failures: dict[str, str] = {}
        """Why it could not be read how an image is shared, by its key."""
        self._given = ShareFields(self._account, self._names, recent)
        self._table = TableField(
            ("image", "outlook", "current shares and obstacles"),
            self._image_rows(),
            id="images",
            hint="Space marks images to share; Ctrl+A marks all that can be shared",
            check=lambda marks: "" if marks else "mark the images to share with Space",
        )
        self._preview = DetailField(self._preview_lines, id="outlook", least_rows=PREVIEW_ROWS)
        # The text below is folded by the width: a scroll bar that took a column would cause another one.
        self._edit.styles.scrollbar_gutter = "stable"

    def form_fields(self) -> Sequence[Field]:
        given, several = self._given, len(self._images) > 1
        given.now.display, self._table.display = not several, several
        return (
            given.now,
            self._table,
            given.area,
            given.book,
            given.granted,
            given.everyone,
            given.snapshots,
            self._preview,
        )

    def on_resize(self) -> None:
        rows = max(FEWEST_TABLE_ROWS, (self.app.size.height - OTHER_ROWS) // (2 if self._table.display else 1))
        self._table.limit_rows(rows)
        self._given.granted.limit_rows(rows)

    async def load(self) -> None:
        """Read how the images are shared; one that fails does not delay the others."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def read_one(key: str, facts: ImageFacts) -> None:
            async with gate:
                try:
                    self._found[key] = await self._read(facts.region, facts.image_id)
                except AmituiError as error:
                    self._failures[key] = error.what
            self._table.give(self._image_rows())

        await asyncio.gather(*(read_one(key, facts) for key, facts in self._images.items()))
        self._given.show(self._found.values(), several=len(self._images) > 1)
        self._show_preview()

    def plans(self) -> Sequence[Plan]:
        plans: list[Plan] = []
        for key in self._chosen:
            sharing = self._found.get(key)
            if sharing is None:
                raise InvalidForm("images", self._failures.get(key, "launch permissions are still being read"))
            wanted = self._given.wanted(sharing)
            self._refuse_no(key, sharing, wanted)
            try:
                plan = share_plan(
                    self._images[key]._replace(public=sharing.public),
                    sharing,
                    wanted.add,
                    wanted.remove,
                    share_snapshots=wanted.snapshots,
                    names=self._names,
                )
            except ValueError:
                continue
            found = obstacles(sharing, wanted, now=self.host.now())
            careful = tuple(one.sentence for one in found if one.level is Level.CAREFUL)
            plans.append(plan._replace(warnings=(*plan.warnings, *careful)))
        return plans

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The key policy can be copied if a KMS key needs one."""
        if action == "copy_policy":
            return any(sharing.customer_keys for sharing in self._found.values())
        return super().check_action(action, parameters)

    def action_go_on(self) -> None:
        """Go on; what is shown beside a field is not shown twice."""
        super().action_go_on()
        self._preview.renew()

    def action_copy_policy(self) -> None:
        """Put the statement for the policy of the images' keys on the clipboard."""
        keys = [key for sharing in self._found.values() for key in sharing.customer_keys]
        whom = dict.fromkeys(
            grantee
            for sharing in self._found.values()
            for grantee in (*(sharing.granted or ()), *self._given.wanted(sharing).add)
            if grantee != EVERYONE and grantee not in self._given.wanted(sharing).remove
        )
        if not whom:
            self.say("Enter accounts first: the statement needs them.", alert=True)
        else:
            self.say(f"{self.host.copy(key_policy_statement(list(whom), keys[0]))}: paste it into the key policy")

    @on(Field.Changed, "#book")
    def _known_chosen(self, event: Field.Changed) -> None:
        event.stop()
        self._given.enter_picked()
        self._show_preview()

    @on(Field.Changed, "#grantees,#granted,#everyone,#snapshots,#images")
    def _choice_changed(self) -> None:
        self._show_preview()

    @on(TableField.Moved)
    def _moved(self, event: TableField.Moved) -> None:
        event.stop()
        self._preview.renew()

    @on(DetailField.Resized)
    def _preview_resized(self, event: DetailField.Resized) -> None:
        event.stop()
        self._fit()

    @property
    def _chosen(self) -> Sequence[str]:
        return self._table.value if len(self._images) > 1 else list(self._images)

    def _refuse_no(self, key: str, sharing: Sharing, wanted: Wanted) -> None:
        """Point at what EC2 is sure to refuse.

        Raises:
            InvalidForm: there is such a thing.
        """
        now = self.host.now()
        found = [one for one in obstacles(sharing, wanted, now=now) if one.level is Level.NO]
        if not found:
            return
        words = found[0].sentence
        if len(self._images) > 1:
            raise InvalidForm("images", f"{self._images[key].label}: {words}")
        narrower = wanted._replace(add=tuple(one for one in wanted.add if one != EVERYONE))
        still = any(one.level is Level.NO for one in obstacles(sharing, narrower, now=now))
        raise InvalidForm("grantees" if still else "everyone", words)

    def _image_rows(self) -> list[TableRow]:
        regions = {facts.region for facts in self._images.values()}
        return [self._image_row(key, facts, named_region=len(regions) > 1) for key, facts in self._images.items()]

    def _image_row(self, key: str, facts: ImageFacts, *, named_region: bool) -> TableRow:
        sharing = self._found.get(key)
        found: tuple[Obstacle, ...] = ()
        changes = False
        if sharing is not None:
            wanted = self._given.wanted(sharing)
            change = effective(sharing, wanted)
            changes = bool(change.added or change.removed or snapshot_changes(sharing, wanted))
            found = obstacles(sharing, wanted, now=self.host.now())
        failure = self._failures.get(key, "")
        return image_row(key, facts, sharing, failure, found, changes=changes, named_region=named_region)

    def _show_preview(self) -> None:
        """Show the present shares and the preview of the change."""
        if len(self._images) > 1:
            self._table.give(self._image_rows())
        else:
            ((key, _),) = self._images.items()
            sharing = self._found.get(key)
            failure = self._failures.get(key, "")
            self._given.now.say(now_words(sharing) if sharing else failure or "reading…", alert=bool(failure))
        self._preview.renew()
        self.refresh_bindings()

    def _preview_lines(self, width: int) -> Iterator[TextLine]:
        key = next(iter(self._images))
        if len(self._images) > 1:
            row = self._table.current
            key = row.value if row is not None else key
            facts = self._images[key]
            yield (Run(facts.label, "title"), Run(f"  {facts.image_id}  {facts.region}", "muted"))
        sharing = self._found.get(key)
        shown = [field.problem for field in self.fields if field.problem]
        if sharing is None:
            yield (Run(self._failures.get(key, "reading launch permissions…"), "muted"),)
            return
        yield from preview_lines(sharing, self._given.wanted(sharing), self.host.now(), width, shown)
        if doubles := self._given.entries.duplicates:
            yield from marked("· ", f"Entered more than once: {listed(doubles, self._names)}.", width, "muted")


def _key(facts: ImageFacts) -> str:
    return f"{facts.region}/{facts.image_id}"
