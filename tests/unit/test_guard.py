"""Whatever a command ends by has words, and an exit code that is never 1: that means that nothing was found."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import pytest

from amitui.cli.guard import guarded
from amitui.errors import AmituiError, CredentialsError, OutputError, UsageError

IMPORT_IS_CUT_OFF = """
import sys
from amitui.cli.guard import guarded

class Cut:
    def find_spec(self, name, *_):
        if name == "asyncio.coroutines":
            sys.meta_path.remove(self)
            raise KeyboardInterrupt

def command():
    sys.meta_path.insert(0, Cut())
    import asyncio

sys.exit(guarded(command))
"""

AGAIN_AND_AGAIN = """
import os, signal, sys, threading, time
from amitui.cli.guard import guarded

def press():
    while True:
        os.kill(os.getpid(), signal.SIGINT)

def command():
    threading.Thread(target=press).start()
    time.sleep(3600)

sys.exit(guarded(command))
"""

SECRET = "wJalrXUtnFEMI/K7MDENG"


@pytest.fixture(autouse=True)
def keys_work_again() -> Iterator[None]:
    """Whoever is interrupted is about to end; the tests are not."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageError("wrong words"), 2, "wrong words"),
        (CredentialsError("none"), 3, "none"),
        (AmituiError("something"), 4, "something"),
        (OutputError("cannot write the results"), 4, "cannot write"),
        (OSError(errno.ENOSPC, "No space left on device", "/tmp/x"), 4, "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/root/x"), 4, "/root/x cannot be opened"),
        (OSError(errno.EMFILE, "Too many open files"), 4, "Too many open files"),
        (InterruptedError(errno.EINTR, "Interrupted system call"), 4, "Interrupted"),
        (MemoryError(), 4, "out of memory"),
        (UnicodeEncodeError("latin-1", "日", 0, 1, "ordinal not in range"), 4, "PYTHONIOENCODING"),
        (KeyError(SECRET), 70, "KeyError in amitui/cli/guard.py"),
        (RecursionError(SECRET), 70, "RecursionError"),
        (ValueError(SECRET), 70, "an internal error"),
        (ExceptionGroup(SECRET, [ValueError(SECRET)]), 70, "ExceptionGroup"),
    ],
)
def test_an_exception_becomes_words_and_its_exit_code(
    error: Exception, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> int:
        raise error

    assert guarded(command) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    first, *rest = printed.err.splitlines()
    assert first.startswith("amitui: ")
    assert all(line.startswith("        ") for line in rest), "a remedy may begin with the name of a command"
    assert SECRET not in printed.err
    assert "Traceback" not in printed.err


def test_the_exit_code_of_what_goes_well_is_kept() -> None:
    assert [guarded(partial(int, code)) for code in (0, 1, 3)] == [0, 1, 3]


def test_usage_errors_of_argparse_leave_as_they_are() -> None:
    def command() -> int:
        raise SystemExit(2)

    with pytest.raises(SystemExit) as left:
        guarded(command)
    assert left.value.code == 2


def test_ctrl_c_is_130_and_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> int:
        raise KeyboardInterrupt

    assert guarded(command) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("script", [IMPORT_IS_CUT_OFF, AGAIN_AND_AGAIN], ids=["in an import", "again and again"])
def test_ctrl_c_is_130_and_says_nothing_whenever_and_however_often_it_comes(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
