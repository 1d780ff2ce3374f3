"""Commands in the background: output that is bounded and harmless, an end that is known, and stopping them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from amitui import child_process
from amitui.domain.commands.command import read_command
from amitui.domain.visible import REPLACEMENT
from amitui.errors import UsageError
from amitui.services import command_runs
from amitui.services.command_runs import MOST_LINE_CHARACTERS, MOST_LINES, CommandRun, CommandRuns

if TYPE_CHECKING:
    from collections.abc import Callable

ENVIRON = {"PATH": os.environ["PATH"]}
PATIENCE_S = 60


async def began(run: str | list[str], ended: Callable[[CommandRun], None] = lambda _run: None) -> CommandRun:
    found = CommandRun(read_command("x", {"run": run, "background": True}), "ami-1", ended)
    await found.begin(ENVIRON)
    return found


async def ended(run: str | list[str]) -> CommandRun:
    found = await began(run)
    await asyncio.wait_for(found.wait(), PATIENCE_S)
    return found


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - what another process does sets no event
            await asyncio.sleep(0.005)


async def test_what_it_writes_to_both_streams_is_kept_with_its_exit_code() -> None:
    run = await ended("echo out; echo err >&2; printf 'no end'; exit 3")
    assert (run.output, run.code, run.is_running) == (["out", "err", "no end"], 3, False)
    assert run.how.startswith("exit code 3 after ")


async def test_nothing_that_it_writes_is_obeyed_by_the_terminal() -> None:
    run = await ended(
        r"printf '\033[31mred\033[0m \033]0;title\007|\r\n'; printf '10%%\r50%%\r100%%\n'"
        r"; printf 'a\000b\302\2331m\n'; printf 'bad \377 utf-8\n'; printf '\342\200\256rtl'"
    )
    assert run.output == [
        "red |",
        "100%",
        f"a{REPLACEMENT}b{REPLACEMENT}1m",
        "bad \ufffd utf-8",
        f"{REPLACEMENT}rtl",
    ]


async def test_output_without_end_is_bounded_and_what_is_left_out_is_counted() -> None:
    run = await ended(f"yes | head -n {MOST_LINES + 1234}; echo last")
    assert len(run.output) == MOST_LINES
    assert run.left_out == 1235
    assert run.output[-1] == "last"


async def test_a_line_without_end_is_cut_into_lines() -> None:
    run = await ended("head -c 5000 /dev/zero | tr '\\0' x")
    assert "".join(run.output) == "x" * 5000
    assert max(map(len, run.output)) == MOST_LINE_CHARACTERS


async def test_progress_that_is_written_over_itself_is_one_line() -> None:
    run = await ended("i=0; while [ $i -lt 900 ]; do printf '\\r%s of 900' $i; i=$((i+1)); done")
    assert run.output == ["899 of 900"]


async def test_it_has_no_terminal_and_nothing_to_read() -> None:
    run = await ended("cat; (: < /dev/tty) 2>/dev/null && echo terminal || echo none")
    assert run.output == ["none"]


async def test_stopping_ends_it_with_all_that_it_started(tmp_path: Path) -> None:
    run = await began(f"sleep 1000 & echo $! > {tmp_path}/pid; echo ready; wait")
    await until(lambda: run.output == ["ready"])
    run.stop()
    await asyncio.wait_for(run.wait(), PATIENCE_S)
    assert run.how.startswith("stopped after ")
    child = int((tmp_path / "pid").read_text())
    await until(lambda: not is_alive(child))


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


async def test_what_does_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_runs, "KILLED_AFTER_S", 0.01)
    run = await began("trap '' TERM; echo ready; while :; do sleep 0.01; done")
    await until(lambda: run.output == ["ready"])
    run.stop()
    await asyncio.wait_for(run.wait(), PATIENCE_S)
    assert run.code == -9


async def test_what_it_leaves_running_does_not_keep_it_from_ending() -> None:
    run = await began("sleep 1000 & echo $!")
    await asyncio.wait_for(run.wait(), PATIENCE_S)
    os.kill(int(run.output[0]), 9)
    assert run.code == 0


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (["/nonexistent/program"], "No such file"),
        (["/etc/passwd"], "Permission denied"),
        (["no-such\x1b"], "No such"),
    ],
)
async def test_a_program_that_cannot_be_started_is_a_sentence(run: list[str], words: str) -> None:
    with pytest.raises(UsageError, match="cannot start") as caught:
        await began(run)
    assert words in caught.value.why
    assert "\x1b" not in " ".join(caught.value.lines())


async def test_an_environment_that_is_too_large_is_a_sentence() -> None:
    run = CommandRun(read_command("x", {"run": "true"}), "", lambda _run: None)
    with pytest.raises(UsageError, match="cannot start") as caught:
        await run.begin({"AMITUI_NAME": "x" * 10_000_000})
    assert caught.value.lines()[1:] == [
        "its arguments and environment are longer than the system allows",
        "mark fewer rows, or start amitui with a smaller environment",
    ]


async def test_leaving_stops_what_runs_and_says_which() -> None:
    told: list[CommandRun] = []
    tidied: list[str] = []
    runs = CommandRuns(told.append)
    command = read_command("scan", {"run": "echo ready; sleep 1000", "title": "Scan", "background": True})
    quick = await runs.begin(read_command("x", {"run": "true"}), "", ENVIRON, lambda: tidied.append("quick"))
    await asyncio.wait_for(quick.wait(), PATIENCE_S)
    slow = await runs.begin(command, "ami-1 web", ENVIRON, lambda: tidied.append("slow"))
    await until(lambda: slow.output == ["ready"])
    assert list(runs.running) == [slow]
    await runs.close()
    await asyncio.wait_for(slow.wait(), PATIENCE_S)
    assert not slow.is_running
    assert [words.rpartition(",")[0] for words in runs.cut_off] == ["Scan (ami-1 web)"]
    assert (told, tidied) == ([quick], ["quick", "slow"])


async def test_only_the_newest_runs_are_kept_and_those_that_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_runs, "MOST_RUNS", 2)
    runs = CommandRuns(lambda _run: None)
    slow = await runs.begin(read_command("slow", {"run": "sleep 1000"}), "", ENVIRON, lambda: None)
    for number in range(3):
        quick = await runs.begin(read_command(f"q{number}", {"run": "true"}), "", ENVIRON, lambda: None)
        await asyncio.wait_for(quick.wait(), PATIENCE_S)
    assert [run.command.name for run in runs.all] == ["slow", "q1", "q2"]
    slow.kill()
    await asyncio.wait_for(slow.wait(), PATIENCE_S)


async def test_a_program_that_has_the_terminal_ends_with_amitui(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from amitui.ui.lent_terminal import Pause, _run

    monkeypatch.setattr(child_process, "ENDS_WITHIN_S", PATIENCE_S)
    words = ["/bin/sh", "-c", f"echo $$ > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid; exec sleep 1000"]
    running = asyncio.create_task(_run(words, ENVIRON, pause=Pause.NEVER))
    await until((tmp_path / "pid").exists)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    pid = int((tmp_path / "pid").read_text())
    assert not is_alive(pid)
