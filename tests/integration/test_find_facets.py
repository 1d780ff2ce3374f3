"""`amitui find --facets`: the counts on the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from amitui.cli import main
from tests.support.app import CANONICAL, fill, record, ubuntu
from tests.support.app import settings_in as settings_of

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400


@pytest.fixture
def cache(tmp_path: Path) -> str:
    settings = settings_of(tmp_path / "home")
    images = [ubuntu(n, "24.04", "arm64" if n % 3 else "amd64", n * DAY) for n in range(1, 10)]
    fill(settings, "us-east-1", {"publishers": images})
    families = [record(100 + n, f"team-{chr(97 + n)}-base", CANONICAL, age=n * DAY) for n in range(12)]
    fill(settings, "eu-west-1", {"publishers": families})
    return settings.locations.cache


def find(cache: str, *words: str) -> int:
    return main(["find", *words, "--offline", "--cache-dir", cache, "--scope", "publishers"])


def test_json_has_every_value_with_its_filter(cache: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert find(cache, "ubuntu", "--facets", "-o", "json", "--region", "us-east-1") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["images"] == 9
    assert found["facets"]["arch"] == [
        {"value": "arm64", "images": 6, "filter": "arch:arm64"},
        {"value": "x86_64", "images": 3, "filter": "arch:x86_64"},
    ]
    for facet in found["facets"].values():
        for value in facet:
            assert find(cache, "ubuntu", value["filter"], "-o", "id", "--region", "us-east-1") == 0
            assert len(capsys.readouterr().out.split()) == value["images"], value


def test_the_table_has_a_line_a_value_and_says_what_it_leaves_out(
    cache: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert find(cache, "--facets", "--all-regions") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Architecture"
    assert lines[-1] == "21 images"
    assert any(line.strip().startswith("… and ") for line in lines)
    assert find(cache, "--facets", "--all-regions", "--limit", "1") == 0
    assert len([line for line in capsys.readouterr().out.splitlines() if "arch:" in line]) == 1


def test_nothing_found_is_exit_code_1(cache: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert find(cache, "arch:i386", "--facets", "--region", "us-east-1") == 1
    assert capsys.readouterr().out == "0 images\n"


@pytest.mark.parametrize("words", [["-o", "csv"], ["--explain"], ["--fresh"]])
def test_what_is_about_images_does_not_go_with_counts(
    cache: str, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main(["find", "--facets", *words, "--cache-dir", cache]) == 2
    assert "--facets prints counts" in capsys.readouterr().err
