"""The form that shares images: what it shows, what it refuses, what it plans; by keyboard alone."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from textual import events

from amitui.domain.sharing.permissions import (
    AWS_MANAGED,
    BLOCKED,
    BY_POLICY,
    CUSTOMER_MANAGED,
    UNBLOCKED,
    SharedVolume,
    Sharing,
)
from amitui.errors import DeniedError
from amitui.ui.forms.share.form import ShareForm
from amitui.ui.forms.share.received import ReceivedShareForm
from tests.support.form_host import ACCOUNT, NOTHING, WEB, FakeHost, Filling, filling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.operations.plan import Plan
    from amitui.domain.operations.plans.facts import ImageFacts

DEV, OPS = "210987654321", "055566677788"
ORGANIZATION = "arn:aws:organizations::444455556666:organization/o-demo4t2k9x"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1f0c2e7a-55aa-4c11-9d1e-0b6d2f3c4a5e"
NAMES = {DEV: "dev team", ORGANIZATION: "all of Acme"}
HOSTILE = "prod[/foo] [@click=app.quit]x[/]"
BASE = Sharing(
    WEB.region,
    WEB.image_id,
    WEB.name,
    ACCOUNT,
    ACCOUNT,
    volumes=(SharedVolume("snap-0a", readers=()),),
    block_public=UNBLOCKED,
    block_manager="account",
    public_images=0,
    created=WEB.created,
)
DB = WEB._replace(image_id="ami-0123456789abcdef1", name="acme-db", region="eu-west-1")
SEALED = BASE._replace(
    image_id=DB.image_id,
    region=DB.region,
    name=DB.name,
    volumes=(SharedVolume("snap-0b", True, KEY, AWS_MANAGED, ()),),
)


class Reads:
    """How images are shared, by their ids."""

    def __init__(self, *found: Sharing, failing: str = "") -> None:
        self.found = {one.image_id: one for one in found}
        self.failing = failing
        self.gate: asyncio.Event | None = None

    async def __call__(self, region: str, image_id: str) -> Sharing:
        if self.gate is not None:
            await self.gate.wait()
        if image_id == self.failing or image_id not in self.found:
            raise DeniedError(f"not allowed to look at {image_id} in {region}")
        return self.found[image_id]


def share(
    *found: Sharing,
    images: Sequence[ImageFacts] = (WEB,),
    host: FakeHost | None = None,
    reads: Reads | None = None,
    recent: Sequence[str] = (),
) -> ShareForm:
    return ShareForm(host or FakeHost(), images, reads or Reads(*found), names=NAMES, recent=recent)


async def paste(page: Filling, text: str) -> None:
    page.pilot.app.post_message(events.Paste(text))
    await page.pilot.pause()
    await page.pilot.pause()


async def go_to(page: Filling, field: str) -> None:
    """By keys alone."""
    for _ in range(12):
        if any(one.id == field and one.here for one in page.form.fields):
            return
        focused = page.pilot.app.focused
        if focused is not None and any(node.id == field for node in focused.ancestors):
            return
        await page.press("tab")
    raise AssertionError(f"{field} is not reached")


async def agreed(page: Filling, *, typed: str = "") -> tuple[Plan, ...]:
    await page.press("ctrl+s")
    assert page.form.reviewing, page.screen
    if typed:
        await page.type(typed)
    await page.press("ctrl+s")
    result: tuple[Plan, ...] = page.result
    return result


def asked(plans: Sequence[Plan]) -> list[tuple[str, object]]:
    return [(call.region, list(call.parameters.values())[-1]) for plan in plans for call in plan.calls]


async def test_it_shows_how_the_image_is_shared_and_begins_where_others_are_entered() -> None:
    shared = BASE._replace(granted=(DEV, OPS, ORGANIZATION))
    async with filling(share(shared)) as page:
        assert "shared with 2 accounts, 1 organization (3 of 1,000)" in page.words
        assert "[x] 210987654321  account" in page.screen
        assert "dev team" in page.screen
        assert "o-demo4t2k9x  organization  all of Acme" in page.screen
        assert "No changes yet." in page.words
        assert page.form.fields[2].here


async def test_a_pasted_list_is_shared_with_one_call_each_and_the_review_shows_the_difference() -> None:
    async with filling(share(BASE)) as page:
        await paste(page, f'["{DEV}",\n"0555-6667-7788"] # ops\n')
        assert "+ 2 accounts: shared with 2 accounts afterwards" in page.words
        await page.press("ctrl+s")
        assert "+ 210987654321 (dev team), 055566677788 can launch it." in page.words
        assert "It will be shared with 2 accounts; until now with nobody." in page.words
        assert "aws ec2 modify-image-attribute" in page.words
        plans = await agreed_from_review(page)
    assert asked(plans) == [
        ("us-east-1", {"Add": [{"UserId": DEV}]}),
        ("us-east-1", {"Add": [{"UserId": OPS}]}),
    ]


async def agreed_from_review(page: Filling) -> tuple[Plan, ...]:
    await page.press("ctrl+s")
    result: tuple[Plan, ...] = page.result
    return result


async def test_what_cannot_be_read_in_a_list_is_shown_under_it() -> None:
    async with filling(share(BASE)) as page:
        await paste(page, f"{DEV}\n5556667778\no-demo4t2k9x {ACCOUNT}")
        await page.press("ctrl+s")
        assert not page.form.reviewing
        assert "were leading zeros lost: 005556667778? (and 2 more)" in page.words


async def test_ones_own_account_is_refused() -> None:
    async with filling(share(BASE)) as page:
        await paste(page, ACCOUNT)
        await page.press("ctrl+s")
        assert f"{ACCOUNT} is this account: its owner may launch an image anyway" in page.words


async def test_space_takes_a_share_away_and_entering_the_same_again_is_a_contradiction() -> None:
    shared = BASE._replace(granted=(DEV, OPS))
    form = share(shared)
    async with filling(form) as page:
        await go_to(page, "granted")
        await page.press("space")
        assert "- 1 account: shared with 1 account afterwards" in page.words
        await page.press("shift+tab", "shift+tab")
        await paste(page, DEV)
        await page.press("ctrl+s")
        assert "210987654321 (dev team) is removed from the shares below" in page.words
        for _ in DEV:
            await page.press("backspace")
        plans = await agreed(page)
    assert asked(plans) == [("us-east-1", {"Remove": [{"UserId": DEV}]})]


async def test_nothing_changed_is_nothing_to_do() -> None:
    async with filling(share(BASE._replace(granted=(DEV,)))) as page:
        await paste(page, DEV)
        await page.press("ctrl+s")
        assert not page.form.reviewing
        assert "There is nothing to change." in page.words


async def test_the_public_takes_the_name_of_the_image() -> None:
    async with filling(share(BASE)) as page:
        await go_to(page, "everyone")
        await page.press("right")
        await page.press("ctrl+s")
        assert "Every AWS account can launch acme-web and read the data on its volumes." in page.words
        assert "To confirm, type acme-web" in page.words
        await page.press("ctrl+s")
        assert page.result is NOTHING
        await page.type("acme-web")
        await page.press("ctrl+s")
        plans = page.result
    assert asked(plans) == [("us-east-1", {"Add": [{"Group": "all"}]})]


async def test_a_public_image_is_made_private_again() -> None:
    async with filling(share(BASE._replace(public=True))) as page:
        assert "public: everyone can launch it" in page.words
        await go_to(page, "everyone")
        await page.press("right", "right")
        plans = await agreed(page)
    assert asked(plans) == [("us-east-1", {"Remove": [{"Group": "all"}]})]


async def test_what_ec2_is_sure_to_refuse_is_said_as_it_is_entered_and_goes_no_further() -> None:
    cases = [
        (BASE._replace(block_public=BLOCKED), "disable-image-block-public-access --region us-east-1"),
        (BASE._replace(block_public=BLOCKED, block_manager=BY_POLICY), "by a declarative policy"),
        (BASE._replace(product_codes=("abc1",)), "It has the product code abc1"),
        (BASE._replace(watermarks=("1:ok",)), "It has the watermark 1:ok"),
        (BASE._replace(volumes=(SharedVolume("snap-0a", True, KEY, CUSTOMER_MANAGED),)), "It is encrypted: such"),
    ]
    for sharing, words in cases:
        async with filling(share(sharing)) as page:
            await go_to(page, "everyone")
            await page.press("right")
            assert words in page.words
            await page.press("ctrl+s")
            assert not page.form.reviewing
            assert page.form.fields[5].problem
            await page.press("left")
            assert words not in page.words


async def test_the_default_key_forbids_every_share_and_a_customers_key_gives_its_statement() -> None:
    default = BASE._replace(volumes=(SharedVolume("snap-0a", True, KEY, AWS_MANAGED),))
    async with filling(share(default)) as page:
        await paste(page, DEV)
        await page.press("ctrl+s")
        assert not page.form.reviewing
        assert "nobody else can use: EC2 refuses to share it. Copy the image with a key of your own" in page.words
        assert "Copy key policy" not in page.screen
    host = FakeHost()
    own = BASE._replace(volumes=(SharedVolume("snap-0a", True, KEY, CUSTOMER_MANAGED),))
    async with filling(share(own, host=host)) as page:
        await page.press("f2")
        assert "Enter accounts first" in page.words
        await paste(page, f"{DEV} {ORGANIZATION}")
        assert "Copy key policy" in page.screen
        await page.press("f2")
        assert "paste it into the key policy" in page.words
        await page.press("ctrl+s")
        assert page.form.reviewing
        assert "without a grant of it they cannot launch" in page.words
    (text,) = host.copied
    first, second = json.loads(f"[{text}]")
    assert first["Principal"] == {"AWS": [f"arn:aws:iam::{DEV}:root"]}
    assert second["Condition"]["StringEquals"] == {"aws:PrincipalOrgID": ["o-demo4t2k9x"]}


async def test_the_snapshots_go_along_on_request() -> None:
    async with filling(share(BASE)) as page:
        await paste(page, f"{DEV} {ORGANIZATION}")
        await go_to(page, "snapshots")
        await page.press("space")
        assert "1 organization can launch it, not copy it" in page.words
        plans = await agreed(page)
    assert asked(plans)[-1] == ("us-east-1", {"Add": [{"UserId": DEV}]})
    assert plans[0].calls[-1].api == "modify_snapshot_attribute"


async def test_those_one_knows_are_picked_with_the_last_ones_first_and_entered_where_they_can_be_taken_out() -> (
    None
):
    form = share(BASE, recent=(OPS, DEV))
    async with filling(form) as page:
        await go_to(page, "book")
        await page.press("enter")
        lines = [line for line in page.screen.split("\n") if "○" in line]
        assert OPS in lines[0]
        assert "recent" in lines[0]
        assert "dev team" in lines[1]
        assert "all of Acme" in lines[2]
        await page.press("space", "space", "enter")
        await page.pilot.pause()
        assert form.fields[2].value == f"{OPS}\n{DEV}  # dev team\n"
        plans = await agreed(page)
    assert [call.about for call in plans[0].calls] == [OPS, DEV]


async def test_of_those_one_knows_whoever_has_the_share_is_marked_and_not_chosen() -> None:
    async with filling(share(BASE._replace(granted=(DEV,)), recent=(OPS,))) as page:
        await go_to(page, "book")
        await page.press("enter")
        (line,) = (line for line in page.screen.split("\n") if "dev team" in line and "○" in line)
        assert f"{DEV}  shared already" in line
        await page.press("ctrl+a", *"dev", "enter")
        assert "dev team" in page.screen, "the list is still there"
        await page.press("escape", "escape")
        assert page.form.fields[2].value == ""


async def test_who_has_the_share_of_one_of_several_images_can_be_chosen_for_the_others() -> None:
    found = (BASE._replace(granted=(DEV, ORGANIZATION)), SEALED._replace(granted=(ORGANIZATION,)))
    async with filling(share(*found, images=(WEB, DB)), size=(100, 30)) as page:
        await go_to(page, "book")
        await page.press("enter")
        lines = [line for line in page.screen.split("\n") if "○" in line]
        assert [line for line in lines if "shared already" in line] == [
            line for line in lines if "all of Acme" in line
        ]


async def test_several_images_have_a_table_with_what_stands_in_the_way_of_each() -> None:
    form = share(BASE._replace(granted=(DEV,)), SEALED, images=(WEB, DB))
    async with filling(form, size=(100, 30)) as page:
        assert "Share 2 images" in page.screen
        await go_to(page, "grantees")
        await paste(page, OPS)
        assert "acme-web (us-east-1)" in page.screen
        assert "● ok" in page.screen
        assert "✗ refused" in page.screen
        assert "1 of 2  dev team" in page.screen
        await page.press("ctrl+s")
        assert "acme-db: snap-0b is encrypted with the default key" in page.words
        await page.press("down", "space")
        plans = await agreed(page)
    assert asked(plans) == [("us-east-1", {"Add": [{"UserId": OPS}]})]


async def test_several_images_are_one_operation_each_and_the_public_takes_the_number_of_them() -> None:
    other = BASE._replace(image_id=DB.image_id, region=DB.region)
    async with filling(share(BASE, other, images=(WEB, DB)), size=(80, 30)) as page:
        await go_to(page, "everyone")
        await page.press("right", "ctrl+s")
        assert "To confirm, type share 2 images" in page.words
        await page.type("share 2 images")
        await page.press("ctrl+s")
        plans = page.result
    assert asked(plans) == [("us-east-1", {"Add": [{"Group": "all"}]}), ("eu-west-1", {"Add": [{"Group": "all"}]})]


async def test_an_image_that_could_not_be_read_is_left_out_of_several_and_stops_a_single_one() -> None:
    reads = Reads(BASE, failing=DB.image_id)
    async with filling(share(images=(WEB, DB), reads=reads), size=(100, 30)) as page:
        assert "✗ not read" in page.screen
        await go_to(page, "grantees")
        await paste(page, OPS)
        plans = await agreed(page)
        assert [plan.subject for plan in plans] == [WEB.image_id]
    async with filling(share(images=(DB,), reads=reads)) as page:
        await paste(page, OPS)
        await page.press("ctrl+s")
        assert not page.form.reviewing
        assert f"not allowed to look at {DB.image_id}" in page.words


async def test_nothing_is_planned_before_it_is_read_how_the_image_is_shared() -> None:
    reads = Reads(BASE)
    reads.gate = asyncio.Event()
    async with filling(share(reads=reads)) as page:
        await paste(page, DEV)
        await page.press("ctrl+s")
        assert not page.form.reviewing
        assert "still being read" in page.words
        reads.gate.set()
        await page.pilot.pause()
        await page.pilot.pause()
        assert len(await agreed(page)) == 1


async def test_what_could_not_be_read_is_said_and_does_not_hinder() -> None:
    blind = BASE._replace(granted=None, unknown=("Who may launch it is not known: denied.",))
    async with filling(share(blind)) as page:
        assert "Who may launch it is not known: denied." in page.words
        await paste(page, DEV)
        assert asked(await agreed(page)) == [("us-east-1", {"Add": [{"UserId": DEV}]})]


async def test_a_thousand_shares_scroll_in_their_table() -> None:
    full = BASE._replace(granted=tuple(f"{number:012}" for number in range(1, 1001)))
    async with filling(share(full)) as page:
        assert "shared with 1000 accounts (1,000 of 1,000)" in page.words
        assert "Snapshots" in page.screen
        await paste(page, DEV)
        assert "It would be shared with 1,001; the quota is 1,000" in page.words


async def test_it_is_usable_at_60x15_by_keys_alone() -> None:
    async with filling(share(BASE._replace(granted=(OPS,))), size=(60, 15)) as page:
        await page.type(DEV)
        for field in ("book", "granted", "everyone", "snapshots"):
            await go_to(page, field)
        await page.press("space")
        plans = await agreed(page)
    assert asked(plans)[0] == ("us-east-1", {"Add": [{"UserId": DEV}]})
    assert plans[0].calls[1].api == "modify_snapshot_attribute"


async def test_names_with_markup_stay_text() -> None:
    sharing = BASE._replace(product_codes=(HOSTILE,), unknown=(HOSTILE,))
    facts = WEB._replace(name=HOSTILE)
    async with filling(share(sharing, images=(facts,)), size=(100, 30)) as page:
        await go_to(page, "everyone")
        await page.press("right")
        assert HOSTILE in page.words
        assert page.pilot.app.is_running


FOREIGN = WEB._replace(owner_id="444455556666")
GIVEN = BASE._replace(owner_id="444455556666", granted=None)


def given(*found: Sharing, images: Sequence[ImageFacts] = (FOREIGN,)) -> ReceivedShareForm:
    return ReceivedShareForm(FakeHost(), images, Reads(*found), names={"444455556666": "platform"})


async def test_of_an_image_of_somebody_else_it_says_from_whom_and_how() -> None:
    async with filling(given(GIVEN)) as page:
        assert "account 444455556666 (platform)" in page.words
        assert "only the owner can see which" in page.words
        await page.press("ctrl+s")
        assert "There is nothing to change." in page.words


async def test_giving_a_share_up_takes_the_name() -> None:
    async with filling(given(GIVEN)) as page:
        await page.press("space")
        await page.press("ctrl+s")
        assert "To confirm, type acme-web" in page.words
        await page.type("acme-web")
        await page.press("ctrl+s")
        (plan,) = page.result
    assert plan.calls[0].api == "cancel_image_launch_permission"


async def test_a_public_image_cannot_be_given_up() -> None:
    async with filling(given(GIVEN._replace(public=True), images=(FOREIGN._replace(public=True),))) as page:
        assert "it is public: its owner lets every AWS account launch it" in page.words
        assert "Give up" not in page.screen
        assert "Yes/no" not in page.screen
        await page.press("space", "escape")
        assert page.result is None


async def test_an_image_that_cannot_be_read_any_more_says_so() -> None:
    async with filling(given()) as page:
        assert f"not allowed to look at {FOREIGN.image_id}" in page.words
