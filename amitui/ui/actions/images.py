"""The actions of the main screen: what each key does. Those that open a dialog wait for its result.

They run as workers of the application, so a modal's end never cancels them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amitui.domain.catalogue.view import BEST_FIRST
from amitui.domain.counts import count_of
from amitui.domain.query.terms import BEST, SortOrder
from amitui.domain.region import PLACES, partition_of
from amitui.errors import AmituiError
from amitui.presentation.cautions import cautions_of_all
from amitui.ui.widgets.key_names import key_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from amitui.domain.catalogue.scope import Scope
    from amitui.domain.catalogue.view import ViewRequest
    from amitui.domain.image.row import ImageRow
    from amitui.ui.app import AmituiApp


def search(host: AmituiApp) -> None:
    """Type a new query, or go on with the one that is there."""
    host.browse.search_bar.begin()


def one_at_a_time(host: AmituiApp, rows: Sequence[ImageRow]) -> str:
    """Why what is done to one image is not done to the marked ones: some may be out of view."""
    unmark = key_of(host, "table.clear", host.browse.table)
    return f"one image at a time, {len(rows)} are marked; {unmark} unmarks"


async def back(host: AmituiApp) -> None:
    """Close details or facets, else clear marks, else leave an opened image, else clear the query."""
    browse = host.browse
    if await browse.middle.close_details():
        return
    if browse.facets.pane is not None:
        await browse.facets.close()
        return
    if browse.table.marks:
        browse.table.clear_marks()
    elif (left := browse.left) is not None and left.opened == _place(browse.view):
        browse.left = None
        before = left.view
        browse.change_view(
            text=before.text, regions=before.regions, scopes=before.scopes, sort=before.sort or BEST_FIRST
        )
        if left.reopen is not None:
            await left.reopen()
    elif browse.view.text:
        browse.change_view(text="")


def quit_(host: AmituiApp) -> None:
    """Leave; what runs in the background stops then, which is said first."""
    if host.user_commands.may_leave():
        host.exit()


def palette(host: AmituiApp) -> None:
    """Open the command palette."""
    host.action_command_palette()


def show_scope(host: AmituiApp, scope: Scope) -> None:
    """Show one scope."""
    host.browse.change_view(scopes=(scope,))


def toggle_deprecated(host: AmituiApp) -> None:
    """Show or hide deprecated images."""
    shown = not host.browse.view.show_deprecated
    host.browse.change_view(show_deprecated=shown)
    if shown:
        # While hidden, the status line says so and how many they are.
        host.browse.notice("deprecated images shown")


def toggle_latest(host: AmituiApp) -> None:
    """Switch between families and builds; without words put `latest:yes` into the query, or take it out."""
    browse = host.browse
    if browse.request.is_grouped and not browse.request.query.latest:
        grouped = browse.loader.toggle_families()
        browse.notice("one row per family; Right shows its builds" if grouped else "one row per build")
        return
    words = host.browse.view.text.split()
    if "latest:yes" in words:
        words.remove("latest:yes")
    else:
        words.append("latest:yes")
    host.browse.change_view(text=" ".join(words))
    if host.browse.request.narrows_to_trusted:
        host.browse.notice("newest images of trusted publishers and your own; add owner: for others", seconds=6)


def refresh(host: AmituiApp) -> None:
    """Fetch what is in view, whatever its age; also the way to retry after an error."""
    host.operations.denials.forget()
    host.connect(force=True)


def cancel(host: AmituiApp) -> None:
    """Stop the crawls."""
    arrived = host.fetches.totals.arrived
    count = host.fetches.cancel()
    host.browse.notice(
        f"stopped; {count_of(arrived, 'fetched image')} {'is' if arrived == 1 else 'are'} kept"
        if count and arrived
        else f"stopped {count_of(count, 'fetch', 'fetches')}; fetched images are kept"
        if count
        else "nothing is being fetched"
    )


async def regions(host: AmituiApp) -> None:
    """Choose regions."""
    from amitui.ui.screens.regions import RegionChoice, RegionsScreen

    browse, services = host.browse, host.services
    cached: dict[str, int] = {}

    def choices() -> list[RegionChoice]:
        enabled = {region.name: region.enabled for region in services.session.known_regions()}
        names = set(enabled) or set(PLACES)
        return [
            RegionChoice(name, PLACES.get(name, ""), enabled=enabled.get(name, True), cached=cached.get(name))
            for name in sorted({*names, *cached, *browse.view.regions})
        ]

    picker = RegionsScreen(choices(), current=browse.view.regions, recent=host.memory.state.recent_regions)

    async def load_more() -> None:
        try:
            for one in await browse.search.shards(await browse.search.cached_regions()):
                cached[one.shard.region] = cached.get(one.shard.region, 0) + one.record_count
            picker.set_choices(choices())
            if not services.settings.offline:
                await services.session.list_regions()
                picker.set_choices(choices())
        except AmituiError as error:
            host.log_error(error, "listing the Regions")

    browse.run_worker(load_more(), group="regions", exclusive=True)
    chosen = await host.push_screen_wait(picker)
    if chosen:
        host.memory.remember(recent_regions=host.memory.state.with_recent(chosen))
        browse.change_view(regions=chosen)
        host.connect()


async def sort(host: AmituiApp) -> None:
    """Choose the column to sort by."""
    from amitui.presentation.columns import COLUMNS
    from amitui.ui.screens.sort import SortScreen

    table = host.browse.table
    sortable = [(BEST, "Best", "The best match first, of a search for words; else the newest")]
    sortable += [(column.name, column.title, column.about) for column in COLUMNS.values() if column.sortable]
    chosen: SortOrder | None = await host.push_screen_wait(SortScreen(sortable, current=table.sorted_by))
    if chosen is not None:
        host.browse.change_view(sort=chosen)


async def columns(host: AmituiApp) -> None:
    """Choose columns and their order."""
    from amitui.presentation.columns import COLUMNS
    from amitui.ui.screens.columns import ColumnsScreen
    from amitui.ui.screens.picker import PickerItem

    table = host.browse.table
    choices = [column for column in COLUMNS.values() if column.name not in ("mark", "more")]
    all_columns = [PickerItem(column.name, column.title, column.about) for column in choices]
    chosen = await host.push_screen_wait(ColumnsScreen(all_columns, shown=table.shown_columns))
    if chosen is not None:
        table.columns = tuple(chosen) or None
        host.memory.remember(columns=tuple(chosen))


class LeftView(NamedTuple):
    """What was shown before an image was opened out of a pane; Esc returns there."""

    view: ViewRequest
    opened: tuple[str, tuple[str, ...], tuple[Scope, ...]]
    """What is shown instead: once that is another, nobody returns."""
    reopen: Callable[[], Awaitable[None]] | None
    """Opens the pane again, as it was."""


def _place(view: ViewRequest) -> tuple[str, tuple[str, ...], tuple[Scope, ...]]:
    return view.text, view.regions, view.scopes


def open_image(
    host: AmituiApp, region: str, image_id: str, reopen: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Search for an image by its ID, in its Region, which is fetched where it was not in view.

    Args:
        reopen: opens the pane again that it was chosen in.
    """
    browse = host.browse
    before = browse.view
    inside = region in browse.view.regions
    browse.change_view(text=image_id, regions=None if inside else (region,))
    browse.left = LeftView(before, _place(browse.view), reopen)
    if not inside:
        host.connect()


def selected(host: AmituiApp) -> list[ImageRow]:
    """The marked rows, else the one under the cursor."""
    table = host.browse.table
    if table.marks:
        return list(table.marks)
    return [table.cursor_row] if table.cursor_row is not None else []


def copy_id(host: AmituiApp) -> None:
    """Copy image ids."""
    rows = selected(host)
    _copy(host, [row.image_id for row in rows], rows)


def copy_arn(host: AmituiApp) -> None:
    """Copy ARNs (`arn:aws:ec2:REGION::image/ami-…`: an image's ARN names no account)."""
    rows = selected(host)
    arns = [f"arn:{partition_of(row.region)}:ec2:{row.region}::image/{row.image_id}" for row in rows]
    _copy(host, arns, rows)


def copy_parameter(host: AmituiApp) -> None:
    """Copy `resolve:ssm:` with the public parameter of each image's family."""
    from amitui.presentation.parameters import resolved_at_launch  # not needed to start

    rows = [row for row in selected(host) if resolved_at_launch(row)]
    if not rows and selected(host):
        host.browse.notice("no public SSM parameter is known for this image")
        return
    _copy(host, list(dict.fromkeys(map(resolved_at_launch, rows))), rows)


def _copy(host: AmituiApp, texts: list[str], rows: Sequence[ImageRow]) -> None:
    if not texts:
        host.browse.notice("no image is selected")
        return
    try:
        said, caution = sent(host, texts, rows)
    except AmituiError as error:
        host.log_error(error, "copying")
        return
    host.browse.notice(said, seconds=10 if caution else 4, bad=caution)


def sent(host: AmituiApp, texts: list[str], rows: Sequence[ImageRow]) -> tuple[str, bool]:
    """Send lines about images to the clipboard; gives what there is to say of it, and whether it is a caution.

    Raises:
        UsageError: terminals do not take that much text.
    """
    how = host.send_to_clipboard("\n".join(texts))
    what = texts[0] if len(texts) == 1 else f"{len(texts)} lines"
    # A terminal never reports whether it took the text, so the notice does not claim it.
    if caution := cautions_of_all(rows, host.services.now()):
        # The caution first: a terminal of 80 columns has room for little more, and the id is under the cursor.
        return f"sent, but {caution} · {what} ({how})", True
    return f"sent {what} to the clipboard ({how})", False


async def errors(host: AmituiApp) -> None:
    """Show what went wrong."""
    from amitui.ui.screens.errors import ErrorsScreen

    if await host.push_screen_wait(ErrorsScreen(host.error_log)):
        host.clear_errors()
