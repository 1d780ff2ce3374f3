from __future__ import annotations

import pytest

from amitui.cli import status_line as module
from amitui.cli.status_line import StatusLine, status_line


def test_on_a_terminal_it_is_drawn_in_place_at_most_so_often_and_gone_in_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "columns_of", lambda _: 30)
    clock = iter([0.0, 0.1, 0.19, 0.3, 0.6])
    line = StatusLine("exporting", lambda: next(clock))
    for done in (0, 10, 20, 31, 200):
        line.report(done, 100)
    line.say("a word")
    line.end()
    drawn = capsys.readouterr().err
    assert [text.removesuffix("\x1b[K") for text in drawn.split("\r")] == [
        "",
        "amitui: exporting 0%",
        "amitui: exporting 31%",
        "amitui: exporting 100%",
        "\x1b[Kamitui: a word\n",
    ]


def test_it_fits_a_narrow_terminal_and_nothing_to_do_is_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "columns_of", lambda _: 12)
    StatusLine("exporting").report(0, 0)
    assert capsys.readouterr().err == "\ramitui: exp\x1b[K"


def test_elsewhere_nothing_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    with status_line("exporting") as line:
        line.report(1, 2)
    assert capsys.readouterr().err == ""
