"""What the bench of crawls counts and draws."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import processes
from bench.crawl import CrawlFigures, written
from bench.figures import Figure
from bench.growth_plot import Chart, Line, draw, render
from bench.imports import ImportFigures
from tests.support.isolation import isolated_environment

SVG = "{http://www.w3.org/2000/svg}"
CHILD = "x = bytearray(60_000_000); open('written', 'wb').write(bytes(2_000_000)); sum(range(3_000_000))"


def test_a_command_costs_what_all_its_processes_cost(tmp_path: Path) -> None:
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}], check=True)"
    cost = processes.run([sys.executable, "-c", parent], isolated_environment(tmp_path), tmp_path)
    assert 2_000_000 <= cost.written < 2_500_000
    assert cost.cpu > 0
    assert cost.peak_shared <= cost.peak_all
    assert cost.peak_largest >= 60_000_000
    assert processes.folder_bytes(tmp_path) == 2_000_000


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with 3: so it is"):
        processes.run(
            [sys.executable, "-c", "import sys; print('so it is', file=sys.stderr); sys.exit(3)"],
            isolated_environment(tmp_path),
            tmp_path,
        )


def test_a_chart_holds_every_value_under_a_round_scale() -> None:
    line = Line("amitui <sync>", ((100_000, 10), (1_000_000, 73)))
    root = ElementTree.fromstring(draw((Chart("Wall time", "s", (line,)),)))
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert words == ["Wall time, s", "0", "20", "40", "60", "80", "100k", "1M", "amitui <sync>"]
    spots = [(float(spot.attrib["cx"]), float(spot.attrib["cy"])) for spot in root.iter(f"{SVG}circle")]
    assert spots == [
        pytest.approx((25, 170 * (1 - 10 / 80)), abs=0.1),
        pytest.approx((250, 170 * 7 / 80), abs=0.1),
    ]


def test_the_plot_and_the_file_hold_what_was_measured() -> None:
    crawled, imported = CrawlFigures(100_000), ImportFigures(250_000, "before")
    crawled.wall.add(4, 20)
    imported.wall.add(9, 30)
    root = ElementTree.fromstring(render([crawled], [imported]))
    names = {text.text for text in root.iter(f"{SVG}text")}
    assert {"amitui sync", "aws ec2 describe-images", "amitui import", "100k", "250k"} <= names
    samples = written([crawled], [imported])
    assert samples["crawl"] == {100_000: {one.name: _samples(one) for one in crawled.all()}}


def _samples(figure: Figure) -> dict[str, object]:
    return {"unit": figure.unit, "ours": figure.ours, figure.against or "against": figure.theirs}
