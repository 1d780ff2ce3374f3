"""Whatever breaks in the midst of a sync: a message with a way out, nothing lost, the next one completes it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

import pytest

from amitui.cli import main
from amitui.ec2 import pacing, patience
from tests.support import catalogue_faults as faults
from tests.support.catalogue_changes import ACCOUNT, synthetic_catalogue
from tests.support.catalogue_ec2 import REGION, CatalogueEc2, catalogue_ec2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.fake_ec2 import Query

IMAGES = 600
PAGE = 40

MonkeyPatch = pytest.MonkeyPatch


@dataclass
class Aim:
    """A fake whose faults concern some requests for images only."""

    fake: CatalogueEc2
    where: Callable[[Query], bool]

    def play(self, fault: Any, *, action: str = "DescribeImages", **options: Any) -> None:
        where = self.where if action == "DescribeImages" else lambda _: True
        self.fake.play(fault, action=action, where=where, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.fake, name)


def is_amazons(query: Query) -> bool:
    return "amazon" in query.values()


@dataclass
class Bench:
    """A fake EC2, a cache that was complete once, and the commands over both."""

    fake: CatalogueEc2
    cache: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *words: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of a command."""
        options = ["--endpoint-url", self.fake.url, "--region", REGION, "--cache-dir", str(self.cache)]
        self.capsys.readouterr()
        code = main([*words, *options])
        said = self.capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    def sync(self, *words: str) -> tuple[int, str]:
        code, _, err = self.run("sync", "--scope", "amazon", "--scope", "community", "--retry", "0", *words)
        return code, err

    def found(self) -> set[str]:
        """What can be searched without EC2."""
        code, out, err = self.run("find", "--include-deprecated", "--scope", "all", "--offline", "-o", "id")
        assert code == 0, err
        return set(out.split())


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: MonkeyPatch, tmp_path: Path) -> None:
    from aiobotocore.endpoint import AioEndpoint

    async def go_on(_endpoint: object, _seconds: float) -> None:
        return

    async def no_pause(_seconds: float) -> None:
        return

    monkeypatch.setattr(AioEndpoint, "_sleep", go_on)
    monkeypatch.setattr(pacing, "pause", no_pause)
    monkeypatch.setitem(patience.READ_SECONDS_OF, "DescribeImages", 0.3)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CatalogueEc2, Path]]:
    """A fake, and a cache into which it was synced."""
    cache = tmp_path_factory.mktemp("cache")
    with catalogue_ec2(synthetic_catalogue(IMAGES)) as fake:
        fake.account = ACCOUNT
        fake.regions[REGION] = "opt-in-not-required"
        yield fake, cache


@pytest.fixture
def bench(
    complete: tuple[CatalogueEc2, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Bench]:
    fake, cache = complete
    fake.sizes = repeat(PAGE)
    template = Bench(fake, cache, capsys)
    if not any(cache.iterdir()):
        code, err = template.sync()
        assert code == 0, err
    shutil.copytree(cache, tmp_path / "cache")
    yield Bench(fake, tmp_path / "cache", capsys)
    fake.recover()
    fake.regions[REGION] = "opt-in-not-required"


Play = Any
"""A fault: it is played on a fake from the second page of Amazon's images on."""

LASTING: dict[str, tuple[Play, str, str]] = {
    "reset mid-body": (
        lambda aim: faults.reset_mid_body(aim, after=1, times=None),
        "the connection to EC2 was lost in us-east-1",
        "try again later",
    ),
    "closed mid-body": (
        lambda aim: faults.close_mid_body(aim, after=1, times=None),
        "the connection to EC2 was lost in us-east-1",
        "try again later",
    ),
    "truncated XML": (
        lambda aim: faults.truncated_xml(aim, after=1, times=None),
        "the answer from EC2 was cut off in us-east-1",
        "try again later",
    ),
    "a captive portal": (
        lambda aim: aim.play(lambda handler: handler.send(200, faults.PORTAL), after=1, times=None),
        "the response did not come from EC2 in us-east-1",
        "a proxy or login page may have answered instead",
    ),
    "a redirect to a portal": (
        lambda aim: aim.play(
            lambda handler: handler.send(302, faults.PORTAL, {"Location": f"{aim.url}/portal"}),
            after=1,
            times=None,
        ),
        "the response did not come from EC2 in us-east-1",
        "a proxy or login page may have answered instead",
    ),
    "a storm of 503": (
        lambda aim: faults.storm(aim, after=1, code="Unavailable"),
        "in us-east-1",
        "try again later",
    ),
    "throttling without end": (
        lambda aim: faults.storm(aim, after=1),
        "EC2 throttled the requests in us-east-1",
        "the limit lifts by itself",
    ),
    "the same token for ever": (
        lambda aim: faults.same_token_for_ever(aim, after=1),
        "not end",
        "the pages received so far",
    ),
    "a hanging socket": (
        lambda aim: faults.hang(aim, after=1, times=None),
        "EC2 did not respond in time in us-east-1",
        "try again later",
    ),
    "hanging mid-body": (
        lambda aim: faults.hang_mid_body(aim, after=1, times=None),
        "EC2 did not respond in time in us-east-1",
        "try again later",
    ),
    "expired credentials": (
        lambda aim: faults.credentials_expire(aim, code="ExpiredToken"),
        "have expired",
        "renew them",
    ),
    "an expired request": (
        lambda aim: faults.credentials_expire(aim),
        "the request has expired",
        "date -u",
    ),
    "a Region that was left": (
        lambda aim: faults.region_disabled(aim, REGION),
        "us-east-1 is not enabled",
        "aws account enable-region --region-name us-east-1",
    ),
}


@pytest.mark.parametrize("name", LASTING)
def test_it_ends_in_a_message_nothing_is_lost_and_the_next_sync_completes_it(bench: Bench, name: str) -> None:
    play, words, remedy = LASTING[name]
    before = bench.found()
    assert len(before) > IMAGES * 0.8
    play(Aim(bench.fake, is_amazons))
    code, said = bench.sync("--full")
    assert code == 3, said
    assert words in said
    assert remedy in said
    assert bench.found() == before, "what was there can still be searched"
    bench.fake.recover()
    bench.fake.regions[REGION] = "opt-in-not-required"
    code, said = bench.sync()
    assert code == 0, said
    assert bench.found() == before


PASSING: dict[str, Play] = {
    "reset mid-body": lambda aim: faults.reset_mid_body(aim, after=1),
    "truncated XML": lambda aim: faults.truncated_xml(aim, after=1),
    "a captive portal": lambda aim: aim.play(lambda handler: handler.send(200, faults.PORTAL), after=1),
    "503": lambda aim: faults.storm(aim, after=1, times=2, code="Unavailable"),
    "throttling": lambda aim: faults.storm(aim, after=1, times=3),
    "an expired token": lambda aim: faults.expired_token(aim, after=2),
    "a hanging socket": lambda aim: faults.hang(aim, after=1),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_costs_a_sync_nothing_but_time(bench: Bench, name: str, monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr("amitui.domain.retrying.PAUSES_S", (0.0,))
    before = bench.found()
    PASSING[name](Aim(bench.fake, is_amazons))
    code, said = bench.sync("--full", "--retry", "300")
    assert code == 0, said
    assert bench.found() == before


def test_a_chunk_that_was_cut_off_costs_its_own_records_until_the_next_sync(bench: Bench) -> None:
    bench.fake.sizes = repeat(IMAGES // 2)  # large enough for files of their own
    assert bench.sync("--full")[0] == 0
    before = bench.found()
    ids = sorted(before)
    chunk, *_ = sorted(bench.cache.rglob("*.val"))
    chunk.write_bytes(chunk.read_bytes()[:100])
    assert bench.found() == before, "rows stay"
    code, _, said = bench.run("find", "--include-deprecated", "--scope", "all", "--offline", "-o", "json")
    assert code == 4
    assert "stored record is gone or damaged" in said
    assert "amitui sync" in said
    code, said = bench.sync()
    assert code == 0, said
    code, out, said = bench.run("find", "--include-deprecated", "--scope", "all", "--offline", "-o", "json")
    assert code == 0, said
    assert sorted(image["ImageId"] for image in json.loads(out)["Images"]) == ids
