"""A sync against the fake EC2: throttled, every try is paced and counted; in slices, nothing is lost."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from amitui.catalog.sync import schedule
from amitui.cli import main
from amitui.domain.catalogue import slice_plan
from amitui.ec2 import pacing
from tests.support import catalogue_faults as faults
from tests.support.catalogue_changes import ACCOUNT, odd_records, synthetic_catalogue
from tests.support.catalogue_ec2 import REGION, CatalogueEc2, catalogue_ec2, error_answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = 40


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses that were made, in seconds; they take no time."""
    made: list[float] = []

    async def pause(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(pacing, "pause", pause)
    return made


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[CatalogueEc2]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with catalogue_ec2(synthetic_catalogue(400)) as fake:
        fake.account, fake.sizes = ACCOUNT, repeat(PAGE)
        yield fake


def sync(fake: CatalogueEc2, cache: Path) -> int:
    fake.counts.requests.clear()
    words = ["sync", "--scope", "amazon", "--scope", "community", "--retry", "0"]
    return main([*words, "--endpoint-url", fake.url, "--region", REGION, "--cache-dir", str(cache)])


def found(fake: CatalogueEc2, cache: Path, capsys: pytest.CaptureFixture[str]) -> set[str]:
    capsys.readouterr()
    words = ["find", "--include-deprecated", "--scope", "all", "--offline", "-o", "id"]
    assert main([*words, "--endpoint-url", fake.url, "--region", REGION, "--cache-dir", str(cache)]) == 0
    return set(capsys.readouterr().out.split())


def test_refused_calls_are_repeated_after_what_ec2_asks_for_and_counted(
    fake: CatalogueEc2, tmp_path: Path, pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    assert sync(fake, tmp_path / "calm") == 0
    calm = fake.counts.requests["DescribeImages"]
    assert max(pauses, default=0.0) < 0.5
    pauses.clear()
    faults.storm(fake, after=2, times=3, retry_after="9")
    assert sync(fake, tmp_path / "stormy") == 0
    # The fake does not count what a fault answers.
    assert fake.counts.requests["DescribeImages"] == calm, "no page was asked for again that had come"
    assert 8.0 < max(pauses) < 40.0
    assert found(fake, tmp_path / "stormy", capsys) == found(fake, tmp_path / "calm", capsys)


def test_a_storm_without_end_is_a_handful_of_calls_and_an_error_in_words(
    fake: CatalogueEc2, tmp_path: Path, pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    sent = 0

    def count(handler: object) -> None:
        nonlocal sent
        sent += 1
        error_answer(503, "RequestLimitExceeded", "Request limit exceeded.")(handler)  # type: ignore[arg-type]

    fake.play(count, times=None)
    assert sync(fake, tmp_path / "cache") == 3
    assert sent == 2 * pacing.THROTTLED_TRIES, "one slice of each of two scopes"
    assert sum(pauses) > 10.0
    assert "EC2 throttled the requests in us-east-1" in capsys.readouterr().err


def test_slices_find_every_image_of_the_whole_list_also_those_with_odd_dates_or_none(
    fake: CatalogueEc2, tmp_path: Path, pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    assert sync(fake, tmp_path / "whole") == 0
    whole = fake.counts.requests["DescribeImages"]
    with (
        patch.multiple(slice_plan, SMALL=20, AIM=30, _EXPECTED={"amazon": 400, "community": 400}),
        patch.multiple(schedule, _FULL_PAGE=PAGE // 2, _WORTHWHILE=50),
    ):
        assert sync(fake, tmp_path / "sliced") == 0
    assert fake.counts.requests["DescribeImages"] > whole + 5, "they were divided"
    found_whole = found(fake, tmp_path / "whole", capsys)
    assert found(fake, tmp_path / "sliced", capsys) == found_whole
    odd = {one["ImageId"] for one in odd_records(REGION) if one.get("Public")}
    assert odd
    assert odd <= found_whole
