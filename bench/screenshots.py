"""Writes `screenshots/`: what the demo shows in a real terminal, in the same pictures each time.

`python -m bench.screenshots` starts the demo once per picture, with a clock that stands still, presses keys, and
draws the terminal's cells. Pictures of what moves have a clock that goes: their seconds differ each time.
`--png FOLDER` also makes bitmaps, for whoever has Chromium and wants to look at them.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bench.svg import render
from tests.support.isolation import isolated_environment
from tests.support.terminal import Terminal

SCREENSHOTS: Final = Path(__file__).parents[1] / "screenshots"

NOW: Final = 1_790_000_000
"""Seconds since the epoch at which the demo's clock stands: ages in the pictures do not change."""

_STANDING_CLOCK: Final = f"import time\ntime.time = lambda: {NOW}.0\n"
"""Put where Python loads it first in every process, so that the simulated EC2 agrees with the screen."""

_IMAGE_ROW: Final = re.compile(r"\bami-[0-9a-f]{8,17}\b")
_QUIET_MS: Final = 1500
"""Longer than the pauses between pages that arrive."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: what is done on a screen of that size before it is taken."""

    name: str
    columns: int
    rows: int
    steps: tuple[str, ...] = ()
    """`key:NAME` presses, `type:TEXT` types, `see:TEXT` and `gone:TEXT` wait until the screen shows it or not."""
    moving: bool = False
    """Whether time passes: what is watched would stand still otherwise."""


_CREATE: Final = (
    *("key:n", "see:press Enter to choose", "key:enter", "see:build-host", "type:web-1", "key:enter", "see:GiB"),
    *("key:tab", "key:tab", "key:tab", "key:right", "key:right", "see:Safest", "key:ctrl+s", "see:EC2 allows it"),
)
_COPY: Final = (
    *("key:/", "type:acme-web-20261113", "key:enter", "key:c", "see:Copy to", "key:enter", "see:eu-central-1"),
    *("key:down", "key:space", "key:space", "key:enter", "see:ap-southeast-2", "key:ctrl+s", "see:EC2 allows it"),
    *("key:ctrl+s", "see:in progress"),
)
_OLD_WEB: Final = ("key:/", "type:acme-web", "key:enter", "key:f", "key:space", "key:space", "key:space")
_WEB: Final = ("key:/", "type:acme-web-20261113", "key:enter")
_TIMELINE: Final = ("key:/", "type:acme-web", "key:enter", "key:enter", "see:Identity")
_UBUNTU: Final = ("key:7", "see:Ubuntu", "key:/", "type:ubuntu 24.04", "see:Ubuntu 24.04")

SHOTS: Final = (
    Shot("search-120x40", 120, 40, _UBUNTU),
    Shot("details-120x40", 120, 40, (*_UBUNTU, "key:enter", "key:enter", "see:Identity")),
    Shot(
        "several-regions-120x40",
        120,
        40,
        (
            *("key:4", "see:Ubuntu", "key:r", "see:eu-central-1", "type:frankfurt", "key:insert", "key:enter"),
            *("see:euc1", "key:/", "type:ubuntu 24.04", "see:Ubuntu 24.04", "key:enter"),
        ),
    ),
    Shot("search-80x24", 80, 24, _UBUNTU),
    Shot("builds-80x24", 80, 24, (*_UBUNTU, "key:enter", "key:right", "see:Ubuntu 24.04")),
    Shot("family-80x24", 80, 24, (*_UBUNTU, "key:enter", "key:F", "see:Builds")),
    Shot("browse-80x24", 80, 24, ("key:down", "key:down", "key:space")),
    Shot("details-80x24", 80, 24, ("key:/", "type:acme-db", "key:enter", "key:enter", "see:Identity")),
    Shot(
        "look-alikes-80x24",
        80,
        24,
        (
            "key:6",
            "see:not fetched",
            "key:f5",
            "see:ami-",
            "key:/",
            "type:ubuntu sort:trust",
            "see:look-alike",
            "key:enter",
        ),
    ),
    Shot("regions-80x24", 80, 24, ("key:r", "see:cached")),
    Shot("commands-80x24", 80, 24, ("key::", "see:Copy image ID")),
    Shot("help-120x40", 120, 40, ("key:?", "see:Choose Regions")),
    Shot("change-80x24", 80, 24, ("key:down", "key:a", "see:Deregister image")),
    Shot("create-80x24", 80, 24, _CREATE),
    Shot("create-120x40", 120, 40, _CREATE),
    Shot("deregister-80x24", 80, 24, (*_OLD_WEB, "key:D", "see:verdict", "gone:asking")),
    Shot("deregister-120x40", 120, 40, (*_OLD_WEB, "key:D", "see:verdict", "gone:asking")),
    Shot("audit-80x24", 80, 24, ("key:A", "see:subjects", "see:Gone")),
    Shot("clean-up-80x24", 80, 24, ("key:H", "see:A MONTH", "see:acme-web")),
    Shot("operations-80x24", 80, 24, (*_COPY, "key:o", "see:Steps"), moving=True),
    Shot("operations-120x40", 120, 40, (*_COPY, "key:o", "see:Steps"), moving=True),
    Shot("launch-80x24", 80, 24, (*_WEB, "key:l", "see:vCPUs of the quota"), moving=True),
    Shot("launch-120x40", 120, 40, (*_WEB, "key:l", "see:vCPUs"), moving=True),
    Shot(
        "share-80x24", 80, 24, (*_WEB, "key:s", "see:only its owner", "type:111122223333 # dev team"), moving=True
    ),
    Shot("timeline-80x24", 80, 24, (*_TIMELINE, "key:right", "see:launched", "gone:loading"), moving=True),
    Shot("timeline-120x40", 120, 40, (*_TIMELINE, "key:shift+right", "see:launched", "gone:loading"), moving=True),
)


def take(shot: Shot, folder: Path) -> str:
    """Play the shot in an environment below `folder`; returns the picture."""
    environment = isolated_environment(folder)
    (folder / "clock").mkdir()
    if not shot.moving:
        (folder / "clock" / "sitecustomize.py").write_text(_STANDING_CLOCK)
    environment["PYTHONPATH"] = str(folder / "clock")
    with Terminal(
        [sys.executable, "-m", "amitui", "--demo"],
        environment=environment,
        columns=shot.columns,
        rows=shot.rows,
    ) as terminal:
        terminal.wait_for(lambda terminal: _IMAGE_ROW.search(terminal.screen_text()) is not None, timeout=60)
        terminal.wait_settled(_QUIET_MS, timeout=120)
        for step in shot.steps:
            verb, _, what = step.partition(":")
            if verb == "key":
                terminal.press(what)
            elif verb == "type":
                terminal.type(what)
            elif verb == "gone":
                terminal.wait_for(partial(_lacks, what), timeout=60)
            else:
                terminal.wait_for(what)
            terminal.wait_settled(_QUIET_MS // 3, timeout=60)
        return render(terminal.display, "amitui --demo")


def _lacks(words: str, terminal: Terminal) -> bool:
    return words not in terminal.screen_text()


def svg_to_png(svg: Path, png: Path, width: int, height: int) -> bool:
    """Draw the picture with a headless Chromium; false when there is none."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        return False
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--window-size={width},{height}",
    ]
    subprocess.run(
        [browser, *options, f"--screenshot={png.resolve()}", svg.resolve().as_uri()],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return True


def _size(svg: str) -> tuple[int, int]:
    found = re.search(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"', svg)
    if found is None:
        raise ValueError("not a picture of a terminal")
    return round(float(found[1])), round(float(found[2]))


def main() -> None:
    """Take the pictures that are asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(shot.name for shot in SHOTS)}")
    parser.add_argument("--into", type=Path, default=SCREENSHOTS, help="folder of the pictures (%(default)s)")
    parser.add_argument("--png", type=Path, metavar="FOLDER", help="make bitmaps there too")
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    for shot in SHOTS:
        if options.names and shot.name not in options.names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            picture = take(shot, Path(folder))
        path = options.into / f"{shot.name}.svg"
        path.write_text(picture)
        print(path)
        if options.png:
            options.png.mkdir(parents=True, exist_ok=True)
            if not svg_to_png(path, options.png / f"{shot.name}.png", *_size(picture)):
                print("no Chromium here: no bitmap", file=sys.stderr)


if __name__ == "__main__":
    main()
