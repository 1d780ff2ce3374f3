"""What is written to a terminal arrives whole, and one that has gone is noticed once and holds nothing up."""

from __future__ import annotations

import os
import termios
import threading
from contextlib import closing

import pytest

from amitui.ui.terminal import TerminalOutput, interrupt_ends_line, size_of


def test_a_terminal_that_another_program_made_non_blocking_gets_everything() -> None:
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    text = "│ golden ⇄ 名前\n" * 20_000  # far more than a pipe holds
    with closing(TerminalOutput(writes, lambda: pytest.fail("it has not gone"))) as output:
        writer = threading.Thread(target=output.write, args=(text,))
        writer.start()
        os.close(writes)
        arrived = b""
        wanted = len(text.encode())
        while len(arrived) < wanted:
            arrived += os.read(reads, 65536)
        writer.join()
    os.close(reads)
    assert arrived.decode() == text


def test_a_terminal_that_has_gone_is_told_once_and_swallows_the_rest() -> None:
    ours, its = os.openpty()
    ended: list[str] = []
    with closing(TerminalOutput(its, lambda: ended.append("gone"))) as output:
        output.write("here")
        assert os.read(ours, 100) == b"here"
        os.close(ours)
        assert [output.write("not here"), output.write("nor here")] == [8, 8]
    os.close(its)
    assert ended == ["gone"]


def test_lone_surrogates_do_not_end_the_writing() -> None:
    reads, writes = os.pipe()
    with closing(TerminalOutput(writes, lambda: pytest.fail("it has not gone"))) as output:
        output.write("a\ud800b")
    os.close(writes)
    assert os.read(reads, 100) == b"a?b"
    os.close(reads)


def test_a_terminal_that_does_not_know_its_size_has_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "7")
    monkeypatch.setenv("LINES", "7")
    ours, its = os.openpty()
    assert size_of(its) == (80, 24)
    reads, writes = os.pipe()
    assert size_of(writes) == (80, 24)
    for handle in (ours, its, reads, writes):
        os.close(handle)


@pytest.mark.parametrize("interrupt", [b"\x03", b"\x18"])
def test_ctrl_c_can_end_a_line_as_enter_does_and_is_ctrl_c_again_afterwards(interrupt: bytes) -> None:
    ours, its = os.openpty()
    usual = termios.tcgetattr(its)
    usual[6][termios.VINTR] = interrupt  # as `stty intr` sets it
    termios.tcsetattr(its, termios.TCSANOW, usual)
    with interrupt_ends_line(its):
        os.write(ours, b"typed" + interrupt)
        assert os.read(its, 100) == b"typed" + interrupt
        os.write(ours, b"\r")
        assert os.read(its, 100) == b"\n"
    assert termios.tcgetattr(its) == usual
    for handle in (ours, its):
        os.close(handle)


def test_a_pipe_has_no_ctrl_c() -> None:
    reads, writes = os.pipe()
    os.write(writes, b"\n")
    with interrupt_ends_line(reads):
        assert os.read(reads, 100) == b"\n"
    for handle in (reads, writes):
        os.close(handle)
