"""Sharing from the form through the service to the demo's EC2, each effect checked with boto3."""

from __future__ import annotations

from contextlib import ExitStack, asynccontextmanager, closing
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from amitui.demo.seed.accounts import (
    MAIN_ACCESS_KEY,
    MAIN_ACCOUNT,
    ORGANIZATION_ARN,
    ORGANIZATIONAL_UNIT_ARN,
    RESEARCH_ACCOUNT,
    SECOND_ACCESS_KEY,
    SECOND_ACCOUNT,
)
from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.domain.operations.plans.undo import undo_plan
from amitui.domain.sharing.permissions import Sharing
from amitui.ec2.convert import image_of
from amitui.ec2.reads.sharing import sharing
from amitui.ui.forms.share.form import ShareForm
from amitui.ui.forms.share.received import ReceivedShareForm
from tests.support import simulated_ec2
from tests.support.demo_account import HOME
from tests.support.inventory import Host, OpenForm
from tests.support.simulated_ec2 import OperationsProcess
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from pathlib import Path

    from amitui.domain.operations.plan import Plan
    from amitui.ui.forms.form import OperationForm

STRANGER = "999988887777"


@pytest.fixture
async def on() -> AsyncIterator[simulated_ec2.SimulatedEc2]:
    async with simulated_ec2.simulated_ec2(20) as made:
        yield made


@pytest.fixture
def outside(on: simulated_ec2.SimulatedEc2) -> Iterator[Callable[..., Any]]:
    """boto3's clients by access key, which know nothing of amitui."""
    with ExitStack() as stack:

        def client(key: str = MAIN_ACCESS_KEY, region: str = HOME) -> Any:
            session = boto3.Session(aws_access_key_id=key, aws_secret_access_key="demo")
            config = Config(retries={"total_max_attempts": 1}, proxies={})
            made = session.client("ec2", region_name=region, endpoint_url=on.server.url, config=config)
            return stack.enter_context(closing(made))

        yield client


class Sharer:
    """Somebody who fills in forms and has them carried out."""

    def __init__(self, on: simulated_ec2.SimulatedEc2, folder: Path) -> None:
        self._on = on
        self.process = OperationsProcess(on, folder)

    async def read(self, region: str, image_id: str) -> Sharing:
        return await sharing(self._on.connection, region, image_id, MAIN_ACCOUNT)

    @asynccontextmanager
    async def form(self, make: Callable[[Sharer], OperationForm]) -> AsyncIterator[OpenForm]:
        async with WidgetApp().run_test(size=(80, 24)) as pilot:
            yield await OpenForm.on(pilot, make(self))

    def share(self, *images: ImageFacts) -> Callable[[Sharer], OperationForm]:
        return lambda _: ShareForm(Host(), images, self.read, names={SECOND_ACCOUNT: "second"})

    async def carry_out(self, plans: Sequence[Plan]) -> list[Operation]:
        asked = await self.process.service.submit(plans, account=MAIN_ACCOUNT, profile="")
        return [await self.process.ended(one.id) for one in asked]


@pytest.fixture
async def sharer(on: simulated_ec2.SimulatedEc2, tmp_path: Path) -> AsyncIterator[Sharer]:
    made = Sharer(on, tmp_path)
    yield made
    await made.process.service.close()


def facts_of(ec2: Any, image_id: str, region: str = HOME) -> ImageFacts:
    return ImageFacts.of_image(image_of(ec2.describe_images(ImageIds=[image_id])["Images"][0], region))


def named(ec2: Any, name: str) -> str:
    filters = [{"Name": "name", "Values": [name]}]
    return str(ec2.describe_images(Owners=["self"], Filters=filters)["Images"][0]["ImageId"])


def said(form: OpenForm) -> str:
    """What is on the screen, its lines joined and without frames."""
    return " ".join(" ".join(line.strip(" │╭╮╰╯─") for line in form.shown.split("\n")).split())


def permissions(ec2: Any, image_id: str) -> list[dict[str, str]]:
    answer = ec2.describe_image_attribute(ImageId=image_id, Attribute="launchPermission")
    found: list[dict[str, str]] = answer["LaunchPermissions"]
    return found


def readers(ec2: Any, image_id: str) -> list[list[dict[str, str]]]:
    mappings = ec2.describe_images(ImageIds=[image_id])["Images"][0]["BlockDeviceMappings"]
    return [
        ec2.describe_snapshot_attribute(
            SnapshotId=mapping["Ebs"]["SnapshotId"], Attribute="createVolumePermission"
        )["CreateVolumePermissions"]
        for mapping in mappings
    ]


async def test_accounts_an_organization_and_a_unit_get_it_and_undo_takes_it_from_them(
    on: simulated_ec2.SimulatedEc2, outside: Callable[..., Any], sharer: Sharer
) -> None:
    ec2, image_id = outside(), on.image()
    async with sharer.form(sharer.share(facts_of(ec2, image_id))) as form:
        await form.go_to("grantees")
        await form.type(f"{SECOND_ACCOUNT[:4]}-{SECOND_ACCOUNT[4:8]}-{SECOND_ACCOUNT[8:]},{ORGANIZATION_ARN} ")
        await form.type(f"{ORGANIZATIONAL_UNIT_ARN};")
        plans = await form.carry_out()
    (done,) = await sharer.carry_out(plans)

    assert done.state is State.DONE
    assert [(result.subject, result.ok) for result in done.results] == [
        (SECOND_ACCOUNT, True),
        (ORGANIZATION_ARN, True),
        (ORGANIZATIONAL_UNIT_ARN, True),
    ]
    assert permissions(ec2, image_id) == [
        {"UserId": SECOND_ACCOUNT},
        {"OrganizationArn": ORGANIZATION_ARN},
        {"OrganizationalUnitArn": ORGANIZATIONAL_UNIT_ARN},
    ]
    assert outside(SECOND_ACCESS_KEY).describe_images(ImageIds=[image_id])["Images"]
    assert (HOME, image_id) in on.refreshed

    back = undo_plan(done)
    assert back is not None
    (undone,) = await sharer.carry_out([back])
    assert undone.state is State.DONE
    assert permissions(ec2, image_id) == []


async def test_the_form_shows_a_share_that_was_given_and_takes_it_and_its_snapshots_away(
    on: simulated_ec2.SimulatedEc2, outside: Callable[..., Any], sharer: Sharer
) -> None:
    ec2, image_id = outside(), on.image()
    async with sharer.form(sharer.share(facts_of(ec2, image_id))) as form:
        await form.go_to("grantees")
        await form.type(f"{SECOND_ACCOUNT} {RESEARCH_ACCOUNT}")
        await form.go_to("snapshots")
        await form.press("space")
        plans = await form.carry_out()
    await sharer.carry_out(plans)
    both = [{"UserId": SECOND_ACCOUNT}, {"UserId": RESEARCH_ACCOUNT}]
    assert (permissions(ec2, image_id), readers(ec2, image_id)) == (both, [both])
    copied = outside(SECOND_ACCESS_KEY).copy_image(Name="theirs", SourceImageId=image_id, SourceRegion=HOME)
    assert copied["ImageId"]

    async with sharer.form(sharer.share(facts_of(ec2, image_id))) as form:
        assert "shared with 2 accounts (2 of 1,000)" in said(form)
        await form.go_to("granted")
        await form.press("space")
        assert f"{SECOND_ACCOUNT} can still read its snapshots" in said(form)
        await form.go_to("snapshots")
        await form.press("space")
        plans = await form.carry_out()
    (done,) = await sharer.carry_out(plans)

    assert done.state is State.DONE
    rest = [{"UserId": RESEARCH_ACCOUNT}]
    assert (permissions(ec2, image_id), readers(ec2, image_id)) == (rest, [rest])


async def test_an_entry_that_ec2_refuses_leaves_the_others_alone_and_what_was_done_is_undone(
    on: simulated_ec2.SimulatedEc2, outside: Callable[..., Any], sharer: Sharer
) -> None:
    ec2, image_id = outside(), on.image()
    async with sharer.form(sharer.share(facts_of(ec2, image_id))) as form:
        await form.go_to("grantees")
        await form.type(f"{SECOND_ACCOUNT} {STRANGER}")
        await form.go_to("everyone")
        await form.press("right")
        await form.press("ctrl+s")
        name = ec2.describe_images(ImageIds=[image_id])["Images"][0]["Name"]
        await form.type(name)
        # Between the review and the call somebody guards the account.
        ec2.enable_image_block_public_access(ImageBlockPublicAccessState="block-new-sharing")
        on.me.wait(1200)
        assert ec2.get_image_block_public_access_state()["ImageBlockPublicAccessState"] == "block-new-sharing"
        await form.press("ctrl+s")
        plans = form.plans
    (half,) = await sharer.carry_out(plans)

    assert half.state is State.FAILED
    assert {result.subject: result.ok for result in half.results} == {
        SECOND_ACCOUNT: True,
        STRANGER: True,
        "all": False,
    }
    refused = next(result for result in half.results if not result.ok)
    assert "block public access" in refused.words.lower()
    assert permissions(ec2, image_id) == [{"UserId": SECOND_ACCOUNT}, {"UserId": STRANGER}]

    back = undo_plan(half)
    assert back is not None
    assert {call.about for call in back.calls} == {SECOND_ACCOUNT, STRANGER}
    await sharer.carry_out([back])
    assert permissions(ec2, image_id) == []


async def test_a_hundred_and_twenty_accounts_go_in_three_calls(
    on: simulated_ec2.SimulatedEc2, outside: Callable[..., Any], sharer: Sharer
) -> None:
    ec2, image_id = outside(), on.image()
    accounts = [f"{number:012}" for number in range(1, 121)]
    async with sharer.form(sharer.share(facts_of(ec2, image_id))) as form:
        area = form.form.query_one("#grantees")
        area.value = "\n".join(accounts)  # type: ignore[attr-defined]
        plans = await form.carry_out()
    (done,) = await sharer.carry_out(plans)

    assert done.state is State.DONE
    assert on.times("ModifyImageAttribute") == 3
    assert {entry["UserId"] for entry in permissions(ec2, image_id)} == set(accounts)


async def test_public_and_private_again(
    on: simulated_ec2.SimulatedEc2, outside: Callable[..., Any], sharer: Sharer
) -> None:
    ec2, image_id = outside(), on.image()
    facts = facts_of(ec2, image_id)
    async with sharer.form(sharer.share(facts)) as form:
        await form.go_to("everyone")
        await form.press("right", "ctrl+s")
        await form.type(facts.name)
        await form.press("ctrl+s")
        plans = form.plans
    await sharer.carry_out(plans)
    assert ec2.describe_images(ImageIds=[image_id])["Images"][0]["Public"] is True
    async with sharer.form(sharer.share(facts_of(ec2, image_id))) as form:
        assert "public: everyone can launch it" in said(form)
        await form.go_to("everyone")
        await form.press("right", "right")
        plans = await form.carry_out()
    await sharer.carry_out(plans)
    assert ec2.describe_images(ImageIds=[image_id])["Images"][0]["Public"] is False


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        ("acme-k8s-node-*", "It is encrypted: such images cannot be public.", "InvalidParameter"),
        ("f5-with-our-licence", "It has the product code", "InvalidParameter"),
        ("acme-attested-base", "It has the watermark", "InvalidParameter"),
    ],
)
async def test_what_the_form_says_ec2_refuses_to_make_public_it_refuses(
    outside: Callable[..., Any], sharer: Sharer, name: str, words: str, code: str
) -> None:
    ec2 = outside()
    image_id = named(ec2, name)
    async with sharer.form(sharer.share(facts_of(ec2, image_id))) as form:
        await form.go_to("everyone")
        await form.press("right", "ctrl+s")
        assert not form.form.reviewing
        assert words in said(form)
    with pytest.raises(ec2.exceptions.ClientError) as caught:
        ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": [{"Group": "all"}]})
    assert caught.value.response["Error"]["Code"] == code


async def test_what_the_form_says_of_block_public_access_and_the_default_key_is_so(
    on: simulated_ec2.SimulatedEc2, outside: Callable[..., Any], sharer: Sharer
) -> None:
    region = "ap-southeast-2"
    there = outside(region=region)
    image_id = named(there, "DoNotDelete")
    async with sharer.form(sharer.share(facts_of(there, image_id, region))) as form:
        await form.go_to("everyone")
        await form.press("right", "ctrl+s")
        assert not form.form.reviewing
        assert "by a declarative policy" in said(form)
    with pytest.raises(there.exceptions.ClientError, match="OperationNotPermitted"):
        there.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": [{"Group": "all"}]})

    ec2 = outside()
    sealed = ec2.copy_image(Name="sealed", SourceImageId=on.image(), SourceRegion=HOME, Encrypted=True)["ImageId"]
    on.me.wait(2000)
    async with sharer.form(sharer.share(facts_of(ec2, sealed))) as form:
        await form.go_to("grantees")
        await form.type(SECOND_ACCOUNT)
        await form.press("ctrl+s")
        assert not form.form.reviewing
        assert "default key aws/ebs" in said(form)
    with pytest.raises(ec2.exceptions.ClientError, match="can't be shared"):
        ec2.modify_image_attribute(ImageId=sealed, LaunchPermission={"Add": [{"UserId": SECOND_ACCOUNT}]})


async def test_two_images_in_two_regions_at_once(
    on: simulated_ec2.SimulatedEc2, outside: Callable[..., Any], sharer: Sharer
) -> None:
    here, there = outside(), outside(region="eu-west-1")
    first, second = on.image(), named(there, "DoNotDelete")
    images = (facts_of(here, first), facts_of(there, second, "eu-west-1"))
    async with sharer.form(sharer.share(*images)) as form:
        assert "DoNotDelete (eu-west-1)" in said(form)
        await form.go_to("grantees")
        await form.type(SECOND_ACCOUNT)
        plans = await form.carry_out()
    ended = await sharer.carry_out(plans)

    assert [one.state for one in ended] == [State.DONE, State.DONE]
    assert permissions(here, first) == permissions(there, second) == [{"UserId": SECOND_ACCOUNT}]


async def test_a_share_that_was_given_is_given_up(
    on: simulated_ec2.SimulatedEc2, outside: Callable[..., Any], sharer: Sharer
) -> None:
    theirs = outside(SECOND_ACCESS_KEY)
    image_id = on.image(on.me.beside(SECOND_ACCOUNT))
    theirs.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": [{"UserId": MAIN_ACCOUNT}]})
    facts = facts_of(outside(), image_id)
    async with sharer.form(lambda _: ReceivedShareForm(Host(), [facts], sharer.read, names={})) as form:
        assert f"account {SECOND_ACCOUNT}" in said(form)
        await form.press("space", "ctrl+s")
        await form.type(facts.name)
        await form.press("ctrl+s")
        plans = form.plans
    (done,) = await sharer.carry_out(plans)

    assert done.state is State.DONE
    assert permissions(theirs, image_id) == []
