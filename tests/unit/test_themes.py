from __future__ import annotations

import pytest
from rich.color import Color, ColorSystem
from textual.color import Color as TextualColor

from amitui.ui.themes import DARK, LIGHT, MONO, THEMES, default_theme


@pytest.mark.parametrize("name", [DARK.name, LIGHT.name])
def test_surfaces_stay_apart_in_256_colours(name: str) -> None:
    theme = THEMES[name]
    shades = [theme.background, theme.surface, theme.panel]
    numbers = [Color.parse(shade).downgrade(ColorSystem.EIGHT_BIT).number for shade in shades if shade]
    assert len(set(numbers)) == 3
    assert all(number is not None and number >= 231 for number in numbers), "greys, not corners of the cube"


@pytest.mark.parametrize("name", [DARK.name, LIGHT.name])
@pytest.mark.parametrize("role", ["foreground", "primary", "accent", "success", "warning", "error"])
def test_text_colours_have_a_contrast_of_at_least_four_and_a_half(name: str, role: str) -> None:
    theme = THEMES[name]
    for surface in (theme.background, theme.surface, theme.panel):
        assert surface is not None
        assert contrast(getattr(theme, role), surface) >= 4.5


def test_the_monochrome_theme_names_no_colour() -> None:
    colours = [MONO.primary, MONO.foreground, MONO.background, MONO.error, *MONO.variables.values()]
    named = {colour for colour in colours if colour is not None and colour.startswith("ansi_")}
    assert named <= {"ansi_default", "ansi_black", "ansi_white"}
    assert not any(colour.startswith("#") for colour in colours if colour)


def test_no_color_starts_without_colour() -> None:
    assert default_theme(no_color=True) == MONO.name
    assert default_theme(no_color=False) == DARK.name


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio."""

    def luminance(colour: str) -> float:
        channels = [
            value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4
            for value in TextualColor.parse(colour).normalized
        ]
        return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
