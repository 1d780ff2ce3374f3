"""The animation of a terminal: at each moment it shows what the terminal showed."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from pyte.screens import Char

from bench.animation import Frame, animated
from bench.recording import MOST_BYTES

DEMO = Path(__file__).parents[2] / "screenshots/demo.svg"


def frame(*rows: str, seconds: float, keys: str = "") -> Frame:
    return Frame(tuple(tuple(Char(letter) for letter in row) for row in rows), keys, seconds)


FRAMES = [
    frame("one ", "same", seconds=1, keys="a"),
    frame("two ", "same", seconds=2),
    frame("one ", "same", seconds=1, keys="<b"),
]


def shown_at(drawn: str, second: float) -> list[str]:
    """The texts that are visible so many seconds after the begin."""
    total = 4.0
    visible = []
    for group in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}g"):
        name = group.get("class", "")
        rule = re.search(rf"@keyframes {name}\{{(.*?)\}}\}}", drawn) if name else None
        if rule is None:
            continue
        steps = re.findall(r"([\d.]+)%\{visibility:(\w+)", rule[0])
        now = [what for at, what in steps if float(at) <= 100 * second / total]
        if now[-1] == "visible":
            visible.append("".join(group.itertext()))
    return visible


def test_each_row_is_shown_while_the_terminal_showed_it() -> None:
    drawn = animated(FRAMES, "title", poster=0)
    assert shown_at(drawn, 0.5) == ["a", "one"]
    assert shown_at(drawn, 1.5) == shown_at(drawn, 2.9) == ["two"]
    assert shown_at(drawn, 3.5) == ["<b", "one"]
    assert drawn.count(">one<") == 1, "what comes back is drawn once"


def test_what_stands_all_the_time_has_no_animation() -> None:
    drawn = animated(FRAMES, "title", poster=0)
    texts = ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")
    assert [one.text for one in texts].count("same") == 1
    assert all("same" not in seen for second in (0.5, 1.5, 3.5) for seen in shown_at(drawn, second))


def test_who_asks_for_less_motion_sees_one_frame() -> None:
    drawn = animated(FRAMES, "title", poster=1)
    still = dict(re.findall(r"\.(t\d+)\{visibility:(\w+);", drawn))
    groups = {
        "".join(group.itertext()): still[group.get("class", "")]
        for group in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}g")
        if group.get("class") in still
    }
    assert groups == {"a": "hidden", "<b": "hidden", "one": "hidden", "two": "visible"}
    assert re.search(r"@media \(prefers-reduced-motion:reduce\)\{[^}]*animation:none", drawn)


def test_the_recording_of_the_demo_is_small_and_well_formed() -> None:
    assert DEMO.stat().st_size < MOST_BYTES
    root = ElementTree.parse(DEMO).getroot()
    assert "Ubuntu 24.04" in "".join(root.itertext())
