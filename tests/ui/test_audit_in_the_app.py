"""The audit in the whole application: what it reads, and where a chosen subject leads to."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from amitui.domain.fleet.findings import RegionAudit, Verdict
from amitui.domain.fleet.inventory import FleetGroup, FleetInventory
from amitui.domain.rollout.region import RegionFleet
from amitui.services.aws_reads import AwsReads
from amitui.services.fleet_audit import FleetAudit
from tests.support.app import browse_of, make_app, opened, press, rows, screen_text, stable_environment
from tests.ui.test_audit_screen import SUCCESSOR, finding

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from amitui.domain.rollout.candidates import NewImage

REGION = "us-east-1"


@pytest.fixture(autouse=True)
def _audited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stable_environment(monkeypatch)
    monkeypatch.chdir(tmp_path)

    async def region(_self: FleetAudit, name: str, profile: str | None = None) -> RegionAudit:
        assert profile is None
        found = (finding(1, Verdict.GONE, region=name), finding(2, Verdict.STALE, region=name))
        return RegionAudit("", "123456789012", name, found)

    monkeypatch.setattr(FleetAudit, "region", region)


async def until_said(pilot: Pilot[str], *texts: str) -> None:
    """Let the application work until all of this is on the screen."""
    async with asyncio.timeout(60):
        while not all(text in screen_text(pilot) for text in texts):
            await pilot.pause()


async def test_the_regions_in_view_are_audited_and_a_subject_leads_to_its_image(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await press(pilot, "A")
        await until_said(pilot, "Gone: cannot be launched again", "2 subjects, 2 to look at")
        await press(pilot, "down", "enter")
        assert browse_of(pilot).view.text == finding(1, Verdict.GONE).judgement.image.image_id
        assert browse_of(pilot).view.regions == (REGION,)


async def test_escape_returns_from_an_image_to_the_audit_as_it_was_and_to_the_view_before(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await press(pilot, "slash", *"acme", "enter", "A")
        await until_said(pilot, "2 subjects, 2 to look at")
        await press(pilot, "slash", *"web-2", "enter")
        await until_said(pilot, "because 2")
        await press(pilot, "enter")
        assert browse_of(pilot).view.text == finding(2, Verdict.STALE).judgement.image.image_id
        await press(pilot, "escape")
        await until_said(pilot, "Audit", "web-2", "because 2")
        assert "web-1" not in screen_text(pilot)
        assert browse_of(pilot).view.text == "acme"
        await press(pilot, "escape", "escape")
        assert pilot.app.screen is browse_of(pilot)
        assert "acme-web-20260920" in rows(pilot)


async def test_escape_clears_a_query_that_was_typed_since_an_image_was_opened(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await press(pilot, "A")
        await until_said(pilot, "2 subjects, 2 to look at")
        await press(pilot, "down", "enter", "slash", *"acme", "enter", "escape")
        assert pilot.app.screen is browse_of(pilot)
        assert browse_of(pilot).view.text == ""


async def test_what_is_listed_is_written_to_the_named_file(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await press(pilot, "A")
        await until_said(pilot, "Stale: far behind")
        await press(pilot, "e")
        await pilot.press(*"found.json")
        await press(pilot, "enter")
        await until_said(pilot, "wrote 2 findings to")
        names = [one["Name"] for one in json.loads((tmp_path / "found.json").read_text())["Findings"]]
        assert names == ["web-1", "web-2"]
        assert (tmp_path / "found.json").stat().st_mode & 0o077 == 0, "it names accounts and machines"


async def test_offline_the_audit_says_why_it_is_empty(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, offline=True)) as pilot:
        await press(pilot, "A")
        assert "amitui is offline" in screen_text(pilot)
        await press(pilot, "A")
        assert "amitui is offline" not in screen_text(pilot)


async def test_the_successor_is_rolled_out_in_the_region_of_the_subject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[NewImage] = []

    async def fleet(_self: AwsReads, image: NewImage) -> RegionFleet:
        asked.append(image)
        group = FleetGroup("web", "arn", 1, 1, 1, (), ())
        return RegionFleet(image, FleetInventory(image.region, "123456789012", groups=(group,)), {})

    monkeypatch.setattr(AwsReads, "roll_out_fleet", fleet)
    async with opened(make_app(tmp_path)) as pilot:
        await press(pilot, "A")
        await until_said(pilot, "Stale: far behind")
        await press(pilot, "down", "down", "down", "R")
        await until_said(pilot, "Roll out", SUCCESSOR.name)
        (image,) = asked
        assert (image.region, image.image_id, image.name) == (REGION, SUCCESSOR.image_id, SUCCESSOR.name)
        assert image.owner_id == finding(2, Verdict.STALE).judgement.image.owner_id
