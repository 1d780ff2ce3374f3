"""The safety marks that hold for rows: of several accounts those of the row's own, never another's."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amitui.services.together import every_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.image.row import ImageRow
    from amitui.services.composition import Services
    from amitui.services.members import Member
    from amitui.settings import ProfileSettings


class RowMarks(NamedTuple):
    """The marks, and whose they are."""

    production: bool = False
    read_only: bool = False
    of: str = ""
    """The account that carries the first of them; empty: all accounts do, or there is one alone."""


def marks_of(services: Services, rows: Sequence[ImageRow]) -> RowMarks:
    """The strictest marks of the accounts that rows belong to, or are shared with.

    What everybody sees is no account's: it has the marks that all accounts in use have.
    """
    members = services.members
    if not members.several:
        return RowMarks(*services.session.marks)
    every = every_mark(services.session.connections, members.all)
    shared = _common(list(every.values()))
    found: list[Member] = []
    for owner, seen_by in dict.fromkeys((row.owner_id, row.seen_by) for row in rows):
        member = members.of_account(owner) or members.of_account(seen_by)
        if member is not None:
            found.append(member)
    production = next((member for member in found if every[member].production), None)
    read_only = next((member for member in found if every[member].read_only), None)
    first = production or read_only
    is_common = first is None or (every[first].production, every[first].read_only) == shared
    return RowMarks(
        production is not None or shared[0],
        read_only is not None or shared[1],
        "" if first is None or is_common else first.name,
    )


def _common(marks: Sequence[ProfileSettings]) -> tuple[bool, bool]:
    return all(one.production for one in marks), all(one.read_only for one in marks)
