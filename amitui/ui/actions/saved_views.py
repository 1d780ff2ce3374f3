"""Saving the present view under a name, and opening one that was saved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from amitui.domain.query.parser import parse_query
from amitui.domain.query.terms import Created, Literal, QuerySyntaxError
from amitui.errors import AmituiError
from amitui.services.saved_views import MARK, SavedViews
from amitui.ui.widgets.key_names import key_of

if TYPE_CHECKING:
    from amitui.domain.catalogue.view import ViewRequest
    from amitui.services.saved_views import SavedView
    from amitui.ui.app import AmituiApp


def saved_views(host: AmituiApp) -> SavedViews:
    """The user's saved views."""
    return SavedViews(host.services.settings.locations.views_file)


async def save_view(host: AmituiApp) -> None:
    """Save the present view under a name."""
    from amitui.ui.screens.saved_views import SaveViewScreen

    views = saved_views(host)
    view = host.browse.view
    suggestion = "-".join(re.findall(r"\w[\w.]*", view.text.lower()))[:40].strip("-.")
    name = await host.push_screen_wait(SaveViewScreen(views.all(), suggestion))
    if name is None:
        return
    replaced = next((each for each in views.all() if each.name == name), None)
    try:
        views.save(name, view, now=host.services.now())
    except AmituiError as error:
        host.log_error(error, "saving a view")
        host.browse.notice(error.what, bad=True)
        return
    if replaced is not None and replaced.state.query != view.text:
        host.browse.notice(f"{MARK}{name} saved; it was: {replaced.state.query or 'all images'}", seconds=8)
    else:
        # The demo's folders go when it ends.
        use = "until the demo ends" if host.services.settings.demo else f"amitui {MARK}{name} starts with it"
        host.browse.notice(f"saved as {MARK}{name}: {use}", seconds=8)


async def views(host: AmituiApp) -> None:
    """Choose a saved view and open it."""
    from amitui.ui.screens.saved_views import ViewsScreen

    stored = saved_views(host)
    found = stored.all()

    def remove(name: str) -> bool:
        try:
            stored.remove(name)
        except AmituiError as error:
            host.log_error(error, "deleting a view")
            host.browse.notice(error.what, bad=True)
            return False
        return True

    screen = ViewsScreen(found, remove, key_of(host, "save_view"))
    screen.call_later(_count_new, host, screen, found)
    name = await host.push_screen_wait(screen)
    if name is not None:
        await open_view(host, name)


async def open_view(host: AmituiApp, name: str) -> None:
    """Show a saved view, and say how many images came since it was last opened."""
    stored = saved_views(host)
    now = host.services.now()
    try:
        view = stored.get(name)
        new = await _new_in(host, view)
    except AmituiError as error:
        host.log_error(error, "opening a view")
        host.browse.notice(error.what, bad=True)
        return
    request = view.state.view(accounts=host.services.members.accounts, now=now)
    host.browse.change_view(
        regions=request.regions or None,
        scopes=request.scopes,
        text=view.state.text,
        show_deprecated=request.show_deprecated,
    )
    host.connect()
    try:
        stored.visit(name, now=now)
    except AmituiError as error:
        # The view is open all the same: only what counts as new stays what it was.
        host.log_error(error, "noting a visit of a view")
    host.browse.notice(f"{MARK}{name}: {new} new since the last visit" if new else f"{MARK}{name}: nothing new")


async def _count_new(host: AmituiApp, screen: object, found: list[SavedView]) -> None:
    from amitui.ui.screens.saved_views import ViewsScreen

    counts: dict[str, int] = {}
    for view in found:
        try:
            counts[view.name] = await _new_in(host, view)
        except AmituiError as error:
            host.log_error(error, "counting what is new in a view")
    if screen in host.screen_stack and isinstance(screen, ViewsScreen):
        screen.show_new(counts)


async def _new_in(host: AmituiApp, view: SavedView) -> int:
    """Images of a view that were created since it was last opened, as far as fetched."""
    request = _request(host, view)
    return 0 if request is None else await host.browse.search.count(request)


def _request(host: AmituiApp, view: SavedView) -> ViewRequest | None:
    now = host.services.now()
    request = view.state.view(accounts=host.services.members.accounts, now=now)
    try:
        query = parse_query(view.state.query, now=now, accounts=host.services.known_accounts)
    except QuerySyntaxError:
        return None
    since = (Literal(Created(view.visited, None)),)
    return request._replace(
        query=query._replace(clauses=(*query.clauses, since)), regions=request.regions or host.browse.view.regions
    )
