"""Texts of the forms for shares: present shares, preview of a change, obstacles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.sharing.grantees import (
    EVERYONE,
    counted,
    grantee_words,
    kind_words,
    short_words,
)
from amitui.domain.sharing.permissions import MOST_GRANTEES, Difference, Sharing, Wanted, effective
from amitui.domain.sharing.rules import Level, Obstacle, obstacles
from amitui.presentation.glyphs import UNICODE
from amitui.ui.forms.review import marked
from amitui.ui.widgets.fields.table import TableRow
from amitui.ui.widgets.pick_list import PickerItem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from amitui.domain.operations.plans.facts import ImageFacts
    from amitui.ui.widgets.text_lines import TextLine

_MARKS: Final = {
    Level.NO: (UNICODE.failed, "bad"),
    Level.CAREFUL: (UNICODE.held, "warn"),
    Level.NOTE: ("·", "muted"),
}
_WORDS: Final = {Level.NO: "refused", Level.CAREFUL: "warning", Level.NOTE: "ok"}


def book_items(
    names: Mapping[str, str], recent: Sequence[str], own: str, shared: Collection[str] = ()
) -> list[PickerItem]:
    """Those one can be expected to share with: the last ones first, then the address book by name.

    Args:
        shared: those with whom all of the images are shared already: there is nothing to choose.
    """
    lately = [grantee for grantee in dict.fromkeys(recent) if grantee not in (own, EVERYONE)]
    rest = sorted(
        (one for one in names if one not in lately and one != own), key=lambda one: names[one].casefold()
    )
    return [
        PickerItem(
            grantee,
            names.get(grantee) or short_words(grantee),
            " ".join(
                part
                for part in (
                    short_words(grantee) if grantee in names else "",
                    *kind_words(grantee),
                    "· recent" if grantee in lately else "",
                )
                if part
            ),
            (f"{short_words(grantee)}  shared already" if grantee in names else "shared already")
            if grantee in shared
            else "",
        )
        for grantee in (*lately, *rest)
    ]


def grantee_rows(found: Sequence[Sharing], names: Mapping[str, str], *, several: bool) -> list[TableRow]:
    """With whom the images are shared, those with a name first."""
    counts: dict[str, int] = {}
    for sharing in found:
        for grantee in sharing.granted or ():
            counts[grantee] = counts.get(grantee, 0) + 1
    rows = []
    for grantee in sorted(counts, key=lambda one: (one not in names, names.get(one, "").casefold(), one)):
        kind, whose = kind_words(grantee)
        remark = names.get(grantee, "") or whose
        if several:
            remark = f"{counts[grantee]} of {len(found)}  {remark}".rstrip()
        rows.append(TableRow(grantee, short_words(grantee), kind, remark=remark, marked=True))
    return rows


def now_words(sharing: Sharing) -> str:
    """How an image is shared, in a line."""
    if sharing.granted is None:
        now = "public" if sharing.public else "launch permissions unknown"
    elif sharing.public:
        also = f"; also shared with {counted(sharing.granted)}" if sharing.granted else ""
        now = f"public: everyone can launch it{also}"
    elif sharing.granted:
        now = f"shared with {counted(sharing.granted)}"
    else:
        now = "private: only its owner can launch it"
    used = f" ({len(sharing.granted):,} of {MOST_GRANTEES:,})" if sharing.granted else ""
    return f"{now}{used}"


def image_row(
    key: str,
    facts: ImageFacts,
    sharing: Sharing | None,
    failure: str,
    found: Sequence[Obstacle],
    *,
    changes: bool,
    named_region: bool,
) -> TableRow:
    """One image of several.

    Args:
        sharing: `None` while it is being read, or when that failed.
        failure: why it failed.
        found: what stands in the way of what is to be changed.
        changes: whether anything is.
        named_region: whether the images are in several regions.
    """
    name = f"{facts.label} ({facts.region})" if named_region else facts.label
    if sharing is None and failure:
        return TableRow(key, name, "✗ not read", "bad", failure, locked=failure)
    if sharing is None:
        return TableRow(key, name, "○ reading", remark="launch permissions", marked=True)
    if not changes:
        return TableRow(key, name, "○ no change", remark=now_words(sharing), marked=True)
    level = found[0].level if found else Level.NOTE
    mark, role = _MARKS[level]
    remark = found[0].words if level is not Level.NOTE else now_words(sharing)
    sign = "●" if level is Level.NOTE else mark
    return TableRow(
        key,
        name,
        f"{sign} {_WORDS[level]}",
        "good" if level is Level.NOTE else role,
        remark,
        marked=True,
        advised=level is not Level.NO,
    )


def preview_lines(
    sharing: Sharing, wanted: Wanted, now: float, width: int, shown: Collection[str] = ()
) -> Iterator[TextLine]:
    """The preview: what changes, what EC2 will refuse, and what could not be read.

    Args:
        shown: what is shown beside a field already.
    """
    change = effective(sharing, wanted)
    role = "title" if change.added or change.removed else "muted"
    yield from marked("", _change_words(sharing, change), width, role)
    for obstacle in obstacles(sharing, wanted, now=now):
        if obstacle.sentence in shown:
            continue
        mark, role = _MARKS[obstacle.level]
        text_role = "muted" if obstacle.level is Level.NOTE else role
        yield from marked(f"{mark} ", obstacle.sentence, width, text_role, mark_role=role)
    for sentence in sharing.unknown:
        yield from marked("? ", sentence, width, "muted", mark_role="warn")


def owner_words(sharing: Sharing, names: Mapping[str, str], publisher: str) -> str:
    """Whose image it is."""
    whose = grantee_words(sharing.owner_id, names)
    return f"{whose}, {publisher}" if publisher else f"account {whose}"


def how_shared(sharing: Sharing) -> str:
    """How the viewer has access to somebody else's image, as far as EC2 shows it to others than the owner."""
    if sharing.public:
        return "it is public: its owner lets every AWS account launch it"
    return (
        "with this account, or with its organization or organizational unit: only the owner can see which; a "
        "share "
        "with the account itself can be given up"
    )


def _change_words(sharing: Sharing, change: Difference) -> str:
    if not change.added and not change.removed:
        return "No changes yet."
    parts = [
        f"+ {counted(change.added)}" if change.added else "",
        f"- {counted(change.removed)}" if change.removed else "",
    ]
    words = ", ".join(part for part in parts if part)
    if sharing.granted is None:
        return words
    after = counted((*change.kept, *change.added))
    return f"{words}: shared with {after or 'nobody'} afterwards"
