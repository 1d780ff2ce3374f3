"""Operations on an image in the whole application; their effects are read from the simulated EC2 itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amitui.catalog.sync.crawl import CrawlProgress
from amitui.demo.launcher import DEMO_ACCOUNT
from amitui.domain.catalogue.shard import Shard
from amitui.domain.operations.operation import State
from tests.support.app import browse_of, opened, press, rows
from tests.support.boto3_account import Boto3Account
from tests.support.demo_account import HOME, Account
from tests.support.demo_app import (
    DemoInstallation,
    agree,
    begin,
    choose,
    command,
    demo_installation,
    ended,
    go_to,
    review,
    search_for,
    type_text,
    until,
    until_said,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.pilot import Pilot

AWAY = "eu-west-1"


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoInstallation]:
    with demo_installation(tmp_path, monkeypatch) as made:
        yield made


def tags(image: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in image.get("Tags", [])}


async def done(pilot: Pilot[str], title: str) -> None:
    """The newest operation has that title, and is done."""
    (newest,) = await ended(pilot, title)
    assert newest.state is State.DONE, newest.why


async def test_an_image_is_made_of_an_instance_that_is_stopped_for_it(demo: DemoInstallation) -> None:
    async with opened(demo.app()) as pilot:
        with Boto3Account(demo.url) as outside:
            instance = outside.instance("web-1")["InstanceId"]
        demo.clock.pass_time(3600)
        await press(pilot, "n")
        await choose(pilot, "Instance", "web-1")
        await until_said(pilot, "20 GiB gp3")
        await go_to(pilot, "Instance is")
        await press(pilot, "right", "right")
        await go_to(pilot, "Name")
        await press(pilot, "ctrl+u")
        await type_text(pilot, "life")
        promised = await review(pilot)
        assert f"web-1 ({instance}) is stopped first, and started again" in promised
        await agree(pilot)
        await until_said(pilot, "o 1 in progress")
        assert demo.me.ask("DescribeImages", Filters=[{"Name": "name", "Values": ["life"]}])["Images"] == []
        await done(pilot, "Create life from web-1")

        image = demo.me.image(demo.me.named("life"))
        assert (image["State"], image["Public"], image["SourceInstanceId"]) == ("available", False, instance)
        assert [mapping["Ebs"]["VolumeSize"] for mapping in image["BlockDeviceMappings"]] == [20]
        with Boto3Account(demo.url) as outside:
            assert outside.instance("web-1")["State"]["Name"] == "running"
        assert rows(pilot)[0] == "life", "without asking for it"


async def test_what_is_reported_once_the_screen_has_gone_changes_nothing(demo: DemoInstallation) -> None:
    image_id = demo.image("life")
    app = demo.app()
    async with opened(app) as pilot:
        await until(pilot, lambda: "life" in rows(pilot))
        await search_for(pilot, image_id)
        await begin(pilot, "tags")
        await type_text(pilot, "Wave=7")
        await review(pilot)
        await agree(pilot)
        (ended_operation,) = await ended(pilot, "Edit tags of life")
    shard = Shard("aws", DEMO_ACCOUNT, HOME, "mine")
    app.operation_notices.changed(ended_operation, 0, 0)
    app.operation_notices.rows_refreshed(HOME)
    app.browse.fetch_changed(CrawlProgress(shard, pages=1, records=1, done=True))
    assert not app.browse.is_attached


async def test_an_image_is_copied_deregistered_and_brought_back(demo: DemoInstallation) -> None:
    me, away = demo.me, demo.me.beside(region=AWAY)
    image_id = demo.image("life")
    (snapshot,) = me.snapshots_of(image_id)
    async with opened(demo.app(regions=(HOME, AWAY))) as pilot:
        await until(pilot, lambda: "life" in rows(pilot))
        await search_for(pilot, image_id)

        await begin(pilot, "tags")
        await type_text(pilot, "Wave=7")
        assert "life has the tag Wave = 7." in await review(pilot)
        await agree(pilot)
        await done(pilot, "Edit tags of life")
        assert tags(me.image(image_id)) == {"Wave": "7"}

        await press(pilot, "c")
        await choose(pilot, "Copy to", AWAY)
        assert f"{AWAY} gets a new private image life, copied from {image_id} of {HOME}." in await review(pilot)
        await agree(pilot)
        await done(pilot, f"Copy life to {AWAY}")
        copy = away.image(away.named("life"))
        assert (copy["State"], copy["SourceImageId"], tags(copy)) == ("available", image_id, {"Wave": "7"})

        await _deregister(pilot, me, image_id, snapshot)
        browse_of(pilot).change_view(regions=(HOME,))
        await press(pilot, "o", "down", "enter")
        await until(
            pilot, lambda: {row.image_id for row in browse_of(pilot).loader.all_rows()} == {copy["ImageId"]}
        )
        assert browse_of(pilot).view.regions == (AWAY,), "the Region of the copy, which was not in view"
        browse_of(pilot).change_view(regions=(HOME, AWAY), text=image_id)
        await command(pilot, "recycle bin")
        await until_said(pilot, "life (us-east-1)", "1 snapshot first")
        assert f"Its snapshots are restored first: {snapshot}." in await review(pilot)
        await agree(pilot)
        await done(pilot, "Restore life from the Recycle Bin")
        assert (me.image(image_id)["State"], tags(me.image(image_id))) == ("available", {"Wave": "7"})
        assert me.snapshots_of(image_id) == [snapshot]
        assert me.ask("DescribeSnapshots", SnapshotIds=[snapshot])["Snapshots"][0]["State"] == "completed"
        assert [row.image_id for row in browse_of(pilot).loader.all_rows()] == [image_id], "without asking for it"


async def _deregister(pilot: Pilot[str], me: Account, image_id: str, snapshot: str) -> None:
    """With its snapshot, after its protection was in the way."""
    me.ask("EnableImageDeregistrationProtection", ImageId=image_id)
    await press(pilot, "D")
    await until_said(pilot, "unsafe: refused, or in use", "protected from deregistration")
    await press(pilot, "ctrl+s")
    await until_said(pilot, "it is protected: mark Protection to turn that off first")
    for label in ("Snapshots", "Protection"):
        await go_to(pilot, label)
        await press(pilot, "space")
    await until_said(pilot, "[x] life")
    promised = await review(pilot)
    assert "Its deregistration protection is turned off first." in promised
    assert f"Its snapshots are deleted, except those that other images use: {snapshot}." in promised
    await agree(pilot, "life")
    await done(pilot, "Deregister life")
    assert image_id in [one["ImageId"] for one in me.ask("ListImagesInRecycleBin")["Images"]]
    assert me.refused("DescribeSnapshots", SnapshotIds=[snapshot]) == "InvalidSnapshot.NotFound"
    assert rows(pilot) == []
