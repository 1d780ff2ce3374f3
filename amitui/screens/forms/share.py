"""The form that shares images: with whom they are, with whom they shall be, and what EC2 will say to that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from textual import on
from textual.binding import Binding

from amitui.domain.grantees import EVERYONE, Entries, grantee_words, listed, parse_entries
from amitui.domain.plans.share import share_plan
from amitui.domain.sharing import Sharing, Wanted, effective, key_policy_statement, snapshot_changes
from amitui.domain.sharing_rules import Level, obstacles
from amitui.errors import AmituiError
from amitui.screens.forms.form import InvalidForm, OperationForm
from amitui.screens.forms.review import marked
from amitui.screens.forms.share_words import (
    book_items,
    grantee_rows,
    image_row,
    now_words,
    outlook_lines,
)
from amitui.stylesheets import stylesheet
from amitui.widgets.field_table import DetailField, TableField
from amitui.widgets.fields import AreaField, ChoiceField, Field, NoteField, PickField, ToggleField
from amitui.widgets.text_lines import Run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from amitui.domain.plan import Plan
    from amitui.domain.plans.facts import ImageFacts
    from amitui.domain.sharing_rules import Obstacle
    from amitui.screens.forms.form import FormHost
    from amitui.widgets.field_table import TableRow
    from amitui.widgets.text_lines import TextLine

    SharingReader: TypeAlias = Callable[[str, str], Awaitable[Sharing]]
    """How the image with this id in this region is shared."""

AT_ONCE: Final = 4
"""Images looked at side by side."""
AREA_ROWS: Final = 3
TELL_ROWS: Final = 3
OTHER_ROWS: Final = 17
"""Rows of the screen that the tables cannot have."""
FEWEST_TABLE_ROWS: Final = 3

LEAVE: Final = "leave"
PUBLIC: Final = "public"
PRIVATE: Final = "private"


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
            tooltip="Put the statement for the policy of the image's key on the clipboard",
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
        read: asks how one is shared.
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
        self._now = NoteField("Now", "reading…", id="now")
        self._table = TableField(
            ("image", "outlook", "now, and what stands in the way"),
            self._image_rows(),
            id="images",
            hint="Space marks what is shared, Ctrl+A what nothing stands in the way of",
            check=lambda marks: "" if marks else "mark the images that are to be shared, with Space",
        )
        self._area = AreaField(
            "Share with",
            "grantees",
            placeholder="account ids, or ARNs of organizations and their units",
            hint="Paste any list; # begins comments. Tab goes on, Enter makes a new line.",
            rows=AREA_ROWS,
            check=self._entries_problem,
        )
        items = book_items(self._names, recent, self._account)
        self._book = PickField(
            "Known ones",
            items,
            id="book",
            multi=True,
            nothing="Enter chooses from those you know",
            hint="The address book of the config, those shared with last at the top.",
        )
        self._book.display = bool(items)
        self._granted = TableField(
            ("shared with", "", "name"),
            (),
            id="granted",
            hint="Space takes the share from the one under the cursor.",
        )
        self._granted.display = False
        self._everyone = ChoiceField(
            "Everyone",
            [(LEAVE, "as it is"), (PUBLIC, "public"), (PRIVATE, "not public")],
            id="everyone",
            hints={
                LEAVE: "Left and right choose; public lets every AWS account launch it.",
                PUBLIC: "Every AWS account can launch it and read what is on it.",
                PRIVATE: "Only its owner and those whom it is shared with.",
            },
        )
        self._snapshots = ToggleField(
            "Snapshots",
            "share them with these accounts too, or no longer",
            id="snapshots",
            hint="To launch it nobody needs them; to copy it to an own account everybody does.",
        )
        self._outlook = DetailField(self._outlook_lines, id="outlook", least_rows=TELL_ROWS)

    def form_fields(self) -> Sequence[Field]:
        several = len(self._images) > 1
        self._now.display, self._table.display = not several, several
        return (
            self._now,
            self._table,
            self._area,
            self._book,
            self._granted,
            self._everyone,
            self._snapshots,
            self._outlook,
        )

    def on_resize(self) -> None:
        rows = max(FEWEST_TABLE_ROWS, (self.app.size.height - OTHER_ROWS) // (2 if self._table.display else 1))
        self._table.limit_rows(rows)
        self._granted.limit_rows(rows)

    async def load(self) -> None:
        """Read how the images are shared; one that fails does not hold up the others."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def look(key: str, facts: ImageFacts) -> None:
            async with gate:
                try:
                    self._found[key] = await self._read(facts.region, facts.image_id)
                except AmituiError as error:
                    self._failures[key] = error.what
            self._table.give(self._image_rows())

        await asyncio.gather(*(look(key, facts) for key, facts in self._images.items()))
        known = list(self._found.values())
        self._granted.give(grantee_rows(known, self._names, several=len(self._images) > 1))
        self._granted.display = any(sharing.granted for sharing in known)
        self._tell()

    def plans(self) -> Sequence[Plan]:
        plans: list[Plan] = []
        for key in self._chosen:
            sharing = self._found.get(key)
            if sharing is None:
                raise InvalidForm("images", self._failures.get(key, "how it is shared is still being read"))
            wanted = self._wanted(sharing)
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
        """The key policy can be copied where there is a key that asks for one."""
        if action == "copy_policy":
            return any(sharing.customer_keys for sharing in self._found.values())
        return super().check_action(action, parameters)

    def action_copy_policy(self) -> None:
        """Put the statement for the policy of the images' keys on the clipboard."""
        keys = [key for sharing in self._found.values() for key in sharing.customer_keys]
        whom = dict.fromkeys(
            grantee
            for sharing in self._found.values()
            for grantee in (*(sharing.granted or ()), *self._wanted(sharing).add)
            if grantee != EVERYONE and grantee not in self._wanted(sharing).remove
        )
        if not whom:
            self.say("Nobody is to use the key yet: enter accounts first.", alert=True)
        else:
            self.say(
                f"{self.host.copy(key_policy_statement(list(whom), keys[0]))}: paste it into the key's policy"
            )

    @on(Field.Changed, "#book")
    def _known_chosen(self, event: Field.Changed) -> None:
        """What is picked is entered like what is typed, where it can be taken out again."""
        event.stop()
        present = set(self._entries.grantees)
        lines = [
            f"{grantee}  # {self._names[grantee]}" if grantee in self._names else grantee
            for grantee in self._book.values
            if grantee not in present
        ]
        text = self._area.value.rstrip("\n")
        self._area.value = "".join(f"{line}\n" for line in (*([text] if text else []), *lines))
        self._area.edited = True
        self._book.values = ()
        self._tell()

    @on(Field.Changed, "#grantees,#granted,#everyone,#snapshots,#images")
    def _choice_changed(self) -> None:
        self._tell()

    @on(TableField.Moved)
    def _moved(self, event: TableField.Moved) -> None:
        event.stop()
        self._outlook.renew()

    @on(DetailField.Resized)
    def _outlook_resized(self, event: DetailField.Resized) -> None:
        event.stop()
        self._fit()

    @property
    def _entries(self) -> Entries:
        return parse_entries(self._area.value, own=self._account)

    @property
    def _chosen(self) -> Sequence[str]:
        return self._table.value if len(self._images) > 1 else list(self._images)

    def _wanted(self, sharing: Sharing) -> Wanted:
        """What the fields ask for, as far as it is about one image."""
        added = list(self._entries.grantees)
        kept = set(self._granted.value)
        removed = [grantee for grantee in sharing.granted or () if self._granted.display and grantee not in kept]
        choice = self._everyone.value
        if choice == PUBLIC and EVERYONE not in added:
            added.append(EVERYONE)
        if choice == PRIVATE:
            removed.append(EVERYONE)
        return Wanted(tuple(added), tuple(removed), self._snapshots.value)

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

    def _entries_problem(self, text: str) -> str:
        entries = parse_entries(text, own=self._account)
        both = [one for one in entries.grantees if one in self._unmarked]
        problems = [
            *entries.problems,
            *(f"{grantee_words(one, self._names)} is to lose the share below" for one in both),
            *(["everyone is in the list, and below it is not to be public"] if self._contradicts(entries) else []),
        ]
        if not problems:
            return ""
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        return problems[0] + more

    @property
    def _unmarked(self) -> set[str]:
        if not self._granted.display:
            return set()
        every = {grantee for sharing in self._found.values() for grantee in sharing.granted or ()}
        return every - set(self._granted.value)

    def _contradicts(self, entries: Entries) -> bool:
        return entries.everyone and self._everyone.value == PRIVATE

    def _image_rows(self) -> list[TableRow]:
        regions = {facts.region for facts in self._images.values()}
        return [self._image_row(key, facts, named_region=len(regions) > 1) for key, facts in self._images.items()]

    def _image_row(self, key: str, facts: ImageFacts, *, named_region: bool) -> TableRow:
        sharing = self._found.get(key)
        found: tuple[Obstacle, ...] = ()
        changes = False
        if sharing is not None:
            wanted = self._wanted(sharing)
            change = effective(sharing, wanted)
            changes = bool(change.added or change.removed or snapshot_changes(sharing, wanted))
            found = obstacles(sharing, wanted, now=self.host.now())
        failure = self._failures.get(key, "")
        return image_row(key, facts, sharing, failure, found, changes=changes, named_region=named_region)

    def _tell(self) -> None:
        """Say again how things are and what would come of it."""
        if len(self._images) > 1:
            self._table.give(self._image_rows())
        else:
            ((key, _),) = self._images.items()
            sharing = self._found.get(key)
            failure = self._failures.get(key, "")
            self._now.say(now_words(sharing) if sharing else failure or "reading…", alert=bool(failure))
        self._outlook.renew()
        self.refresh_bindings()

    def _outlook_lines(self, width: int) -> Iterator[TextLine]:
        key = next(iter(self._images))
        if len(self._images) > 1:
            row = self._table.current
            key = row.value if row is not None else key
            facts = self._images[key]
            yield (Run(facts.label, "title"), Run(f"  {facts.image_id}  {facts.region}", "muted"))
        sharing = self._found.get(key)
        if sharing is None:
            yield (Run(self._failures.get(key, "reading how it is shared…"), "muted"),)
            return
        yield from outlook_lines(sharing, self._wanted(sharing), self.host.now(), width)
        if doubles := self._entries.duplicates:
            yield from marked("· ", f"Entered more than once: {listed(doubles, self._names)}.", width, "muted")


def _key(facts: ImageFacts) -> str:
    return f"{facts.region}/{facts.image_id}"
