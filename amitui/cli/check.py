"""`amitui info --check`: a verdict a line on what a support person would ask first."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

from amitui import __version__
from amitui.charset import for_people
from amitui.cli.demo_session import session_settings
from amitui.cli.leaving import ForgetfulExecutor
from amitui.cli.messages import columns_of
from amitui.cli.threads import leave_despite_threads
from amitui.domain.visible import show_invisible
from amitui.errors import AmituiError
from amitui.presentation.wrapping import wrapped
from amitui.services.checks import machine, terminal
from amitui.services.checks.aws import check_aws
from amitui.services.checks.finding import Finding, Verdict, in_thread
from amitui.services.composition import Services

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from amitui.settings import Settings

_AWS_FAILED: Final = 3
_MACHINE_FAILED: Final = 4
_NAMES: Final = 13
"""Width of the column of names."""


def check(settings: Settings, problem: AmituiError | None, *, output: str) -> int:
    """Run every check and print what it found; the exit code.

    Args:
        problem: why the settings could not be read; `settings` are then the defaults.
    """
    if settings.demo or settings.problem is None:
        with session_settings(settings) as active:
            findings = asyncio.run(_run(active, problem, output))
    else:
        findings = asyncio.run(_run(settings, problem, output))
    if output == "json":
        print(json.dumps({"amitui": __version__, "checks": [_facts(one) for one in findings]}, indent=2))
    wrong = [one for one in findings if one.verdict is Verdict.FAIL]
    code = 0
    if wrong:
        code = _AWS_FAILED if any(one.is_remote for one in wrong) else _MACHINE_FAILED
    sys.stdout.flush()
    return leave_despite_threads(code)


async def _run(settings: Settings, problem: AmituiError | None, output: str) -> list[Finding]:
    # A check that hangs on a dead disk must not keep the process from ending.
    asyncio.get_running_loop().set_default_executor(ForgetfulExecutor())
    findings = []
    async for one in _findings(settings, problem):
        findings.append(one)
        if output != "json":
            _print(one)
    return findings


async def _findings(settings: Settings, problem: AmituiError | None) -> AsyncIterator[Finding]:
    """The findings in their order, each as soon as it and those before it are known."""
    services = Services(settings)
    aws = asyncio.ensure_future(check_aws(services.session, services.now))
    checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("Python", machine.check_python),
        ("dependencies", machine.check_dependencies),
        ("config", partial(machine.check_config, settings, problem or _problem_of_keys(settings))),
        (
            "terminal",
            partial(terminal.check_terminal, os.environ, terminal.size_of_terminal(), mouse=settings.mouse),
        ),
        ("clipboard", partial(terminal.check_clipboard, os.environ)),
        ("cache", partial(machine.check_cache, settings)),
        ("locks", partial(machine.check_locks, settings)),
        ("journal", partial(machine.check_journal, settings)),
    )
    local = [asyncio.ensure_future(in_thread(name, one)) for name, one in checks]
    try:
        for task in local:
            yield await task
        for found in await aws:
            yield found
    finally:
        aws.cancel()
        for task in local:
            task.cancel()
        await services.close()


def _problem_of_keys(settings: Settings) -> AmituiError | None:
    """Why the screen would not start with the keys of the user's commands; `None` = it would."""
    if not settings.commands:
        return None
    # Textual's names of keys: only those who have commands wait for them.
    from amitui.ui.keys.command_keys import command_keys

    try:
        command_keys(settings.commands, dict(settings.keys), settings.locations.config_file)
    except AmituiError as error:
        return error
    return None


def _print(found: Finding) -> None:
    width = columns_of(sys.stdout) or 0
    first = f"{found.verdict:5} {found.name:{_NAMES}} "
    rest = " " * len(first)
    lines = wrapped(show_invisible(found.words), width, first=first, rest=rest)
    if found.remedy:
        lines += wrapped(show_invisible(found.remedy), width, first=f"{rest}→ ", rest=f"{rest}  ")
    print(for_people("\n".join(lines)), flush=True)


def _facts(found: Finding) -> dict[str, str | None]:
    return {
        "check": found.name,
        "verdict": str(found.verdict),
        "words": found.words,
        "remedy": found.remedy or None,
    }
