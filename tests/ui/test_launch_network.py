"""Where a launch goes and who reaches it: subnets, zones, groups, new groups, public addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.events import Paste

from amitui.domain.operations.placeholders import answer_of
from amitui.errors import NetworkError
from tests.support.inventory import Host
from tests.support.launch_inventory import OTHER_VPC, REGION, VPC, FakeLaunchInventory, launch, launching, subnet

if TYPE_CHECKING:
    from tests.support.inventory import OpenForm

WEB = f"sg-{2:017x}"
INNER = f"subnet-{3:017x}"


async def listed(form: OpenForm, field: str) -> str:
    """What the list of a field shows."""
    await form.go_to(field)
    await form.press("enter")
    shown = form.shown
    await form.press("escape")
    return shown


async def test_subnets_say_zone_vpc_and_why_they_cannot_be_chosen() -> None:
    async with launching(size=(120, 40)) as form:
        shown = await listed(form, "subnet")

    assert "EC2 chooses" in shown
    assert f"{REGION}a  public  250 free  vpc-" in shown
    assert "it has no free IP addresses" in shown
    assert "inner[/]" in shown


async def test_a_zone_that_does_not_offer_the_type_is_not_offered() -> None:
    inventory = FakeLaunchInventory()
    inventory.zones = {f"{REGION}a": False, f"{REGION}b": True}
    async with launching(inventory, size=(120, 40)) as form:
        shown = await listed(form, "subnet")

    assert f"{REGION}a does not offer t3.micro" in shown


async def test_a_chosen_subnet_whose_zone_does_not_offer_another_type_is_a_problem() -> None:
    inventory = FakeLaunchInventory()
    async with launching(inventory) as form:
        await form.pick("subnet", "inner")
        inventory.zones = {f"{REGION}a": False}
        await form.pick("type", "m7i")
        await form.press("ctrl+s")
        assert f"{REGION}a does not offer m7i.large" in form.shown
        assert form.here == "subnet"


async def test_a_subnet_and_groups_of_its_vpc_are_sent() -> None:
    async with launching() as form:
        await form.pick("subnet", f"{1:017x}")
        shown = await listed(form, "groups")
        await form.pick("groups", "443")
        found = await launch(form)

    assert "tcp 443 from 0.0.0.0/0" in shown
    assert f"sg-{3:017x}" not in shown, "that one is of another VPC"
    assert found["SubnetId"] == f"subnet-{1:017x}"
    assert found["SecurityGroupIds"] == [WEB]


async def test_groups_that_were_chosen_are_forgotten_with_their_vpc() -> None:
    async with launching() as form:
        await form.pick("groups", "443")
        await form.pick("subnet", "inner")
        found = await launch(form)

    assert found["SubnetId"] == INNER
    assert "SecurityGroupIds" not in found


async def test_without_a_default_vpc_a_subnet_is_needed() -> None:
    inventory = FakeLaunchInventory()
    inventory.listed_subnets = [subnet(3, "a", OTHER_VPC)]
    async with launching(inventory) as form:
        await form.press("ctrl+s")
        assert "this Region has no default VPC: a subnet is required" in form.shown
        assert form.here == "subnet"


@pytest.mark.parametrize(("presses", "wanted"), [(1, True), (2, False)])
async def test_a_public_address_is_asked_for_on_an_interface(presses: int, wanted: bool) -> None:
    async with launching() as form:
        await form.pick("subnet", "inner")
        await form.go_to("address")
        await form.press(*["right"] * presses)
        found = await launch(form)

    assert found["NetworkInterfaces"] == [
        {"DeviceIndex": 0, "AssociatePublicIpAddress": wanted, "SubnetId": INNER}
    ]


async def new_group(form: OpenForm, rules: str, name: str = "") -> None:
    await form.pick("groups", "new")
    if name:
        await form.fill("group-name", name)
    await form.fill("group-rules", rules)


async def test_a_new_group_is_made_before_the_launch_with_its_rules() -> None:
    async with launching() as form:
        await new_group(form, "ssh from 203.0.113.7/32, tcp 8000-8010 from 10.0.0.0/8")
        (plan,) = await form.carry_out()

    made, ruled, launched = plan.calls
    assert made.api == "create_security_group"
    assert made.parameters["VpcId"] == VPC
    assert made.parameters["GroupName"] == "launch-acme-web-20261119"
    assert made.parameters["Description"].startswith("For instances of ami-")
    ports = [(one["FromPort"], one["ToPort"]) for one in ruled.parameters["IpPermissions"]]
    assert ports == [(22, 22), (8000, 8010)]
    assert launched.parameters["SecurityGroupIds"] == [answer_of(0)]


async def test_a_new_group_is_of_the_chosen_subnets_vpc() -> None:
    async with launching() as form:
        await form.pick("subnet", "inner")
        await new_group(form, "https from anywhere", "front")
        (plan,) = await form.carry_out()

    made: Any = plan.calls[0].parameters
    assert (made["VpcId"], made["GroupName"]) == (OTHER_VPC, "front")


@pytest.mark.parametrize(
    ("name", "rules", "words"),
    [
        ("web", "", "the VPC already has a group with that name"),
        ("sg-mine", "", "a group cannot be called sg-mine"),
        ("fine", "ssh", "has no source"),
        ("fine", "tcp 99999 from anywhere", "99999 is not a port: ports are from 0 to 65535"),
        ("fine", "ssh from 10.0.0.1/8", "is not the start of its range"),
    ],
)
async def test_names_and_rules_that_ec2_refuses_are_refused_here(name: str, rules: str, words: str) -> None:
    async with launching() as form:
        await new_group(form, rules, name)
        await form.press("ctrl+s")
        assert words in form.shown
        assert not form.form.reviewing


async def test_letting_everybody_log_in_is_warned_of() -> None:
    async with launching() as form:
        await new_group(form, "ssh from anywhere")
        await form.press("ctrl+s")
        await form.press("pagedown")
        assert "The whole internet can try to log in" in " ".join(form.shown.replace("│", " ").split())


async def test_a_new_group_beside_a_typed_subnet_needs_the_list() -> None:
    async with launching() as form:
        await form.pick("subnet", "another")
        await form.fill("subnet-typed", "subnet-7")
        await new_group(form, "https from anywhere", "front")
        await form.press("ctrl+s")
        assert "a new group requires a VPC: choose the subnet from the list" in form.shown


async def test_the_quota_of_groups_is_kept() -> None:
    inventory = FakeLaunchInventory()
    inventory.listed_groups = [
        inventory.listed_groups[0]._replace(group_id=f"sg-{n:017x}", name=f"g{n}") for n in range(6)
    ]
    async with launching(inventory) as form:
        await form.go_to("groups")
        await form.press("enter", "down", *["space"] * 6, "enter", "ctrl+s")
        assert "an instance has at most 5 groups" in form.shown


async def rules_of(form: OpenForm) -> list[dict[str, Any]]:
    (plan,) = await form.carry_out()
    permissions: list[dict[str, Any]] = plan.calls[1].parameters["IpPermissions"]
    return permissions


async def test_me_is_the_address_that_was_chosen_and_the_review_shows_it() -> None:
    host = Host()
    host.ssh_client = "203.0.113.9"
    async with launching(host=host) as form:
        await new_group(form, "ssh, rdp from me", "mine")
        assert "(press Enter to say which address is yours)" in form.shown
        await form.press("ctrl+s")
        assert "say which address is yours" in form.shown
        assert form.here == "group-me"
        await form.pick("group-me", "SSH session")
        await form.press("ctrl+s")
        assert form.form.reviewing
        review = " ".join(form.shown.replace("│", " ").split())
        assert "tcp 22 (ssh) from 203.0.113.9/32; tcp 3389 (rdp) from 203.0.113.9/32" in review
        await form.press("escape")
        rules = await rules_of(form)

    assert [one["IpRanges"] for one in rules] == [[{"CidrIp": "203.0.113.9/32"}]] * 2


async def test_the_public_address_is_asked_for_only_when_it_is_wanted() -> None:
    host = AskedHost()
    async with launching(host=host) as form:
        await new_group(form, "ssh from me", "mine")
        assert host.asked == 0
        await form.pick("group-me", "checkip")
        assert host.asked == 1
        assert "198.51.100.7" in form.shown
        rules = await rules_of(form)

    assert rules[0]["IpRanges"] == [{"CidrIp": "198.51.100.7/32"}]


async def test_an_address_that_is_not_found_out_is_said_and_can_be_typed() -> None:
    host = AskedHost()
    host.failure = NetworkError("nobody answered")
    async with launching(host=host) as form:
        await new_group(form, "ssh from me", "mine")
        await form.pick("group-me", "checkip")
        assert "! nobody answered" in form.shown
        await form.pick("group-me", "another")
        await form.fill("group-me-typed", "::/0")
        await form.press("ctrl+s")
        assert "::/0 is everyone" in form.shown
        await form.fill("group-me-typed", "2001:db8::7")
        rules = await rules_of(form)

    assert rules[0]["Ipv6Ranges"] == [{"CidrIpv6": "2001:db8::7/128"}]


async def test_where_nobody_is_asked_the_list_says_why() -> None:
    host = AskedHost()
    host.asks_no_address = "the demo asks nobody on the internet"
    async with launching(host=host) as form:
        await new_group(form, "ssh from me", "mine")
        assert "the demo asks nobody on the internet" in await listed(form, "group-me")
    assert host.asked == 0


async def test_the_cursor_goes_to_the_rule_that_is_wrong() -> None:
    async with launching() as form:
        await new_group(form, "ssh from 10.0.0.0/8, 443", "mine")
        await form.go_to("count")
        await form.press("ctrl+s")
        assert "443 has no source, and none is assumed" in form.shown
        assert form.here == "group-rules"
        await form.press(*"80,")
        assert "ssh from 10.0.0.0/8, 80,443" in form.shown


async def test_rules_that_are_pasted_in_lines_are_one_each() -> None:
    async with launching(size=(120, 40)) as form:
        await new_group(form, "", "mine")
        form.form.focused.post_message(Paste("22 from 10.0.0.0/8  # office\r\n443 from anywhere\n"))  # type: ignore[union-attr]
        await form.settle()
        assert "Reads: tcp 22 from 10.0.0.0/8; tcp 443 from 0.0.0.0/0" in form.shown
        rules = await rules_of(form)

    assert rules[0]["IpRanges"] == [{"CidrIp": "10.0.0.0/8", "Description": "office"}]
    assert rules[1]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]


class AskedHost(Host):
    """Counts who asks for its public address."""

    def __init__(self) -> None:
        self.asked = 0
        self.failure: NetworkError | None = None

    async def public_address(self) -> str:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return await super().public_address()
