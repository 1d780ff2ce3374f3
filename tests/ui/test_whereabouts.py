from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.catalogue.scope import PUBLISHERS
from amitui.domain.catalogue.whereabouts import Fate, IdAnswer
from tests.support.app import FakeCloud, make_app, opened, press, screen_text

if TYPE_CHECKING:
    from pathlib import Path

ID = "ami-0123456789abcdef0"


def cloud() -> FakeCloud:
    return FakeCloud(
        ids=[IdAnswer(ID, "us-east-1", Fate.NOT_THERE), IdAnswer(ID, "eu-west-1", Fate.FOUND, "web, owner 1")]
    )


async def test_an_id_that_no_cached_region_holds_is_asked_for_once_and_its_place_said(tmp_path: Path) -> None:
    aws = cloud()
    async with opened(make_app(tmp_path, scope=PUBLISHERS, text=ID, cloud=aws)) as pilot:
        assert f"{ID} is not in us-east-1, but in eu-west-1" in screen_text(pilot)
        assert "r chooses that Region." in screen_text(pilot)
        await press(pilot, "d", "d")
        assert aws.asked_ids == [(ID,)]
        assert f"{ID} is not in us-east-1, but in eu-west-1" in screen_text(pilot)


async def test_offline_no_id_is_asked_for(tmp_path: Path) -> None:
    aws = cloud()
    async with opened(make_app(tmp_path, scope=PUBLISHERS, text=ID, cloud=aws, offline=True)) as pilot:
        assert "matches" in screen_text(pilot)
        assert aws.asked_ids == []
