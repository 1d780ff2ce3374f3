"""`amitui sync --publish` as a scheduler runs it: an empty cache each time, one run, an exit code."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

import pytest

from amitui.catalog.sync import schedule
from amitui.cli import main
from amitui.domain.catalogue import slice_plan
from tests.support.catalogue_changes import ACCOUNT, churn, synthetic_catalogue
from tests.support.catalogue_ec2 import REGION, CatalogueEc2, catalogue_ec2, error_answer
from tests.support.moto_server import BUCKET, moto_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ADDRESS = f"s3://{BUCKET}/team"
IMAGES, PAGE = 600, 20


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def sent(self) -> int:
        """Objects that were sent."""
        (number,) = re.findall(r"public images, \d+ parts?: ([\d,]+) objects? sent", self.err)
        return int(number.replace(",", ""))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[CatalogueEc2]:
    for name in list(os.environ):
        if name.startswith(("AWS_", "AMITUI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    now = int(time.time())
    with (
        catalogue_ec2(synthetic_catalogue(IMAGES, as_of=now)) as fake,
        # A small catalogue in as many slices and pages as a large one.
        patch.multiple(slice_plan, SMALL=20, AIM=30, _EXPECTED={"amazon": IMAGES // 2, "community": IMAGES // 2}),
        patch.multiple(schedule, _FULL_PAGE=PAGE // 2, _WORTHWHILE=25),
    ):
        fake.account, fake.sizes, fake.now = ACCOUNT, repeat(PAGE), now
        yield fake


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with moto_server(BUCKET) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        yield url


def _words(fake: CatalogueEc2, cache: Path, destination: str, *more: str) -> list[str]:
    return [
        *("sync", "--scope", "amazon,community", "--region", REGION, "--retry", "0", "--endpoint-url", fake.url),
        *("--cache-dir", str(cache), "--publish", destination, *more),
    ]


@pytest.fixture
def job(fake: CatalogueEc2, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """One run with an empty cache."""

    def run(destination: str, *more: str) -> Ran:
        cache = tmp_path / "job"
        shutil.rmtree(cache, ignore_errors=True)
        fake.counts.requests.clear()
        capsys.readouterr()
        return Ran(main(_words(fake, cache, destination, *more)), *capsys.readouterr())

    return run


@pytest.fixture
def reader(fake: CatalogueEc2, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], set[str]]:
    """The ids that a machine with nothing else finds after a pull."""

    def read(source: str) -> set[str]:
        cache = ("--cache-dir", str(tmp_path / "reader"), "--endpoint-url", fake.url)
        assert main(["pull", source, *cache]) == 0
        capsys.readouterr()
        find = ["find", "--include-deprecated", "--scope", "all", "--region", REGION, "--offline", "-o", "id"]
        assert main([*find, *cache]) == 0
        return set(capsys.readouterr().out.split())

    return read


def test_each_run_begins_with_an_empty_cache_and_sends_only_what_has_changed(
    fake: CatalogueEc2, job: Callable[..., Ran], reader: Callable[[str], set[str]], s3: str
) -> None:
    first = job(ADDRESS)
    asked = fake.counts.requests["DescribeImages"]
    assert (first.code, first.sent > 30, asked > 20) == (0, True, True)
    before = reader(ADDRESS)
    assert len(before) > 400

    again = job(ADDRESS)
    assert again.code == 0
    assert "EC2 is asked instead" not in again.err
    assert again.sent <= 2, "the lists of the two parts, whose newest slices were asked for again"
    assert fake.counts.requests["DescribeImages"] <= asked / 4, "what is published is not fetched again"

    with fake.changing() as catalogue:
        added = set(churn(catalogue, 0.03, seed=3, as_of=fake.now).added)
    third = job(ADDRESS)
    assert third.code == 0
    assert 2 < third.sent < first.sent / 3
    arrived = reader(ADDRESS) - before
    assert arrived
    assert arrived <= added

    assert job(ADDRESS, "--full").code == 0
    assert fake.counts.requests["DescribeImages"] >= asked, "--full asks EC2 for all of it"


@pytest.mark.parametrize("harm", ["nothing", "denied", "damaged", "newer"])
def test_a_job_that_cannot_begin_with_what_is_published_says_so_and_asks_ec2_for_all_of_it(
    fake: CatalogueEc2, job: Callable[..., Ran], tmp_path: Path, harm: str
) -> None:
    place = tmp_path / "shared"
    place.mkdir()
    if harm != "nothing":
        assert job(str(place)).code == 0
    asked = fake.counts.requests["DescribeImages"]
    manifest = place / "public/manifest.json"
    before = manifest.read_text() if harm != "nothing" else ""
    if harm == "denied":
        manifest.unlink()
        manifest.mkdir()
    elif harm == "damaged":
        for path in (place / "public/objects").rglob("*"):
            if path.is_file():
                path.write_bytes(b"x" * path.stat().st_size)
    elif harm == "newer":
        manifest.write_text(json.dumps({**json.loads(before), "format": 2}))
    ran = job(str(place))
    assert fake.counts.requests["DescribeImages"] >= max(asked, 20)
    assert ran.err.count("EC2 is asked instead") == (harm != "nothing")
    # What was published cannot be replaced where it cannot be read.
    assert ran.code == (0 if harm in ("nothing", "damaged") else 4)
    if harm == "newer":
        assert "update amitui" in ran.err
        assert json.loads(manifest.read_text())["format"] == 2


def test_whatever_fails_is_the_exit_code_and_what_was_fetched_is_published_all_the_same(
    fake: CatalogueEc2, job: Callable[..., Ran], reader: Callable[[str], set[str]], tmp_path: Path
) -> None:
    place = tmp_path / "shared"
    place.mkdir()
    refused = error_answer(403, "UnauthorizedOperation", "no")
    fake.play(refused, times=None)
    nothing = job(str(place))
    assert nothing.code == 3, "EC2's refusal, and not that there is nothing to publish"
    assert nothing.err.index("ec2:DescribeImages") < nothing.err.index("nothing to publish")
    assert not list(place.iterdir())

    fake.recover()
    fake.play(
        refused, times=None, where=lambda query: "137112412989" in query.values() or "amazon" in query.values()
    )
    half = job(str(place))
    assert half.code == 3
    assert "1 part: " in half.err
    fake.recover()
    assert len(reader(str(place))) > 400

    (tmp_path / "file").write_text("x")
    assert job(str(tmp_path / "file")).code == 4
    assert job("ftp://x").code == 2
    assert job(str(place), "--demo").code == 2


def _waits_for_a_lock(pid: int) -> bool:
    """Whether a process waits for a lock that another one has on a file."""
    lines = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return any(fields[1:3] == ["->", "FLOCK"] and fields[5] == str(pid) for fields in lines)


@pytest.mark.parametrize(
    ("busy_with", "number", "code"), [("fetching", signal.SIGTERM, 143), ("publishing", signal.SIGHUP, 129)]
)
def test_a_job_that_is_ended_from_outside_ends_at_once_and_leaves_nothing_torn(
    fake: CatalogueEc2,
    job: Callable[..., Ran],
    reader: Callable[[str], set[str]],
    tmp_path: Path,
    busy_with: str,
    number: signal.Signals,
    code: int,
) -> None:
    """As ECS and Kubernetes end it; as the first process of a container it has no default for these signals."""
    place = tmp_path / "shared"
    place.mkdir()
    assert job(str(place)).code == 0
    before = (place / "public/manifest.json").read_bytes()
    seen = reader(str(place))
    held = os.open(place / "public/manifest.json.lock", os.O_RDWR)
    if busy_with == "fetching":
        fake.hang_after("DescribeImages", 3)
    else:
        fcntl.flock(held, fcntl.LOCK_EX)
    command = [sys.executable, "-m", "amitui", *_words(fake, tmp_path / "other", str(place), "--full")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while not (fake.hanging.is_set() or _waits_for_a_lock(process.pid)):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in said
    assert f"ended by {number.name}" in said
    os.close(held)
    fake.recover()
    assert (place / "public/manifest.json").read_bytes() == before
    assert not list(place.rglob(".partial-*"))
    assert reader(str(place)) == seen
