"""Why a table is empty and the key that changes it: the words in its middle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from amitui.domain.catalogue.scope import ALL, COMMUNITY, ON_DEMAND
from amitui.domain.counts import count_of
from amitui.errors import CredentialsError
from amitui.services.login import has_no_credentials
from amitui.ui.screens.progress import failing_accounts, in_scope, is_cached

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from amitui.domain.catalogue.scope import Scope
    from amitui.domain.catalogue.view import ViewRequest
    from amitui.errors import AmituiError
    from amitui.services.composition import Services
    from amitui.services.crawls import Fetches
    from amitui.ui.screens.view_loader import Answer

SIZES = {
    "marketplace": "It is large: 15,000 to 40,000 images, about 10 MB.",
    "community": "It is very large: 100,000 images and more, about a minute.",
}
"""A word on the size of what is only fetched on demand (published counts, and 2018's 96,000 in us-east-1)."""

MOST_FAILING = 3
"""Accounts that are named one by one where their images may be missing."""


@dataclass(frozen=True, slots=True)
class EmptyView:
    """A view without rows."""

    view: ViewRequest
    answer: Answer
    identity_error: AmituiError | None = None
    """Why nothing can be fetched."""


def why_empty(services: Services, fetches: Fetches, empty: EmptyView, key: Callable[[str], str]) -> Content:
    """The words for an empty table, one thought a line.

    Args:
        key: the key of an action, as it is shown.
    """
    view = empty.view
    scopes, regions = view.scopes, view.regions
    where = ", ".join(regions) or "no Region"
    names = " + ".join(scope.title for scope in scopes)
    cached = any(is_cached(status, view) for status in empty.answer.statuses)
    if any(in_scope(shard, scopes) and shard.region in regions for shard in fetches.active):
        return _lines(f"Fetching {names} in {where} …", f"Rows appear as they arrive. {key('cancel')} stops.")
    failing = failing_accounts(services, fetches, view)
    failed = [error for shard, error in fetches.failures.items() if shard.region in regions]
    failure = empty.identity_error or next(iter((*failing.values(), *failed)), None)
    if not cached and failure is not None:
        ways_out = f"{key('refresh')} tries again · {key('errors')} shows all errors · {key('quit')} quits"
        if isinstance(failure, CredentialsError):
            ways_out = f"{key('login')} logs in or starts the demo · {ways_out}"
        if empty.identity_error is None and failing:
            # Of several accounts each says why; the first one's words are whole.
            (name, *_), (what, *more) = failing, failure.lines()
            return _lines(f"{name}: {what}", *more, *_of_accounts(failing)[1:], ways_out)
        return _lines(*failure.lines(), ways_out)
    if not cached:
        return _not_fetched(services, scopes, names, where, key, _in_other_scopes(empty.answer, key))
    if view.query.clauses or view.query.latest:
        return _nothing_matches(empty, names, where, key, _of_accounts(failing))
    if hidden := empty.answer.deprecated_hidden:
        whole = f"All {hidden:,} images here are" if hidden > 1 else "The only image here is"
        return _lines(
            f"{whole} deprecated and hidden.", f"{key('deprecated')} shows {'them' if hidden > 1 else 'it'}."
        )
    first, last = key("scope.mine"), key("scope.all")
    return _lines(
        f"{names} has no images in {where}.",
        f"{key('regions')} another Region · {first} to {last} another scope",
        *_of_accounts(failing),
    )


def _of_accounts(failing: Mapping[str, AmituiError]) -> list[str]:
    """A line for each account whose images may be missing here."""
    lines = [f"{name} could not be read: {error.what}" for name, error in failing.items()]
    left = len(lines) - MOST_FAILING
    return lines if left <= 0 else [*lines[:MOST_FAILING], f"… and {count_of(left, 'other account')}"]


def _nothing_matches(
    empty: EmptyView, names: str, where: str, key: Callable[[str], str], missing: Sequence[str]
) -> Content:
    view, hidden = empty.view, empty.answer.deprecated_hidden
    everywhere = ALL in view.scopes
    lines = [f"Nothing {'' if everywhere else f'in {names} '}of {where} matches."]
    if hidden:
        noun = "1 deprecated image matches" if hidden == 1 else f"{hidden:,} deprecated images match"
        lines.append(f"{noun}: {key('deprecated')} shows them.")
    if others := _in_other_scopes(empty.answer, key):
        lines.append(others)
    elif view.query.asks_for_lookalikes and COMMUNITY not in view.scopes:
        lines.append(f"Look-alikes are images of strangers: {key('scope.community')} in the table searches there.")
    if view.narrows_to_trusted:
        lines.append("latest: searches trusted publishers and your own images; add owner: for others.")
    lines.append(f"{key('back')} clears the query.")
    lines += missing
    return _lines(*lines)


def _in_other_scopes(answer: Answer, key: Callable[[str], str]) -> str:
    """How many images of other scopes match; empty = none, or none was searched for."""
    if not answer.elsewhere:
        return ""
    noun = "1 image matches" if answer.elsewhere == 1 else f"{answer.elsewhere:,} images match"
    them = "it" if answer.elsewhere == 1 else "them"
    return f"In all scopes {noun}: press {key('scope.all')} in the table to see {them}."


def _not_fetched(
    services: Services, scopes: Sequence[Scope], names: str, where: str, key: Callable[[str], str], others: str
) -> Content:
    if services.settings.offline:
        return _lines(
            f"{names} of {where} is not cached.", others, "amitui is offline: start without --offline to fetch it."
        )
    if not services.members.accounts and any(scope.name in ("mine", "shared") for scope in scopes):
        ways_out = f"{key('refresh')} retries · {key('login')} logs in or starts the demo"
        if has_no_credentials(services.session):
            return _lines("No AWS credentials were found.", others, ways_out)
        return _lines("The AWS account is not known yet.", others, f"{ways_out} · {key('errors')} shows errors")
    sizes = [SIZES[scope.name] for scope in scopes if scope in ON_DEMAND]
    return _lines(f"{names} of {where} is not fetched yet.", *sizes, others, f"{key('refresh')} fetches it.")


def _lines(*lines: str) -> Content:
    return Content("\n".join(line for line in lines if line))
