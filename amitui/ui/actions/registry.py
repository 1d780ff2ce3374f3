"""The actions, one row each: key, name, help and handler.

Footer, help and palette are derived from this table, and keys are remapped by the ids in it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.binding import Binding

from amitui.domain.catalogue.scope import SCOPE_TITLES, Scope
from amitui.domain.operations.kinds import SPECS, OperationKind
from amitui.ui.actions import accounts
from amitui.ui.actions import images as browsing

if TYPE_CHECKING:
    from amitui.ui.app import AmituiApp


@dataclass(frozen=True, slots=True)
class Action:
    """One action."""

    id: str
    """Names the action in the config's `[keys]`."""
    keys: str
    """Comma-separated keys, as Textual spells them; empty = it has none but what the config gives it."""
    label: str
    """A word or two, for the footer."""
    name: str
    """Its plain English name, for the palette."""
    tooltip: str
    """More about it, for the palette and, behind the name, for help."""
    run: Callable[[AmituiApp], Awaitable[None] | None]
    shown: bool = False
    """Whether the footer shows it."""
    kind: OperationKind | None = None
    """The kind of operation whose form it opens; `None` = it changes nothing in AWS."""
    obstacle: Callable[[AmituiApp], str] | None = None
    """Says why it cannot be done now, empty = it can; `None` = it always can, or its kind says."""

    @property
    def about(self) -> str:
        """Its name and more about it."""
        return f"{self.name}: {self.tooltip}"

    @property
    def binding(self) -> Binding:
        """The key binding that does it."""
        return Binding(
            self.keys,
            f"app.act('{self.id}')",
            self.label,
            id=self.id,
            tooltip=self.about,
            show=self.shown,
        )


_ABOUT_SCOPES = {
    "mine": "images owned by this account",
    "shared": "private images shared by other accounts",
    "amazon": "Amazon Linux, Windows, EKS, ECS …",
    "publishers": "Canonical, Red Hat, Debian …",
    "marketplace": "AWS Marketplace images; large",
    "community": "all public images; very large",
    "all": "every scope fetched so far",
}


def _scope(name: str) -> Callable[[AmituiApp], None]:
    return lambda host: browsing.show_scope(host, Scope(name))


def _begin(kind: OperationKind) -> Callable[[AmituiApp], Awaitable[None]]:
    async def run(host: AmituiApp) -> None:
        from amitui.ui.actions.launched_instances import follow
        from amitui.ui.actions.open_form import begin

        await follow(host, await begin(host, kind))

    return run


async def _operations(host: AmituiApp) -> None:
    from amitui.ui.actions.operations import operations

    await operations(host)


async def _undo(host: AmituiApp) -> None:
    from amitui.ui.actions.operations import undo

    await undo(host)


async def _launched(host: AmituiApp) -> None:
    from amitui.ui.actions.launched_instances import launched

    await launched(host)


async def _audit(host: AmituiApp) -> None:
    from amitui.ui.actions.audit import audit

    await audit(host)


async def _change(host: AmituiApp) -> None:
    from amitui.ui.actions.launched_instances import follow
    from amitui.ui.actions.open_form import change

    await follow(host, await change(host))


async def _help(host: AmituiApp) -> None:
    from amitui.ui.actions.help import help_

    await help_(host)


async def _compare(host: AmituiApp) -> None:
    from amitui.ui.actions.compare import compare

    await compare(host)


async def _facets(host: AmituiApp) -> None:
    from amitui.ui.actions.facets import facets

    await facets(host)


async def _family(host: AmituiApp) -> None:
    from amitui.ui.actions.family import family

    await family(host)


async def _family_regions(host: AmituiApp) -> None:
    from amitui.ui.actions.family import family_regions

    await family_regions(host)


async def _save_view(host: AmituiApp) -> None:
    from amitui.ui.actions.saved_views import save_view

    await save_view(host)


async def _views(host: AmituiApp) -> None:
    from amitui.ui.actions.saved_views import views

    await views(host)


async def _export(host: AmituiApp) -> None:
    from amitui.ui.actions.export import export

    await export(host)


async def _clean_up(host: AmituiApp) -> None:
    from amitui.ui.actions.housekeeping import clean_up

    await clean_up(host)


async def _login(host: AmituiApp) -> None:
    from amitui.ui.actions.login import login

    await login(host)


async def _recycle_bin(host: AmituiApp) -> None:
    from amitui.ui.actions.recycle_bin import recycle_bin

    await recycle_bin(host)


def _changes() -> tuple[Action, ...]:
    """One action for each kind of operation that has a form."""
    return tuple(
        Action(kind.value, spec.key, spec.label, spec.title, spec.tooltip, _begin(kind), kind=kind)
        for kind, spec in SPECS.items()
        if spec.label
    )


ACTIONS: tuple[Action, ...] = (
    Action("search", "slash", "Search", "Search images", "type to filter", browsing.search, True),
    Action("regions", "r", "Region", "Choose Regions", "browse one or several", browsing.regions, True),
    Action("copy_id", "y", "Copy ID", "Copy image ID", "of the selected or marked images", browsing.copy_id, True),
    Action("copy_arn", "Y", "Copy ARN", "Copy image ARN", "of the selected or marked images", browsing.copy_arn),
    Action(
        "copy_parameter",
        "",
        "Copy SSM",
        "Copy resolve:ssm:…",
        "the public parameter of its family, which names the newest build",
        browsing.copy_parameter,
    ),
    Action(
        "operations",
        "o",
        "Ops",
        "Show operations",
        "in progress and completed, from the journal",
        _operations,
        True,
    ),
    Action(
        "undo",
        "u",
        "Undo",
        "Undo what was done last",
        "after a review; restores what was deregistered",
        _undo,
    ),
    Action("launched", "L", "Launched", "Show launched instances", "state, health and how to connect", _launched),
    Action("audit", "A", "Audit", "Audit what runs", "which image each instance, template and group uses", _audit),
    Action("change", "a", "Change", "Change image", "all operations on the image", _change, True),
    *_changes(),
    Action(
        "clean_up",
        "H",
        "Clean up",
        "Clean up images",
        "own images by family: cost, use, and what may go by a rule",
        _clean_up,
    ),
    Action("recycle_bin", "", "Bin", "Show the recycle bin", "restore deregistered images", _recycle_bin),
    Action("refresh", "f5", "Refresh", "Refresh", "fetch from EC2 now, or retry", browsing.refresh, True),
    Action("sort", "S", "Sort", "Sort images", "by any column", browsing.sort, True),
    Action("columns", "v", "Columns", "Choose columns", "select and reorder columns", browsing.columns),
    Action(
        "deprecated",
        "d",
        "Deprecated",
        "Show or hide deprecated images",
        "they can still be launched",
        browsing.toggle_deprecated,
        True,
    ),
    Action(
        "latest",
        "f",
        "Families",
        "Switch between families and builds",
        "without words: only the newest images",
        browsing.toggle_latest,
        True,
    ),
    Action(
        "facets",
        "b",
        "Facets",
        "Show facets",
        "how many images by architecture, publisher, year …; Enter filters",
        _facets,
    ),
    Action(
        "compare", "equals_sign", "Compare", "Compare two images", "the marked ones: what differs", _compare, True
    ),
    Action("family", "F", "Family", "Show family", "its builds over time, what changed, its support", _family),
    Action(
        "family_regions",
        "G",
        "Elsewhere",
        "Show image in other Regions",
        "which Regions have the newest build of its family",
        _family_regions,
    ),
    Action("export", "e", "Export", "Export images", "as data or code, to a file or the clipboard", _export, True),
    Action("save_view", "w", "Save view", "Save view", "this search under a name: amitui @name", _save_view),
    Action("views", "W", "Views", "Open a saved view", "named searches, and what is new in them", _views),
    Action(
        "profile",
        "P",
        "Profile",
        "Choose profile",
        "use another AWS profile, or several at once",
        accounts.profile,
    ),
    Action("identity", "i", "Identity", "Show identity", "the account and identity in use", accounts.identity),
    Action("login", "f9", "Log in", "Log in", "with SSO, another profile, or start the demo", _login),
    Action("errors", "exclamation_mark", "Errors", "Show errors", "errors in this session", browsing.errors),
    Action("cancel", "ctrl+x", "Cancel", "Cancel fetching", "keep what was fetched", browsing.cancel),
    Action("back", "escape", "Back", "Go back", "close details, clear marks, clear the query", browsing.back),
    *(
        Action(f"scope.{name}", str(number), title, f"Show {title}", _ABOUT_SCOPES[name], _scope(name))
        for number, (name, title) in enumerate(SCOPE_TITLES.items(), start=1)
    ),
    Action("palette", "colon", "Commands", "Commands", "find any action by name", browsing.palette, True),
    Action("help", "question_mark,f1", "Help", "Help", "keys, symbols and the query language", _help, True),
    Action("quit", "q", "Quit", "Quit", "exit amitui", browsing.quit_, True),
)

BY_ID = {action.id: action for action in ACTIONS}
