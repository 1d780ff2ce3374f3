"""The text of the status line and the scope tabs, computed from what is cached and what is being fetched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from amitui.domain.catalogue.coverage import age_of
from amitui.domain.catalogue.scope import SCOPE_TITLES
from amitui.domain.catalogue.shard import IMPORTED
from amitui.domain.image.publishers import publisher_name
from amitui.ui.screens.renewal import with_key
from amitui.ui.screens.row_marks import marks_of
from amitui.ui.widgets.scope_tabs import SEVERAL, ScopeTab
from amitui.ui.widgets.status_bar import UNKNOWN_AGE, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from amitui.domain.catalogue.scope import Scope
    from amitui.domain.catalogue.shard import Shard, ShardStatus
    from amitui.domain.catalogue.view import ViewRequest
    from amitui.domain.image.row import ImageRow
    from amitui.errors import AmituiError
    from amitui.services.composition import Services
    from amitui.services.crawls import Fetches
    from amitui.ui.screens.view_loader import Answer


@dataclass(frozen=True, slots=True)
class Activity:
    """What the status line says besides the view."""

    marked: int = 0
    errors: int = 0
    under_way: int = 0
    """Operations that have not ended."""
    on_hold: int = 0
    """How many of them wait for their user."""
    notice: str = ""
    notice_is_bad: bool = False


def status_of(
    services: Services,
    fetches: Fetches,
    view: ViewRequest,
    answer: Answer,
    activity: Activity,
    rows: Sequence[ImageRow],
    keys: Callable[[str], str],
) -> Status:
    """The status line.

    Args:
        rows: those that an operation would be about.
        keys: the key of an action, as it is shown.
    """
    settings = services.settings
    failing = failing_accounts(services, fetches, view)
    cached = any(is_cached(one, view) for one in answer.statuses)
    status = Status(
        regions=view.regions,
        profile=services.session.named_profile,
        account=services.session.account or "",
        scope=" + ".join(scope.title for scope in view.scopes),
        matches=answer.matches,
        families=answer.families,
        total=answer.total,
        deprecated_hidden=answer.deprecated_hidden,
        marked=activity.marked,
        age_seconds=_age(view, answer.statuses),
        incomplete=any(_is_partial(one, view) for one in answer.statuses),
        fetch=fetches.totals.state(),
        errors=activity.errors,
        under_way=activity.under_way,
        on_hold=activity.on_hold,
        operations_key=keys("operations"),
        failed=_failed(fetches, view, failing, keys) if activity.errors else "",
        unfetched=not cached,
        notice=activity.notice,
        notice_is_bad=activity.notice_is_bad,
        demo=settings.demo,
        offline=settings.offline,
        cancel_key=keys("cancel"),
        refresh_key=keys("refresh"),
        errors_key=keys("errors"),
    )
    return _with_accounts(status, services, rows, len(failing))


def _with_accounts(status: Status, services: Services, rows: Sequence[ImageRow], failing: int) -> Status:
    """The status with the marks that hold for rows, and with the accounts where they are several."""
    members, marks = services.members, marks_of(services, rows)
    return replace(
        status,
        accounts=tuple(member.name for member in members.all) if members.several else (),
        accounts_failed=failing,
        marks_of=marks.of,
        production=marks.production,
        read_only=marks.read_only,
    )


def failing_accounts(services: Services, fetches: Fetches, view: ViewRequest) -> dict[str, AmituiError]:
    """By name, why private images of some of several accounts could not be read; none of one account."""
    members = services.members
    if not members.several:
        return {}
    found = {member.name: member.problem for member in members.problems if member.problem is not None}
    for shard, error in fetches.failures.items():
        if not shard.is_public and shard.region in view.regions:
            found.setdefault(members.name_of(shard.visibility), error)
    return found


def _failed(
    fetches: Fetches, view: ViewRequest, failing: Mapping[str, AmituiError], keys: Callable[[str], str]
) -> str:
    """What could not be fetched of the view, accounts or Regions, with the reason of the first."""
    if failing:
        return f"{', '.join(failing)}: {with_key(next(iter(failing.values())), keys)}"
    failed = {
        shard.region: error
        for shard, error in fetches.failures.items()
        if shard.region in view.regions and in_scope(shard, view.scopes)
    }
    return "" if not failed else f"{', '.join(failed)}: {with_key(next(iter(failed.values())), keys)}"


def _age(view: ViewRequest, statuses: Iterable[ShardStatus]) -> int | None:
    """Age in seconds of the oldest data in view; negative when nobody knows the age of some of it."""
    ages = [
        age_of(status.fetched_at, view.now)
        for status in statuses
        if status.fetched_at and status.is_visible_to(view.accounts) and in_scope(status.shard, view.scopes)
    ]
    known = [age for age in ages if age is not None]
    if len(known) < len(ages):
        return UNKNOWN_AGE
    return max(known, default=None)


def _is_partial(status: ShardStatus, view: ViewRequest) -> bool:
    """Whether a fetch of something in view was stopped before its end, and nothing whole is there."""
    is_here = in_scope(status.shard, view.scopes) and status.is_visible_to(view.accounts)
    return is_here and not status.fetched_at and status.record_count > 0 and status.origin != IMPORTED


def is_cached(status: ShardStatus, view: ViewRequest) -> bool:
    """Whether this is part of the view and has anything to show, be it that there is nothing."""
    fetched = status.complete or status.record_count > 0
    return fetched and in_scope(status.shard, view.scopes) and status.is_visible_to(view.accounts)


def in_scope(shard: Shard, scopes: Sequence[Scope]) -> bool:
    """Whether a shard is in view."""
    return any(scope.name in ("all", shard.owner_scope) for scope in scopes)


def scope_tabs(view: ViewRequest, statuses: Sequence[ShardStatus], fetches: Fetches) -> list[ScopeTab]:
    """One tab a scope; account IDs that are in view have one too, those of one publisher together."""
    counts: dict[str, int] = {}
    for status in statuses:
        if status.is_visible_to(view.accounts) and (status.complete or status.record_count):
            name = status.shard.owner_scope
            counts[name] = counts.get(name, 0) + status.record_count
    busy = {shard.owner_scope for shard in fetches.active if shard.region in view.regions}
    shown = {scope.name for scope in view.scopes}
    titles = {name: (title, str(key)) for key, (name, title) in enumerate(SCOPE_TITLES.items(), start=1)}
    tabs = []
    for name, (title, key) in {**titles, **_account_titles(view)}.items():
        names = name.split(SEVERAL)
        cached = [counts[one] for one in names if one in counts and one != "all"]
        tabs.append(
            ScopeTab(
                name,
                title,
                key=key,
                count=sum(cached) if cached else None,
                ready=name == "all" and any(counts.values()),
                active=not shown.isdisjoint(names),
                busy=not busy.isdisjoint(names),
            )
        )
    return tabs


def _account_titles(view: ViewRequest) -> dict[str, tuple[str, str]]:
    """By accounts that are scopes in view, what they are called; no key chooses them."""
    accounts: dict[str, list[str]] = {}
    for scope in view.scopes:
        if scope.account_id:
            accounts.setdefault(publisher_name(scope.account_id, "") or scope.name, []).append(scope.name)
    return {SEVERAL.join(names): (title, "") for title, names in accounts.items()}
