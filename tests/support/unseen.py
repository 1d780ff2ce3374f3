"""Work that Textual does again for every application of a test, and that no test can see the result of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual._context import visible_screen_stack
from textual.app import App
from textual.css.stylesheet import Stylesheet
from textual.screen import Screen

if TYPE_CHECKING:
    from textual.css.model import RuleSet


def spare() -> None:
    """Parse each style sheet once a process, and render no frame that a driver without a terminal throws away.

    Whoever looks at a screen (a text, a snapshot) has it rendered then. An application that counts what is
    written to its terminal overrides `_display`, and gets every frame.
    """
    parse = Stylesheet._parse_rules
    refresh = Screen._compositor_refresh
    parsed: dict[object, list[RuleSet]] = {}

    def parse_once(self: Any, *args: Any, **named: Any) -> list[RuleSet]:
        key = (args, tuple(named.items()), tuple(self._variables.items()))
        if key not in parsed:
            parsed[key] = parse(self, *args, **named)
        return parsed[key]

    def refresh_seen(self: Any) -> None:
        app = self.app
        if app.is_headless and type(app)._display is App._display and self is app.screen:
            visible_screen_stack.set(app._background_screens)  # for whoever renders it after all
            self._dirty_widgets.clear()
            self._compositor._dirty_regions.clear()
        else:
            refresh(self)

    Stylesheet._parse_rules = parse_once  # type: ignore[method-assign]
    Screen._compositor_refresh = refresh_seen  # type: ignore[method-assign]
