"""What a clock that was ahead has dated is as good as old: nobody knows how old it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.store import SegmentStore
from amitui.catalog.sync.ingest import ShardWriter
from amitui.catalog.sync.service import open_index
from amitui.cli.info import info
from amitui.domain.catalogue.coverage import CLOCK_SLACK_S, age_of
from amitui.domain.catalogue.shard import PUBLIC, Shard, ShardStatus
from amitui.services.composition import Services
from amitui.ui.widgets.status_bar import UNKNOWN_AGE, data_age
from tests.support.app import settings_in

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_790_000_000
DAY = 86_400
AMAZON = Shard("aws", PUBLIC, "us-east-1", "amazon")
MINE = Shard("aws", "123456789012", "us-east-1", "mine")

AHEAD = [CLOCK_SLACK_S + 1, 3_600, DAY, 3 * 365 * DAY]


def status(shard: Shard, fetched_at: int) -> ShardStatus:
    return ShardStatus(shard, 1, 10, fetched_at, True, "ec2")


@pytest.mark.parametrize("ahead", AHEAD)
@pytest.mark.parametrize("shard", [AMAZON, MINE])
def test_it_is_due(tmp_path: Path, shard: Shard, ahead: int) -> None:
    services = Services(settings_in(tmp_path), now=lambda: NOW)
    assert services.catalogue.due([shard], [status(shard, NOW + ahead)]) == [shard]


@pytest.mark.parametrize("ahead", [0, 1, CLOCK_SLACK_S])
def test_a_moment_ahead_is_just_fetched(tmp_path: Path, ahead: int) -> None:
    services = Services(settings_in(tmp_path), now=lambda: NOW)
    assert services.catalogue.due([AMAZON], [status(AMAZON, NOW + ahead)]) == []
    assert age_of(NOW + ahead, NOW) == 0


@pytest.mark.parametrize("ahead", AHEAD)
def test_no_age_is_told_of_it(ahead: int) -> None:
    assert age_of(NOW + ahead, NOW) is None
    assert data_age(UNKNOWN_AGE) == "age unknown"


@pytest.mark.parametrize("ahead", AHEAD)
def test_info_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str], ahead: int) -> None:
    import json
    import time

    settings = settings_in(tmp_path)
    when = int(time.time()) + ahead + 3_600
    index: CatalogIndex
    with (
        SegmentStore(settings.locations.segments_dir) as store,
        open_index(settings.locations, store, "us-east-1") as index,
    ):
        writer = ShardWriter(store, index, AMAZON)
        writer.begin()
        writer.add([{"ImageId": "ami-00000001", "OwnerId": "137112412989"}], now=when)
        writer.finish(when)
    assert info(settings, output="text") == 0
    assert "age unknown: the clock was ahead" in capsys.readouterr().out
    assert info(settings, output="json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert [shard["age_hours"] for shard in facts["catalogue"]] == [None]
