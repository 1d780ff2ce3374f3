"""Formats that other packages bring: found by name, imported when they are written, and never a crash."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from amitui.cli.format_names import format_names
from amitui.errors import CacheError, OutputError, UsageError
from amitui.presentation import exporters
from amitui.presentation.export import FORMATS
from amitui.presentation.exporters import format_of, installed, installed_formats
from tests.support.packages import install
from tests.unit.test_exports import row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from amitui.domain.image.image import RawRecord
    from amitui.domain.image.row import ImageRow

ECHO = "import json\ndef export(images):\n    for image in images:\n        yield json.dumps(image) + '\\n'\n"

BROKEN = """
import sys
def raises(images):
    yield "one\\n"
    raise ValueError("no \\x1b[2J " + "x" * 500)
def leaves(images):
    sys.exit(3)
def nothing(images):
    pass
def octets(images):
    yield b"bytes"
number = 7
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of `sys.path`; what is imported from it is forgotten."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    installed.cache_clear()
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "") or "").startswith(str(folder)):
            del sys.modules[name]
    installed.cache_clear()


def record_of(image: ImageRow) -> RawRecord:
    return {"ImageId": image.image_id, "Name": image.name}


def written(name: str, *rows: ImageRow) -> list[str]:
    return list(format_of(name).write(rows or (row(),), record_of))


def test_an_exporter_gets_the_images_as_json_lines_have_them(path: Path) -> None:
    install(path, "acme-echo", {"echo": "acme_echo:export"}, acme_echo=ECHO)
    rows = row(name="a"), row(name="$(b)|`")
    assert written("echo", *rows) == list(FORMATS["jsonl"].write(rows, record_of))
    assert json.loads(written("echo")[0])["Amitui"]["Region"] == "eu-west-1"
    assert format_of("echo").needs_records


def test_packages_are_listed_without_being_imported(path: Path) -> None:
    install(path, "acme-echo", {"zeta": "acme_none:export", "alpha": "acme_none:export"})
    found = installed_formats()
    ours = {name: one.about for name, one in found.items() if name in ("zeta", "alpha")}
    assert list(ours) == ["alpha", "zeta"]
    assert ours["alpha"] == "by acme-echo 1.0"
    assert found["alpha"].suffix == "alpha"
    assert "acme_none" not in sys.modules


def test_no_package_takes_the_place_of_a_format_that_is_built_in(path: Path) -> None:
    install(path, "acme-evil", {"csv": "acme_evil:export", "bad\x1bname": "acme_evil:export"}, acme_evil=ECHO)
    assert format_of("csv") is FORMATS["csv"]
    assert not {"csv", "bad\x1bname"} & installed().keys()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("acme_missing:export", "ModuleNotFoundError: No module named 'acme_missing'"),
        ("acme_broken:export", "AttributeError"),
        ("acme_broken:number", "is of type int"),
        ("acme_syntax:export", "SyntaxError"),
        ("acme_exits:export", "SystemExit: 1"),
    ],
)
def test_what_cannot_be_loaded_is_a_sentence_that_names_the_package(path: Path, value: str, words: str) -> None:
    modules = {"acme_broken": BROKEN, "acme_syntax": "def export(:", "acme_exits": "raise SystemExit(1)"}
    install(path, "acme-tools", {"broken": value}, **modules)
    with pytest.raises(UsageError) as caught:
        written("broken")
    said = " ".join(caught.value.lines())
    assert "the exporter broken of acme-tools 1.0" in said
    assert words in said


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("raises", "ValueError: no ␦[2J xxx"),
        ("leaves", "SystemExit: 3"),
        ("nothing", "TypeError: 'NoneType' object is not iterable"),
        ("octets", "TypeError: it gave bytes in place of text"),
    ],
)
def test_what_fails_while_it_writes_is_a_sentence(path: Path, function: str, words: str) -> None:
    install(path, "acme-tools", {"broken": f"acme_broken:{function}"}, acme_broken=BROKEN)
    with pytest.raises(OutputError, match=r"the exporter broken of acme-tools 1\.0 failed") as caught:
        written("broken")
    assert words in caught.value.why
    assert len(caught.value.why) < 300


@pytest.mark.parametrize("error", [CacheError("the record is gone"), KeyError("a defect of ours")])
def test_a_failure_of_amitui_s_own_is_not_said_to_be_the_package_s(path: Path, error: Exception) -> None:
    install(path, "acme-echo", {"echo": "acme_echo:export"}, acme_echo=ECHO)

    def fails(_row: ImageRow) -> RawRecord:
        raise error

    with pytest.raises(type(error)) as caught:
        list(format_of("echo").write([row()], fails))
    assert caught.value is error


def test_a_format_that_nothing_has_names_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="no format is called yaml") as caught:
        format_of("yaml")
    assert "terraform-map" in caught.value.remedy


def test_what_is_built_in_is_known_without_looking_for_packages(
    monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    def looked_for() -> dict[str, Any]:
        raise AssertionError

    with monkeypatch.context() as patched:
        patched.setattr(exporters, "installed", looked_for)
        assert tuple(format_names()) == tuple(FORMATS)
        assert all(name in format_names() for name in FORMATS)
    install(path, "acme-echo", {"echo": "acme_echo:export"})
    assert "echo" in format_names()
    assert "yaml" not in format_names()
    assert "echo" not in tuple(format_names())


def test_completion_offers_them_behind_those_that_are_built_in(path: Path) -> None:
    from amitui.cli.arguments import parser_of
    from amitui.cli.candidates import Candidate, Line, candidates

    install(path, "acme-echo", {"echo": "acme_echo:export"})
    for command in ("find", "pick"):
        found = candidates(Line((command, "-o"), "e", ("find", "pick"), parser_of))
        assert Candidate("echo", "by acme-echo 1.0") in found
