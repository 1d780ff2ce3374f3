"""Attacks on the screen: keys faster than it can follow, and answers of EC2 that lack what they always have."""

from __future__ import annotations

import asyncio
import random
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from bench.soak.attack import AFTER_ESCAPE_MS, Attack, Attempt
from tests.support.boto3_cloud import HOME
from tests.support.isolation import isolated_environment
from tests.support.terminal import Terminal, TerminalTimeoutError
from tests.support.terminal_steps import START_SECONDS, access_keys, has_rows

_SHARES: Final = (0.002, 0.02, 0.08)
"""Of an answer's elements, how many are left out."""
_KEYS: Final = (
    *("down", "down", "up", "enter", "right", "left", "escape", "f5", "o", "i", "!", "?", "r", "2", "1", "7", "L"),
    *("c", "s", "l", "n", "g", "D", "a", "tab", "d", "R", "P", "e", "pagedown", "end", "home", "f", "space", "y"),
)
_MOST_ESCAPES: Final = 12


@contextmanager
def _keys(_folder: Path) -> Iterator[Attempt]:
    import pytest

    from amitui.ui import input_gate
    from tests.support.app import stable_environment
    from tests.support.key_order import AT_REST, first_difference, outcomes_of, random_keys
    from tests.support.screen_cases import SCREEN_CASES

    def attempt(choose: random.Random) -> Iterator[str]:
        name = choose.choice(sorted(SCREEN_CASES))
        keys = random_keys(choose, choose.randint(3, 25))
        turns = choose.choice((0, 0, 1, 3, choose.randrange(100)))
        taken = [(SCREEN_CASES[name], keys)]
        (slowly,) = asyncio.run(outcomes_of(taken, AT_REST))
        (quickly,) = asyncio.run(outcomes_of(taken, turns))
        difference = first_difference(quickly, slowly)
        if difference:
            yield f"{name}, {turns} turns between {keys}: {difference}"

    with pytest.MonkeyPatch.context() as patch:
        stable_environment(patch)
        for limit in ("WORK_S", "OPENING_S", "LEAVE_KEYS_WAIT_S"):
            patch.setattr(input_gate, limit, 60.0)
        yield attempt


def without_some(body: bytes, share: float, choose: random.Random) -> bytes:
    """An XML answer that lacks some of its elements, with all that is in them."""
    text = re.sub(rb' xmlns="[^"]*"', b"", body)
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return body
    for parent in list(root.iter()):
        for child in list(parent):
            if choose.random() < share:
                parent.remove(child)
    return ElementTree.tostring(root)


@contextmanager
def _bent(folder: Path) -> Iterator[Attempt]:
    from amitui.demo.cloud.cloud import Cloud
    from amitui.demo.server.dispatch import Answer, Dispatcher, Request
    from amitui.demo.server.http import DemoHttpServer
    from amitui.demo.server.main import listen, today

    class Bending(Dispatcher):
        """Leaves something out of each answer."""

        choose = random.Random(0)
        share = 0.0

        def answer(self, request: Request) -> Answer:
            answer = super().answer(request)
            if not self.share or answer.status != 200:
                return answer
            return Answer(200, without_some(answer.body, self.share, self.choose))

    bending = Bending(Cloud(today() - 86_400, speed=100))
    server = DemoHttpServer(listen(0), bending).start()
    environment = isolated_environment(folder) | access_keys() | {"AWS_REGION": HOME}

    def attempt(choose: random.Random) -> Iterator[str]:
        bending.choose, bending.share = choose, choose.choice(_SHARES)
        command = [sys.executable, "-m", "amitui", "--read-only", "--endpoint-url", server.url, "--scope", "mine"]
        command += ["--cache-dir", str(folder / f"cache-{choose.randrange(10**9)}")]
        with Terminal(command, environment=environment, columns=110, rows=32, cwd=folder) as screen:
            try:
                screen.wait_for(lambda t: has_rows(t) or "!" in t.screen_text(), timeout=START_SECONDS)
            except TerminalTimeoutError as error:
                yield f"{bending.share:.1%} left out: no rows and no error: {error}"
            pressed = choose.choices(_KEYS, k=40)
            for key in pressed:
                if screen.exit_code is None:
                    screen.press(key)
                    screen.wait_settled(AFTER_ESCAPE_MS if key == "escape" else 40)
            if screen.exit_code is not None:
                yield f"{bending.share:.1%} left out, {pressed}: it ended with {screen.exit_code}"
            else:
                yield from _leaves(screen)
            said = screen.raw.decode(errors="replace")
            if "Traceback" in said:
                yield f"{bending.share:.1%} left out, {pressed}: {said[said.index('Traceback') :][:3000]!r}"

    try:
        yield attempt
    finally:
        server.stop()


def _leaves(screen: Terminal) -> Iterator[str]:
    """Go back until q is understood as leaving."""
    for _ in range(_MOST_ESCAPES):
        screen.press("escape")
        screen.wait_settled(AFTER_ESCAPE_MS)
        if "leave" in screen.screen_text().lower() and "y " in screen.screen_text():
            screen.press("y")
            screen.wait_settled(60)
    screen.press("q")
    try:
        code = screen.wait_for_exit(30)
    except TerminalTimeoutError as error:
        yield f"it does not leave: {error}"
        return
    if code != 0:
        yield f"it left with {code}"


KEYS: Final = Attack(
    "keys",
    "random keys in a form or pane in one write, compared with one by one",
    "tests/ui/test_key_order.py",
    _keys,
)
BENT: Final = Attack(
    "bent",
    "0.2 to 8% of the elements of all of EC2's answers left out, under a screen and random keys",
    "tests/unit/test_altered_answers.py",
    _bent,
)
