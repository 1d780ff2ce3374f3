"""Each image of the demo's catalogue, looked up as its export would: what EC2 answers is its own family alone."""

from __future__ import annotations

from functools import cache
from typing import Any

from amitui.demo.cloud.cloud import Cloud
from amitui.demo.cloud.filters import matcher
from amitui.demo.seed.accounts import MAIN_ACCOUNT, Caller
from amitui.domain.image.family import family_of
from amitui.domain.image.row import ImageRow
from amitui.domain.image.trust import Trust, trust_of
from amitui.ec2.convert import image_of
from amitui.presentation.snippets.lookup import Lookup, lookups

AS_OF = 1_795_219_200
REGION = "us-east-1"
CLOUD = Cloud(AS_OF)
ME = Caller(MAIN_ACCOUNT, REGION)


@cache
def records() -> tuple[dict[str, Any], ...]:
    """Everything that EC2 shows the demo's account."""
    return tuple(CLOUD.call("DescribeImages", ME, {"IncludeDeprecated": True})["Images"])


def row_of(record: dict[str, Any]) -> ImageRow:
    one = image_of(record, REGION).summary
    trust = trust_of(one.owner_id, one.owner_alias, one.flags, (MAIN_ACCOUNT,))
    named = {name: getattr(one, name) for name in ImageRow._fields if name in one._fields}
    return ImageRow(**{"key": 0, "region": REGION, "publisher": "", "trust": trust, **named})


family = cache(family_of)


def found_by(one: Lookup) -> list[dict[str, Any]]:
    """What EC2 answers: the same comparison as the demo's server, without its paging and copying."""
    wanted = {name: matcher([value]) for name, value in one.filters}
    fields = {"name": "Name", "architecture": "Architecture", "state": "State", "image-id": "ImageId"}
    return [
        record
        for record in records()
        if one.owner in (record["OwnerId"], record.get("ImageOwnerAlias"))
        and all(matches(record.get(fields[name], "")) for name, matches in wanted.items())
    ]


def test_a_look_up_finds_its_own_images_and_builds_of_one_family_and_nothing_that_imitates_them() -> None:
    rows = [row_of(record) for record in records() if record.get("State") == "available"]
    look_alikes = {row.image_id for row in rows if row.trust is Trust.LOOKALIKE}
    assert len(look_alikes) > 5
    trusted = [row for row in rows if row.trust not in (Trust.LOOKALIKE, Trust.UNVERIFIED)]
    strangers: dict[str, set[str]] = {}
    floating = 0
    for one in lookups(trusted):
        found = found_by(one)
        assert one.row.image_id in {record["ImageId"] for record in found}, one
        floating += bool(one.pattern)
        families = {family(record["Name"]) for record in found if record.get("Name")}
        if one.pattern and len(families) > 1:
            strangers[one.pattern] = families
        assert not look_alikes & {record["ImageId"] for record in found}
    assert strangers == {}
    assert floating > 100


def test_the_demos_ec2_answers_a_look_up_as_it_is_compared_here() -> None:
    one = next(
        one for one in map(row_of, records()) if one.publisher == "" and one.name.startswith("ubuntu/images/")
    )
    (lookup,) = lookups([one])
    filters = [{"Name": name, "Values": [value]} for name, value in lookup.filters]
    asked = {"Owners": [lookup.owner], "Filters": filters, "IncludeDeprecated": True}
    answer = CLOUD.call("DescribeImages", ME, asked)["Images"]
    assert [record["ImageId"] for record in answer] == [record["ImageId"] for record in found_by(lookup)]
