"""The pane of what was launched from here: each instance from pending to ready, the way in, its console, its end.

The screen only shows instances and passes commands on. While it is open they are observed, by the poller that
observes for everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual import on
from textual.binding import Binding

from amitui.domain.launch.instances import Instance, Phase, counts
from amitui.presentation.glyphs import ASCII, UNICODE
from amitui.presentation.launched_details import instance_groups
from amitui.presentation.launched_rows import headline
from amitui.presentation.ssh_command import login
from amitui.ui.screens.launched.actions import Do, possible
from amitui.ui.screens.launched.state import LaunchedInstances
from amitui.ui.screens.list_pane import SHEETS, TICK_S, ListPane, list_bindings
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.detail_pane import group_lines
from amitui.ui.widgets.instance_list import InstanceList
from amitui.ui.widgets.text_lines import paragraph

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from amitui.ui.screens.pane_host import PaneHost
    from amitui.ui.widgets.text_lines import TextLine

NOTICE_S: Final = 5.0
"""For how long a notice stays in the place of the counts."""


class LaunchedScreen(ListPane["Instance"]):
    """The list and the details; the result is the instance whose image is to be opened."""

    CSS_PATH = stylesheet(*SHEETS, "launched")
    BINDINGS = [
        Binding("y", "copy_login", "Copy login", id="launched.login", tooltip="Copy the command that logs in"),
        Binding("C", "console", "Console", id="launched.console", tooltip="Show the console output"),
        Binding("space", "mark", "Mark", id="launched.mark", tooltip="Mark or unmark the instance"),
        Binding(
            "full_stop",
            "do('stop')",
            "Stop",
            id="launched.stop",
            tooltip="Stop the selected or marked instances",
        ),
        Binding(
            "t",
            "do('terminate')",
            "Terminate",
            id="launched.terminate",
            tooltip="Terminate the selected or marked instances",
        ),
        Binding("b", "filter", "Filter", id="launched.filter", tooltip="Filter by state"),
        Binding(
            "ctrl+a,asterisk", "mark_all", "Mark all", id="launched.mark_all", tooltip="Mark or unmark all listed"
        ),
        Binding(
            "greater_than_sign",
            "do('start')",
            "Start",
            id="launched.start",
            tooltip="Start the selected or marked instances",
        ),
        Binding("h", "toggle_all", "All", id="launched.all", tooltip="This launch, or all launches"),
        Binding(
            "Y",
            "copy_ids",
            "Copy ID",
            id="launched.ids",
            tooltip="Copy the IDs of the selected or marked instances",
        ),
        Binding("enter", "open", "Image", id="launched.open", tooltip="Close, and show its image"),
        *list_bindings("launched", "instance"),
        Binding("escape,q,L", "leave", "Close", id="launched.leave", tooltip="Close; operations continue"),
    ]
    WIDE_FROM = 140
    LIST_SHARE = (3, 5)

    def __init__(
        self,
        host: PaneHost,
        do: Callable[[Do, Sequence[Instance], Callable[[str], None]], None],
        console: Callable[[Instance], None],
        *,
        only: Collection[str] = (),
        ascii_only: bool = False,
    ) -> None:
        """Args:
        host: gives what is shown.
        do: runs a command on instances in the application, and shows how it went.
        console: shows the console of an instance.
        only: ids of the launches that are shown first; empty = all.
        ascii_only: whether the terminal shows nothing but ASCII.
        """
        self._signs = ASCII if ascii_only else UNICODE
        rows = InstanceList(self._signs)
        super().__init__("Launched", rows)
        self.list: InstanceList = rows
        self._host, self._do, self._show_console = host, do, console
        self._only = frozenset(only)
        self._all_launches = not only
        self._marked: set[str] = set()
        self._phase: Phase | None = None
        """The one phase that is listed; `None` = all."""
        self._instances: tuple[Instance, ...] = ()
        self._renewing = False
        self._notice_at = 0.0
        self._launches = LaunchedInstances(host, self._renew_soon)

    def on_mount(self) -> None:
        self._launches.begin()
        self.set_interval(TICK_S, self.renew)
        self.renew()

    def on_unmount(self) -> None:
        self._launches.end()

    @on(InstanceList.RowClicked)
    def _row_clicked(self, event: InstanceList.RowClicked) -> None:
        event.stop()
        self.action_mark()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what makes sense for what is chosen; grey what being read-only or another profile forbids."""
        here = self.list.current
        match action:
            case "open":
                return here is not None and bool(here.image_id)
            case "console" | "copy_ids" | "mark" | "mark_all":
                return here is not None and bool(here.instance_id)
            case "copy_login":
                return bool(self._logins())
            case "toggle_all":
                return bool(self._only)
            case "do":
                what = Do(str(parameters[0]))
                chosen = [one for one in self.chosen() if possible(what, one)]
                if chosen and not any(map(self._host.may_switch, chosen)):
                    return None
                return bool(chosen)
            case _:
                return True

    def why_not_now(self, action: str, parameters: tuple[object, ...]) -> str:
        """What a command would need."""
        here = self.list.current
        match action:
            case "toggle_all":
                return "all launches are listed"
            case "copy_login":
                return "no address is known yet"
            case "do" if here is not None:
                fit = possible(Do(str(parameters[0])), here)
                return (fit and self._host.may_switch(here).reason) or f"the instance is {here.phase}"
            case _:
                return "no instance is selected"

    def action_do(self, what: str) -> None:
        """Pass a command on to the application, for the chosen instances that it fits."""
        chosen = [one for one in self.chosen() if possible(Do(what), one)]
        able = [one for one in chosen if self._host.may_switch(one)]
        if len(able) < len(chosen):
            reason = self._host.may_switch(chosen[0]).reason or "another profile"
            self.say(f"{len(chosen) - len(able)} left out: {reason}")
        if able:
            self._do(Do(what), able, self.say)

    def action_console(self) -> None:
        """Show the console of the one under the cursor."""
        if self.list.current is not None:
            self._show_console(self.list.current)

    def action_copy_login(self) -> None:
        """Copy the commands that log in, one a line."""
        self.say(self._host.copy("\n".join(self._logins())))

    def action_copy_ids(self) -> None:
        """Copy the ids, one a line."""
        self.say(self._host.copy("\n".join(one.instance_id for one in self.chosen())))

    def action_mark(self) -> None:
        """Mark the one under the cursor or take its mark away, and go on to the next."""
        here = self.list.current
        if here is not None and here.instance_id:
            self._marked ^= {here.key}
            self.renew()
            self.list.move(1)

    def action_mark_all(self) -> None:
        """Mark all that are listed; none when all are marked."""
        listed = {one.key for one in self._listed() if one.instance_id}
        self._marked = set() if listed <= self._marked else self._marked | listed
        self.renew()

    def action_filter(self) -> None:
        """List only the instances in the next phase that there is; after the last one, all."""
        phases = [None, *counts(self._instances)]
        at = phases.index(self._phase) if self._phase in phases else 0
        self._phase = phases[(at + 1) % len(phases)]
        self.renew()

    def action_toggle_all(self) -> None:
        """Show all launches, or the one that the pane was opened for."""
        self._all_launches = not self._all_launches
        self._phase = None
        self.renew()

    def say(self, words: str) -> None:
        """Show a line for a while, or until the cursor moves on."""
        if self.is_running:
            self._notice_at = self._host.clock()
            self.head.say(words)

    def renew(self) -> None:
        """Show everything as it is now."""
        self._renewing = False
        now = self._host.clock()
        self._instances = self._launches.current(() if self._all_launches else self._only)
        self._marked &= {one.key for one in self._instances}
        if self._phase is not None and self._phase not in counts(self._instances):
            self._phase = None
        listed = self._listed()
        self.list.show(listed, now, marked=self._marked, empty=self._nothing())
        self.head.show(
            *headline(
                self._instances,
                shown=len(listed),
                marked=self._marked,
                only=self._phase,
                all_launches=self._all_launches,
            )
        )
        if now - self._notice_at > NOTICE_S:
            self.head.say("")
        self.fit()
        self.details.renew()
        self.refresh_bindings()

    def detail_lines(self, width: int) -> Iterator[TextLine]:
        """The instance under the cursor, for `width` cells."""
        here = self.list.current
        if here is None:
            yield from paragraph("Instances launched with amitui appear here, from pending to ready.", width)
            return
        groups = instance_groups(
            here,
            self._host.clock(),
            system=self._host.system(here),
            trouble=self._host.trouble(here.profile, here.region),
            other_profile="" if here.phase.is_over or not here.instance_id else self._host.may_switch(here).reason,
        )
        yield from group_lines(groups, width)

    def _listed(self) -> list[Instance]:
        return [one for one in self._instances if self._phase is None or one.phase is self._phase]

    def chosen(self) -> list[Instance]:
        """Those that are marked, else the one under the cursor."""
        if self._marked:
            return [one for one in self._instances if one.key in self._marked]
        here = self.list.current
        return [here] if here is not None and here.instance_id else []

    def _logins(self) -> list[str]:
        found = (login(one, self._host.system(one)).command for one in self.chosen())
        return [command for command in found if command]

    def _nothing(self) -> str:
        if known := self._launches.known:
            return f"Looking for {known} instance{'' if known == 1 else 's'} of earlier launches…"
        return "No instances were launched with amitui."

    def _renew_soon(self) -> None:
        """One observation round brings many instances, and is shown once."""
        if self.is_running and not self._renewing:
            self._renewing = True
            self.call_later(self.renew)

    def listed_rows(self) -> int:
        return len(self._listed())
