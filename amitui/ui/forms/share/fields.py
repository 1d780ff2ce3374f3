"""The fields of the form that shares images, and what they amount to for one image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.sharing.account_lists import Entries, cleaned, parse_entries
from amitui.domain.sharing.grantees import EVERYONE, grantee_words
from amitui.domain.sharing.permissions import Sharing, Wanted
from amitui.ui.forms.share.text import book_items, grantee_rows
from amitui.ui.widgets.fields import AreaField, ChoiceField, NoteField, PickField, ToggleField
from amitui.ui.widgets.fields.table import TableField

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

AREA_ROWS: Final = 3

LEAVE: Final = "leave"
PUBLIC: Final = "public"
PRIVATE: Final = "private"


class ShareFields:
    """With whom images are and shall be shared.

    Args:
        account: whose images they are.
        names: the address book.
        recent: with whom something was shared lately, newest first.
    """

    def __init__(self, account: str, names: Mapping[str, str], recent: Sequence[str]) -> None:
        self._account, self._names, self._recent = account, names, recent
        self._every: frozenset[str] = frozenset()
        self.now = NoteField("Now", "reading…", id="now")
        self.area = AreaField(
            "Share with",
            "grantees",
            placeholder="account IDs, or ARNs of organizations and organizational units",
            hint="Paste any list; # starts a comment. Tab: next field, Enter: new line.",
            rows=AREA_ROWS,
            check=self._problem,
            clean=cleaned,
        )
        items = book_items(names, recent, account)
        self.book = PickField(
            "Known",
            items,
            id="book",
            multi=True,
            nothing="press Enter to choose from known accounts",
            hint="Accounts from the config; recently used ones first.",
        )
        self.book.display = bool(items)
        self.granted = TableField(
            ("shared with", "what", "name"),
            id="granted",
            hint="Space removes or restores the selected share.",
        )
        self.granted.display = False
        self.everyone = ChoiceField(
            "Everyone",
            [(LEAVE, "no change"), (PUBLIC, "public"), (PRIVATE, "not public")],
            id="everyone",
            hints={
                LEAVE: "Use ← and →; public lets every AWS account launch it.",
                PUBLIC: "Every AWS account can launch it and read its data.",
                PRIVATE: "Only the owner and the accounts it is shared with.",
            },
        )
        self.snapshots = ToggleField(
            "Snapshots",
            "apply the same change to its snapshots",
            id="snapshots",
            hint="Not needed to launch the image; needed to copy it to another account.",
        )

    @property
    def entries(self) -> Entries:
        """What is typed or pasted."""
        return parse_entries(self.area.value, own=self._account)

    def wanted(self, sharing: Sharing) -> Wanted:
        """The changes that the fields amount to for one image."""
        added = list(self.entries.grantees)
        removed = [grantee for grantee in sharing.granted or () if grantee in self._unmarked]
        if self.everyone.value == PUBLIC and EVERYONE not in added:
            added.append(EVERYONE)
        if self.everyone.value == PRIVATE:
            removed.append(EVERYONE)
        return Wanted(tuple(added), tuple(removed), self.snapshots.value)

    def show(self, found: Collection[Sharing], *, several: bool) -> None:
        """Show with whom the images are shared, all of them together."""
        self._every = frozenset(grantee for sharing in found for grantee in sharing.granted or ())
        self.granted.give(grantee_rows(list(found), self._names, several=several))
        self.granted.display = bool(self._every)
        common = frozenset.intersection(*(frozenset(sharing.granted or ()) for sharing in found)) if found else ()
        self.book.set_choices(book_items(self._names, self._recent, self._account, common))

    def enter_picked(self) -> None:
        """Enter what is picked like what is typed, where it can be taken out again."""
        present = set(self.entries.grantees)
        lines = [
            f"{grantee}  # {self._names[grantee]}" if grantee in self._names else grantee
            for grantee in self.book.values
            if grantee not in present
        ]
        text = self.area.value.rstrip("\n")
        self.area.value = "".join(f"{line}\n" for line in (*([text] if text else []), *lines))
        self.area.edited = True
        self.book.values = ()

    @property
    def _unmarked(self) -> frozenset[str]:
        return self._every - set(self.granted.value)

    def _problem(self, text: str) -> str:
        entries = parse_entries(text, own=self._account)
        both = [one for one in entries.grantees if one in self._unmarked]
        problems = [
            *entries.problems,
            *(f"{grantee_words(one, self._names)} is removed from the shares below" for one in both),
        ]
        if entries.everyone and self.everyone.value == PRIVATE:
            problems.append("the list includes everyone, but not public is selected below")
        if not problems:
            return ""
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        return problems[0] + more
