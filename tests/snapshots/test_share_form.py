"""What the form that shares images looks like: at 80x24, where it has to be good, and at other sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.domain.sharing.permissions import AWS_MANAGED, BLOCKED, CUSTOMER_MANAGED, SharedVolume, Sharing
from amitui.ui.forms.share.form import ShareForm
from amitui.ui.forms.share.received import ReceivedShareForm
from tests.snapshots.test_forms import SnapCompare, opened
from tests.support.app import stable_environment
from tests.support.form_host import ACCOUNT, WEB, FakeHost
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.operations.plans.facts import ImageFacts

DEV, OPS, AUDIT = "210987654321", "055566677788", "333322221111"
ORGANIZATION = "arn:aws:organizations::444455556666:organization/o-demo4t2k9x"
UNIT = "arn:aws:organizations::444455556666:ou/o-demo4t2k9x/ou-demo-eng1neer5"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1f0c2e7a-55aa-4c11-9d1e-0b6d2f3c4a5e"
NAMES = {DEV: "dev team", ORGANIZATION: "all of Acme", AUDIT: "auditors"}
SHARED = Sharing(
    WEB.region,
    WEB.image_id,
    WEB.name,
    ACCOUNT,
    ACCOUNT,
    granted=(DEV, OPS, ORGANIZATION, UNIT),
    volumes=(SharedVolume("snap-0123456789abcdef0", readers=(OPS,)),),
    block_public=BLOCKED,
    block_manager="account",
    public_images=2,
    created=WEB.created,
)
SEALED = SHARED._replace(
    granted=(), volumes=(SharedVolume("snap-0123456789abcdef1", True, KEY, CUSTOMER_MANAGED, ()),)
)
DEFAULT = SHARED._replace(
    granted=(DEV,), volumes=(SharedVolume("snap-0123456789abcdef2", True, "", AWS_MANAGED, ()),)
)
IMAGES = (
    WEB,
    WEB._replace(image_id="ami-0123456789abcdef1", name="acme-k8s-node-1.34-20261103"),
    WEB._replace(image_id="ami-0123456789abcdef2", name="acme-db-postgres-16", region="eu-west-1"),
)


class Reads:
    """One answer for each image."""

    def __init__(self, *found: Sharing) -> None:
        self._found = dict(zip((facts.image_id for facts in IMAGES), found, strict=False))

    async def __call__(self, region: str, image_id: str) -> Sharing:
        return self._found[image_id]._replace(region=region, image_id=image_id)


def form(*found: Sharing, images: Sequence[ImageFacts] = (WEB,), host: FakeHost | None = None) -> ShareForm:
    return ShareForm(host or FakeHost(), images, Reads(*found), names=NAMES, recent=(AUDIT,))


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    stable_environment(monkeypatch)


@pytest.mark.parametrize("size", [(80, 24), (60, 15), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_change(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    keys = (*AUDIT, "tab", "tab", "down", "space")
    assert snap_compare(WidgetApp(), terminal_size=size, run_before=opened(form(SHARED), *keys))


def test_what_forbids_the_public(snap_compare: SnapCompare) -> None:
    keys = ("tab", "tab", "tab", "right", "ctrl+s")
    assert snap_compare(WidgetApp(), terminal_size=(80, 24), run_before=opened(form(SHARED), *keys))


def test_a_list_that_is_wrong(snap_compare: SnapCompare) -> None:
    keys = (*"5556667778 o", "minus", *"demo4t2k9x", "ctrl+s")
    assert snap_compare(WidgetApp(), terminal_size=(80, 24), run_before=opened(form(SHARED), *keys))


def test_the_review_of_an_encrypted_image(snap_compare: SnapCompare) -> None:
    keys = (*AUDIT, "ctrl+s")
    assert snap_compare(WidgetApp(), terminal_size=(80, 24), run_before=opened(form(SEALED), *keys))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_several_images(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    several = form(SHARED, SEALED, DEFAULT, images=IMAGES)
    assert snap_compare(WidgetApp(), terminal_size=size, run_before=opened(several, "tab", *AUDIT))


@pytest.mark.parametrize("theme", ["amitui-light", "amitui-mono"])
def test_themes(snap_compare: SnapCompare, theme: str) -> None:
    keys = (*AUDIT, "tab", "tab", "down", "space")
    app = WidgetApp(theme=theme)
    assert snap_compare(app, terminal_size=(80, 24), run_before=opened(form(SHARED), *keys))


def test_what_others_share(snap_compare: SnapCompare) -> None:
    foreign = SHARED._replace(owner_id="444455556666", granted=None)
    given = ReceivedShareForm(
        FakeHost(), [WEB._replace(owner_id="444455556666")], Reads(foreign), names={"444455556666": "platform"}
    )
    assert snap_compare(WidgetApp(), terminal_size=(80, 24), run_before=opened(given))
