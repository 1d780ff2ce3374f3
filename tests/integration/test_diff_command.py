"""`amitui diff A B`: each image by id, name or search; what is printed, and how it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from amitui.cli import main
from tests.support.isolation import move_home

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

WEB_OLD, WEB_NEW, DB = (f"ami-0bbbbbbbbbbbbbb{number:02d}" for number in (1, 2, 3))
ELSEWHERE = "ami-0bbbbbbbbbbbbbb09"

Run: TypeAlias = "Callable[..., int]"


def image(image_id: str, name: str, day: int, **more: Any) -> dict[str, Any]:
    return {
        "ImageId": image_id,
        "Name": name,
        "OwnerId": "111122223333",
        "CreationDate": f"2026-05-{day:02d}T10:00:00.000Z",
        "State": "available",
        "Public": True,
        "Architecture": "x86_64",
        **more,
    }


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    move_home(monkeypatch, tmp_path)
    cache = ["--cache-dir", str(tmp_path / "cache")]
    here = [
        image(WEB_OLD, "web-20260501", 1, DeprecationTime="2026-05-02T00:00:00.000Z"),
        image(WEB_NEW, "web-20260503", 3, BootMode="uefi"),
        image(DB, "db", 2, Description="web-20260501 is what it was made from"),
    ]
    for region, images in (("eu-west-1", here), ("us-east-1", [image(ELSEWHERE, "web-20260501", 1)])):
        file = tmp_path / f"{region}.json"
        file.write_text(json.dumps({"Images": images}))
        assert main(["import", str(file), "--region", region, *cache]) == 0
    capsys.readouterr()

    def call(*words: str) -> int:
        return main(["diff", *words, "--offline", "--region", "eu-west-1", *cache])

    return call


def test_two_ids_are_compared_wherever_they_are_cached(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(WEB_OLD, ELSEWHERE) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"- {WEB_OLD}  eu-west-1  web-20260501\n+ {ELSEWHERE}  us-east-1  web-20260501\n")
    assert "~ Region" in out
    assert "- DeprecationTime" in out
    assert err == ""


def test_a_name_means_the_image_of_that_name_deprecated_or_not(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("web-20260501", DB) == 0
    out, err = capsys.readouterr()
    assert f"- {WEB_OLD}" in out
    assert err == ""


def test_a_search_takes_its_first_match_and_says_which(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("name:web-*", "db -web-2026050x") == 0
    out, err = capsys.readouterr()
    assert f"- {WEB_NEW}" in out
    assert f"+ {DB}" in out
    assert f"amitui: 'name:web-*' is {WEB_NEW} in eu-west-1: web-20260503\n" in err


def test_json_goes_to_stdout_alone(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(WEB_OLD, WEB_NEW, "-o", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["A"]["ImageId"], found["B"]["ImageId"]) == (WEB_OLD, WEB_NEW)
    assert {"Path": ["BootMode"], "Change": "added", "B": "uefi"} in found["Differences"]


def test_what_is_not_found_is_named_and_nothing_is_printed(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nosuchimage", WEB_NEW) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "amitui: nothing found for 'nosuchimage'" in err


@pytest.mark.parametrize("words", [(), ("one",), ("one", "two", "three")])
def test_two_images_have_to_be_named(run: Run, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as raised:
        run(*words)
    assert raised.value.code == 2


def test_a_misspelt_search_is_answered_with_what_may_be_meant(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("ubunut", WEB_NEW) == 1
    assert "did you mean ubuntu?" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("", WEB_NEW), (WEB_NEW, " "), ("", "")])
def test_an_empty_name_stands_for_no_image(
    run: Run, capsys: pytest.CaptureFixture[str], words: tuple[str, str]
) -> None:
    assert run(*words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "an image to compare is empty" in err
