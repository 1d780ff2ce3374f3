"""What the benches compute and draw from what they measured; the measuring itself is not a test's business."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from bench.figures import Figure, markdown_table
from bench.svg import render
from tests.support.terminal_display import Display

SVG = "{http://www.w3.org/2000/svg}"


def test_a_ratio_is_of_medians_and_pairs_are_compared_one_by_one() -> None:
    figure = Figure("start", "ms", "bare app", most_times=2)
    for ours, theirs in ((10, 10), (30, 10), (50, 40)):
        figure.add(ours, theirs)
    assert figure.ratio == 3
    assert figure.ratio_of_pairs == 1.25
    assert figure.met is False


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("", "ms", most_times=1.3, ours=[13], theirs=[10]), True),
        (Figure("", "ms", most_times=1.3, ours=[14], theirs=[10]), False),
        (Figure("", "MB", most_more=60, ours=[100], theirs=[40]), True),
        (Figure("", "MB", most_more=60, ours=[101], theirs=[40]), False),
        (Figure("", "kB", most=9, ours=[1, 9, 20]), True),
        (Figure("", "kB", most=9, ours=[1, 10, 20]), False),
        (Figure("", "kB", ours=[1]), None),
        (Figure("", "kB", most=9), None),
    ],
)
def test_a_goal_is_judged_by_medians(figure: Figure, met: bool | None) -> None:
    assert figure.met is met


def test_the_table_has_a_line_per_figure_and_says_what_was_not_measured() -> None:
    lines = markdown_table(
        [Figure("echo", "ms", "bare", most_times=2, ours=[3, 2, 4], theirs=[2]), Figure("rss", "MB")]
    ).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert re.search(r"echo, ms +\| 3\.0 \[2\.0–4\.0\] n=3 +\| bare: 2\.0 .* 1\.50 .*≤ 2 times +\| met", lines[2])
    assert "not measured" in lines[3]


def picture(output: str) -> ElementTree.Element:
    display = Display(20, 3)
    display.feed(output.encode())
    return ElementTree.fromstring(render(display, "a <title>"))


def texts(root: ElementTree.Element) -> dict[str, str]:
    """What is written where: x, y → text, without the frame's title."""
    found = {f"{text.get('x')},{text.get('y')}": text.text or "" for text in root.iter(f"{SVG}text")}
    return {at: text for at, text in found.items() if text != "a <title>"}


def test_text_keeps_its_column_whatever_the_font() -> None:
    root = picture("ab c   <&>\r\n\x1b[2;11Hx")
    assert texts(root) == {"0,13.5": "ab c", "58.8,13.5": "<&>", "84,31.5": "x"}
    assert {text.get("textLength") for text in root.iter(f"{SVG}text")} == {None, "33.6", "25.2", "8.4"}


def test_colours_become_classes_and_backgrounds() -> None:
    root = picture("\x1b[1;38;2;1;2;3;48;2;255;0;0mhot\x1b[0m \x1b[7mback\x1b[0m")
    style = root.find(f"{SVG}style")
    assert style is not None
    assert "fill:#010203;font-weight:bold" in (style.text or "")
    fills = [rect.get("fill") for rect in root.iter(f"{SVG}rect")]
    assert "#ff0000" in fills
    assert "#e0e0e0" in fills


def test_wide_characters_take_two_cells() -> None:
    root = picture("日本x")
    (wide,) = (text for text in root.iter(f"{SVG}text") if text.text == "日本")
    assert wide.get("textLength") == "33.6"
    assert texts(root)["33.6,13.5"] == "x"


@pytest.mark.parametrize("character", "─│┌┐└┘├┤┬┴┼━┃╭╮╰╯█▀▄▌▐▁▔▏▕▎▊░▒▓▖▗▘▙▚▛▜▝▞▟")
def test_lines_and_blocks_are_drawn(character: str) -> None:
    root = picture(character)
    assert not texts(root)
    (cell,) = (g for g in root.iter(f"{SVG}g") if (g.get("transform") or "").startswith("translate(0 0)"))
    assert len(cell)


@pytest.mark.parametrize("character", "═╔┍╍")
def test_lines_that_are_hard_to_draw_are_written(character: str) -> None:
    assert texts(picture(character)) == {"0,13.5": character}


def test_a_picture_refers_to_nothing_outside_itself() -> None:
    display = Display(20, 3)
    display.feed(b"text")
    assert re.findall(r"https?://[^\"]*|@import|url\(", render(display, "t")) == ["http://www.w3.org/2000/svg"]
