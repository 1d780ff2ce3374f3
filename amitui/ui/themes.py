"""Three themes: dark, light, and one without colours of its own.

The greys of the dark and the light theme are little saturated on purpose: a terminal with 256 colours turns
anything more colourful into the nearest corner of its colour cube, which for a dark surface is black.
"""

from __future__ import annotations

from typing import Any, Final

from textual.app import App
from textual.theme import Theme

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
    variables={
        "block-cursor-background": "#5fafff",
        "block-cursor-foreground": "#111316",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#303640",
        "block-cursor-blurred-foreground": "#d6d8dc",
        "block-cursor-blurred-text-style": "none",
        "input-cursor-background": "#d6d8dc",
        "input-cursor-foreground": "#111316",
        "input-selection-background": "#5fafff 35%",
        "border": "#5fafff",
        "border-blurred": "#3a4048",
        "scrollbar": "#3a4048",
        "scrollbar-hover": "#5f6670",
        "scrollbar-active": "#5fafff",
        "scrollbar-background": "#191c21",
        "scrollbar-background-hover": "#191c21",
        "scrollbar-background-active": "#191c21",
        "scrollbar-corner-color": "#191c21",
        "footer-key-foreground": "#5fafff",
    },
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
    variables={
        "block-cursor-background": "#005faf",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#cdd2da",
        "block-cursor-blurred-foreground": "#202328",
        "block-cursor-blurred-text-style": "none",
        "input-cursor-background": "#202328",
        "input-cursor-foreground": "#fafafa",
        "input-selection-background": "#005faf 25%",
        "border": "#005faf",
        "border-blurred": "#b4b9c2",
        "scrollbar": "#b4b9c2",
        "scrollbar-hover": "#8a919c",
        "scrollbar-active": "#005faf",
        "scrollbar-background": "#eeeff1",
        "scrollbar-background-hover": "#eeeff1",
        "scrollbar-background-active": "#eeeff1",
        "scrollbar-corner-color": "#eeeff1",
        "footer-key-foreground": "#005faf",
    },
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
