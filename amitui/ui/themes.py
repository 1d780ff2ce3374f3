"""Three themes: dark, light, and one without colours of its own.

The greys of the dark and the light theme are little saturated on purpose: a terminal with 256 colours turns
anything more colourful into the nearest corner of its colour cube, which for a dark surface is black.
"""

from __future__ import annotations

from typing import Any, Final

from textual.app import App
from textual.theme import Theme

from amitui.errors import UsageError


def _variables(
    *,
    accent: str,
    on_accent: str,
    text: str,
    background: str,
    surface: str,
    blurred: str,
    faint: str,
    hover: str,
    selection: str,
) -> dict[str, str]:
    """What Textual's widgets are coloured by.

    Args:
        accent: of the cursor, borders and keys.
        on_accent: of text on it.
        blurred: the cursor of a list that has not the focus.
        faint: borders and scroll bars that have not the focus.
        hover: the scroll bar under the mouse.
        selection: behind selected text.
    """
    return {
        "block-cursor-background": accent,
        "block-cursor-foreground": on_accent,
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": blurred,
        "block-cursor-blurred-foreground": text,
        "block-cursor-blurred-text-style": "none",
        "input-cursor-background": text,
        "input-cursor-foreground": background,
        "input-selection-background": selection,
        "border": accent,
        "border-blurred": faint,
        "scrollbar": faint,
        "scrollbar-hover": hover,
        "scrollbar-active": accent,
        "scrollbar-background": surface,
        "scrollbar-background-hover": surface,
        "scrollbar-background-active": surface,
        "scrollbar-corner-color": surface,
        "footer-key-foreground": accent,
    }


DARK: Final = Theme(
    name="amitui-dark",
    dark=True,
    primary="#5fafff",
    secondary="#87afd7",
    accent="#ffaf5f",
    success="#87d787",
    warning="#ffd75f",
    error="#ff6b7f",
    foreground="#d6d8dc",
    background="#111316",
    surface="#191c21",
    panel="#24282e",
    variables=_variables(
        accent="#5fafff",
        on_accent="#111316",
        text="#d6d8dc",
        background="#111316",
        surface="#191c21",
        blurred="#303640",
        faint="#3a4048",
        hover="#5f6670",
        selection="#5fafff 35%",
    ),
)

LIGHT: Final = Theme(
    name="amitui-light",
    dark=False,
    primary="#005faf",
    secondary="#5f5faf",
    accent="#944e00",
    success="#00701a",
    warning="#8a5a00",
    error="#af0030",
    foreground="#202328",
    background="#fafafa",
    surface="#eeeff1",
    panel="#dfe1e5",
    variables=_variables(
        accent="#005faf",
        on_accent="#ffffff",
        text="#202328",
        background="#fafafa",
        surface="#eeeff1",
        blurred="#cdd2da",
        faint="#b4b9c2",
        hover="#8a919c",
        selection="#005faf 25%",
    ),
)

MONO: Final = Theme(
    name="amitui-mono",
    ansi=True,
    primary="ansi_default",
    secondary="ansi_default",
    accent="ansi_default",
    success="ansi_default",
    warning="ansi_default",
    error="ansi_default",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "block-cursor-background": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "block-cursor-text-style": "bold reverse",
        "block-cursor-blurred-background": "ansi_default",
        "block-cursor-blurred-foreground": "ansi_default",
        "block-cursor-blurred-text-style": "underline",
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
        "input-selection-background": "ansi_default",
        "input-selection-foreground": "ansi_default",
        "screen-selection-background": "ansi_default",
        "screen-selection-foreground": "ansi_default",
        "border": "ansi_default",
        "border-blurred": "ansi_default",
        "scrollbar": "ansi_default",
        "scrollbar-hover": "ansi_default",
        "scrollbar-active": "ansi_default",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
    },
)
"""The terminal's own two colours, emphasis by bold, reverse and underline: for NO_COLOR, e-paper, odd palettes."""

THEMES: Final = {theme.name: theme for theme in (DARK, LIGHT, MONO)}

THEME_TITLES: Final = {DARK.name: "dark", LIGHT.name: "light", MONO.name: "without colours"}
"""As the palette calls them."""


def default_theme(*, no_color: bool) -> str:
    """The theme of a first start. Only an ANSI theme emits no colour: Textual turns the others into greys."""
    return MONO.name if no_color else DARK.name


def set_initial_theme(app: App[Any], wanted: str) -> None:
    """Set a theme before the style sheets are read.

    Setting `theme` reads them all again, which is as good as the first paint 10 ms later.

    Args:
        wanted: its name; another than those there are = the one that suits the terminal.
    """
    name = wanted if wanted in app.available_themes else default_theme(no_color=app.no_color)
    theme = app.available_themes[name]
    if theme.ansi:
        app.theme = name  # its colours take more than variables
        return
    app.set_reactive(App.theme, name)
    app.set_class(True, f"-theme-{name}", update=False)
    app.set_class(theme.dark, "-dark-mode", update=False)
    app.set_class(not theme.dark, "-light-mode", update=False)
    app.stylesheet.set_variables(app.get_css_variables())


def require_theme(app: App[Any], chosen: str) -> None:
    """Refuse a theme of the settings that is none; one that is remembered from another version is another matter.

    Raises:
        UsageError: there is no such theme.
    """
    if chosen and chosen not in app.available_themes:
        others = sorted(set(app.available_themes) - set(THEMES))
        raise UsageError(
            f"there is no theme {chosen!r}",
            why=f"amitui's are {', '.join(THEMES)}; Textual's {', '.join(others)}",
            remedy="correct --theme, or theme in the config",
        )
