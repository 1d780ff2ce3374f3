"""Attacks on the cache: processes side by side, and processes that are killed at any moment."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from bench.soak.attack import Attack, Attempt
from tests.e2e.test_crashes import Installation, images
from tests.support.fake_ec2 import fake_ec2
from tests.support.isolation import isolated_environment
from tests.support.side_by_side import side_by_side
from tests.support.terminal import Terminal
from tests.support.terminal_steps import START_SECONDS, has_rows, leave

_IMAGES: Final = 900
_PATIENCE_S: Final = 300
_GROWN: Final = 1.5
"""So many times the size of a new cache is what may be left of everything that was cut off."""
_SLACK_BYTES: Final = 2 << 20
_ROUNDS: Final = 5
_BROUGHT: Final = 700
"""Images that are not EC2's but of a file."""


@contextmanager
def _installation(folder: Path) -> Iterator[Installation]:
    with fake_ec2(images(_IMAGES)) as fake:
        command = [sys.executable, "-m", "amitui"]
        yield Installation(command, isolated_environment(folder), fake, folder)


def _changed(records: Sequence[dict[str, Any]], choose: random.Random) -> list[dict[str, Any]]:
    """What EC2 has after a while: some gone, some new, some with another name, some that traded their times."""
    kept = [dict(record) for record in records if choose.random() > 0.1]
    known = {record["ImageId"] for record in kept}
    kept += [record for record in images(_IMAGES) if record["ImageId"] not in known and choose.random() < 0.7]
    for record in choose.sample(kept, len(kept) // 10):
        record["Name"] = f"renamed-{choose.randrange(10**6)}"
    for one, other in zip(*[iter(choose.sample(kept, len(kept) // 20 * 2))] * 2, strict=True):
        one["CreationDate"], other["CreationDate"] = other["CreationDate"], one["CreationDate"]
    choose.shuffle(kept)
    return kept


def _disagreements(amitui: Installation, brought: set[str]) -> Iterator[str]:
    """What the cache has that it should not have, or lacks, and files that are damaged."""
    # The fake lists its images whatever is asked: the screens' other scopes have them too, as old as they may be.
    of_ec2 = {record["ImageId"] for record in amitui.fake.images}
    for scope, wanted in (("amazon", of_ec2), ("community", brought)):
        found = amitui.found("--scope", scope)
        if len(found) != len(set(found)):
            yield f"{scope}: {len(found) - len(set(found))} images are found twice"
        missing, more = wanted - set(found), set(found) - wanted
        if missing or more:
            yield f"{scope}: {len(missing)} images are missing, {len(more)} are too many"
    for path in amitui.cache.rglob("*"):
        if path.suffix in (".sqlite", ".db"):
            with closing(sqlite3.connect(path, timeout=60)) as connection:
                said = connection.execute("PRAGMA integrity_check").fetchall()
            if said != [("ok",)]:
                yield f"{path.name}: {said[:3]}"


def _started(amitui: Installation, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*amitui.command, *words, *amitui.options],
        env=amitui.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _ended(process: subprocess.Popen[str], allowed: Sequence[int]) -> Iterator[str]:
    _, said = process.communicate(timeout=_PATIENCE_S)
    if process.returncode not in allowed or "Traceback" in said:
        words = " ".join(map(str, process.args[3:5])) if isinstance(process.args, list) else ""
        yield f"{words} ended with {process.returncode}: {said[-800:]}"


def _file_of_images(amitui: Installation) -> tuple[Path, set[str]]:
    path = amitui.cache.parent / "brought.jsonl"
    records = [
        {**record, "ImageId": f"ami-f{record['ImageId'][5:]}", "OwnerId": "111122223333", "ImageOwnerAlias": None}
        for record in images(_BROUGHT)
    ]
    path.write_text("\n".join(map(json.dumps, records)))
    return path, {str(record["ImageId"]) for record in records}


@contextmanager
def _beside(folder: Path) -> Iterator[Attempt]:
    with _installation(folder) as amitui:
        file, brought = _file_of_images(amitui)

        def screen() -> Terminal:
            return Terminal(amitui.screen(), environment=amitui.environment, columns=100, rows=30, cwd=folder)

        with screen() as stays:
            stays.wait_for(has_rows, timeout=START_SECONDS)

            def attempt(choose: random.Random) -> Iterator[str]:
                amitui.fake.images = _changed(amitui.fake.images, choose)
                others = [
                    _started(amitui, "sync", "--scope", "amazon", *(["--full"] if choose.random() < 0.3 else []))
                    for _ in range(2)
                ]
                others.append(_started(amitui, "import", str(file)))
                searches = [_started(amitui, "find", "golden", "--offline", "-o", "id") for _ in range(2)]
                stays.press("f5")
                with screen() as visits:
                    visits.wait_for(has_rows, timeout=START_SECONDS)
                    leave(visits)
                for process in others:
                    yield from _ended(process, (0,))
                for process in searches:
                    yield from _ended(process, (0, 1))
                yield from _ended(_started(amitui, "sync", "--scope", "amazon"), (0,))
                stays.wait_settled()
                if stays.exit_code is not None:
                    yield f"the screen ended with {stays.exit_code}: {stays.raw[-2000:]!r}"
                yield from _disagreements(amitui, brought)

            yield attempt
            leave(stays)


@contextmanager
def _locks(folder: Path) -> Iterator[Attempt]:
    def attempt(choose: random.Random) -> Iterator[str]:
        seed = choose.randrange(10**9)
        place = folder / str(seed)
        place.mkdir()
        side_by_side(place, rounds=_ROUNDS, seed=seed)
        yield from ()

    yield attempt


@contextmanager
def _kills(folder: Path) -> Iterator[Attempt]:
    with _installation(folder) as amitui:
        file, brought = _file_of_images(amitui)
        began = time.monotonic()
        assert amitui("sync", "--scope", "amazon").returncode == 0
        longest = time.monotonic() - began
        assert amitui("import", str(file)).returncode == 0
        size = _size(amitui.cache)

        def attempt(choose: random.Random) -> Iterator[str]:
            amitui.fake.images = _changed(amitui.fake.images, choose)
            full, sync = ("sync", "--scope", "amazon", "--full"), ("sync", "--scope", "amazon")
            for words in choose.choices((full, sync, ("import", str(file))), k=choose.randint(1, 4)):
                process = _started(amitui, *words)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(choose.uniform(0.2, 1.1) * longest)
                process.send_signal(choose.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM)))
                yield from _ended(process, (0, 130, 143, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT))
            for words in (sync, ("import", str(file))):
                yield from _ended(_started(amitui, *words), (0,))
            yield from _disagreements(amitui, brought)
            grown = _size(amitui.cache)
            if grown > _GROWN * size + _SLACK_BYTES:
                yield f"the cache has grown from {size:,} to {grown:,} bytes"

        yield attempt


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


BESIDE: Final = Attack(
    "beside",
    "two screens, two syncs, an import and searches on one cache while the data changes",
    "tests/e2e/test_side_by_side.py",
    _beside,
)
LOCKS: Final = Attack(
    "locks",
    f"screens that stay, come and go, and two syncs for {_ROUNDS} rounds, their locks and logs watched",
    "tests/e2e/test_side_by_side.py",
    _locks,
)
KILLS: Final = Attack(
    "kills",
    "syncs and imports killed at any moment; then all images are there, files whole and no larger",
    "tests/integration/test_cut_off.py, tests/integration/test_importing.py",
    _kills,
)
