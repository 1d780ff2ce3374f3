"""For every test: what the application survives is a defect all the same, and fails a test of anything else."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from amitui.errors import AmituiError, DefectError
from amitui.ui.forms.presses import Presses
from tests.support import children, idle, service_models, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER = "defects_expected"

_kept_bytes = 0
"""What this process had in memory when its garbage was collected last."""


# The tests start the program hundreds of times, and each worker rewrites their assertions: where the environment
# forbids compiled modules on disk, all of that would be compiled every time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


# How long an example takes is the machine's business: others use it too.
settings.register_profile("amitui", deadline=None)
settings.load_profile("amitui")


# A shell ignores some signals in what it runs in the background; programs under test would inherit that.
for _signal in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTSTP):
    if signal.getsignal(_signal) is signal.SIG_IGN:
        signal.signal(_signal, signal.default_int_handler if _signal is signal.SIGINT else signal.SIG_DFL)


children.watch()
idle.install()
service_models.share()
unseen.spare()


def pytest_xdist_auto_num_workers() -> int:
    """Two workers more than there are cores: tests in a real terminal mostly wait for it."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_finish() -> None:
    """Leave what all tests share out of every search for cycles, and search less often: a seventh of the time."""
    _collect()
    gc.set_threshold(20_000, 20, 50)


def pytest_runtest_logfinish() -> None:
    """Free the simulated clouds and screens that tests have left in cycles, once they are many."""
    if _resident_bytes() > _kept_bytes + 64 * 2**20:
        _collect()


def _collect() -> None:
    global _kept_bytes
    styles: Any = sys.modules.get("textual._styles_cache")
    if styles is not None:
        styles.StylesCache.get_inner_outer.cache_clear()  # it keeps what a thousand widgets last looked like
    gc.collect()
    gc.freeze()
    _kept_bytes = _resident_bytes()


def _resident_bytes() -> int:
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:  # not on Linux: the thresholds do
        return 0


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Fail the test that leaves a program running, after its event loop is closed, and not a later one."""
    yield
    programs = children.left()
    if programs:
        pytest.fail(f"{item.nodeid} leaves programs of its event loop: {programs}", pytrace=False)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARKER}: the test makes the application fail, to see that it goes on")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests together that share a fixture of their module: a simulated EC2 takes seconds to start."""
    for item in items:
        if isinstance(item, pytest.Function) and not item.get_closest_marker("xdist_group"):
            found = item._fixtureinfo.name2fixturedefs.values()
            ours = [one[-1] for one in found if one and one[-1].func.__module__.startswith("tests.")]
            if any(one.scope == "module" for one in ours):
                item.add_marker(pytest.mark.xdist_group(item.module.__name__))


@pytest.fixture(autouse=True)
def fast_typing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a review be confirmed at once: pilots type faster than a key that is held down."""
    monkeypatch.setattr(Presses, "held_seconds", 0.0)


@pytest.fixture(autouse=True)
def no_defects(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which the application logged a defect of its own."""
    module: Any = sys.modules.get("amitui.ui.app")
    if module is None or request.node.get_closest_marker(MARKER):
        yield
        return
    found: list[AmituiError] = []
    log_error = module.AmituiApp.log_error

    def logged(self: Any, error: AmituiError, about: str) -> None:
        if isinstance(error, DefectError):
            found.append(error)
        log_error(self, error, about)

    monkeypatch.setattr(module.AmituiApp, "log_error", logged)
    yield
    assert not found, [error.lines() for error in found]
