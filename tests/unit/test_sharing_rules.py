"""What is said before an image is shared: each rule of EC2 from both sides."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.sharing.grantees import EVERYONE
from amitui.domain.sharing.permissions import (
    AWS_MANAGED,
    BLOCKED,
    BY_POLICY,
    CUSTOMER_MANAGED,
    UNBLOCKED,
    Difference,
    SharedVolume,
    Sharing,
    Wanted,
    difference,
    effective,
    key_policy_statement,
    snapshot_changes,
)
from amitui.domain.sharing.rules import Level, Obstacle, obstacles

NOW = 1_795_219_200
YEAR = 365 * 86_400
ME, ONE, TWO = "123456789012", "210987654321", "055566677788"
ORGANIZATION = "arn:aws:organizations::444455556666:organization/o-demo4t2k9x"
UNIT = "arn:aws:organizations::444455556666:ou/o-demo4t2k9x/ou-demo-eng1neer5"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1f0c2e7a"
PLAIN = SharedVolume("snap-0a", readers=())
BASE = Sharing(
    "us-east-1",
    "ami-0a",
    "acme-web",
    ME,
    ME,
    volumes=(PLAIN,),
    block_public=UNBLOCKED,
    block_manager="account",
    public_images=0,
    created=NOW - 86_400,
)
TO_ONE = Wanted(add=(ONE,))
TO_ALL = Wanted(add=(EVERYONE,))


def told(sharing: Sharing, wanted: Wanted, level: Level | None = None) -> str:
    found = obstacles(sharing, wanted, now=NOW)
    return "\n".join(one.sentence for one in found if level is None or one.level is level)


def sealed(manager: str, key: str = KEY) -> Sharing:
    return BASE._replace(volumes=(SharedVolume("snap-0a", True, key, manager, ()),))


def test_a_plain_image_is_shared_without_an_obstacle_but_with_what_is_good_to_know() -> None:
    found = obstacles(BASE, TO_ONE, now=NOW)
    assert {one.level for one in found} == {Level.NOTE}
    assert "It is shared in us-east-1 only" in told(BASE, TO_ONE)
    assert "copy it there" in told(BASE, TO_ONE)
    assert "If they restrict Allowed AMIs, 123456789012 must be among their providers." in told(BASE, TO_ONE)


def test_nothing_is_said_about_a_change_of_nothing() -> None:
    shared = BASE._replace(granted=(ONE,), state="disabled")
    assert obstacles(shared, TO_ONE, now=NOW) == ()
    assert obstacles(BASE, Wanted(remove=(ONE,)), now=NOW) == ()


def test_the_gravest_comes_first() -> None:
    levels = [one.level for one in obstacles(sealed(AWS_MANAGED), Wanted((ONE, EVERYONE)), now=NOW)]
    assert levels == sorted(levels, key=[Level.NO, Level.CAREFUL, Level.NOTE].index)
    assert levels[0] is Level.NO
    assert levels[-1] is Level.NOTE


# (how it is, what is wanted, level, words) and, as the other side, how it is when that is not said.
RULES: list[Any] = [
    (BASE._replace(state="disabled"), TO_ONE, Level.NO, "It is disabled: only available", BASE),
    (BASE._replace(state="disabled"), TO_ONE, Level.NO, "Enable it first", BASE._replace(state="pending")),
    (BASE._replace(state="pending"), TO_ONE, Level.NO, "Wait until it is available.", BASE),
    (sealed(AWS_MANAGED), TO_ONE, Level.NO, "default key aws/ebs, which nobody else", sealed(CUSTOMER_MANAGED)),
    (sealed(AWS_MANAGED), TO_ONE, Level.NO, "Copy the image with a key of your own", BASE),
    (sealed(CUSTOMER_MANAGED), TO_ONE, Level.CAREFUL, f"{KEY}: without a grant of it", BASE),
    (sealed(CUSTOMER_MANAGED), TO_ONE, Level.CAREFUL, "without a grant of it", sealed(AWS_MANAGED)),
    (sealed(""), TO_ONE, Level.CAREFUL, "whose owner is not known", sealed(CUSTOMER_MANAGED)),
    (sealed("", ""), TO_ONE, Level.CAREFUL, "with a key that is not known", sealed("")),
    (sealed(CUSTOMER_MANAGED), TO_ALL, Level.NO, "It is encrypted: such images cannot be public", BASE),
    (BASE._replace(product_codes=("abc1",)), TO_ALL, Level.NO, "product code abc1: such images cannot", BASE),
    (BASE._replace(watermarks=("1:approved",)), TO_ALL, Level.NO, "watermark 1:approved: such images", BASE),
    (
        BASE._replace(block_public=BLOCKED),
        TO_ALL,
        Level.NO,
        "disable-image-block-public-access --region us-east-1 (takes up to 10 minutes)",
        BASE,
    ),
    (
        BASE._replace(block_public=BLOCKED, block_manager=BY_POLICY),
        TO_ALL,
        Level.NO,
        "Only who manages that policy can lift it.",
        BASE._replace(block_public=BLOCKED),
    ),
    (BASE._replace(block_public=""), TO_ALL, Level.CAREFUL, "Block Public Access is on in us-east-1 is not", BASE),
    (
        BASE._replace(block_public=BLOCKED, public=True),
        Wanted(remove=(EVERYONE,)),
        Level.CAREFUL,
        "once private, it cannot be made public again",
        BASE._replace(public=True),
    ),
    (BASE._replace(public_images=5), TO_ALL, Level.CAREFUL, "5 images are public", BASE._replace(public_images=4)),
    (
        BASE._replace(deprecated=NOW - 60),
        TO_ONE,
        Level.CAREFUL,
        "It is deprecated: others do not see it",
        BASE._replace(deprecated=NOW + 60),
    ),
    (BASE, TO_ALL, Level.CAREFUL, "two years after it was made", BASE._replace(deprecated=NOW + YEAR)),
    (BASE._replace(created=NOW - 3 * YEAR), TO_ALL, Level.CAREFUL, "it is deprecated at once", BASE),
    (
        BASE._replace(region="cn-north-1"),
        Wanted(add=(ORGANIZATION,)),
        Level.NO,
        "o-demo4t2k9x belongs to the partition aws, cn-north-1 to aws-cn.",
        BASE,
    ),
    (BASE._replace(public=True), TO_ONE, Level.NOTE, "It is public: everyone can launch it already.", BASE),
    (
        BASE._replace(public=True, granted=(ONE,)),
        Wanted(remove=(ONE,)),
        Level.CAREFUL,
        "It stays public",
        BASE._replace(granted=(ONE,)),
    ),
    (
        BASE,
        TO_ONE,
        Level.NOTE,
        "They can launch it; to copy it they need its snapshots too.",
        BASE._replace(volumes=()),
    ),
    (
        BASE._replace(granted=(ONE,), volumes=(PLAIN._replace(readers=(ONE,)),)),
        Wanted(remove=(ONE,)),
        Level.CAREFUL,
        f"{ONE} can still read its snapshots",
        BASE._replace(granted=(ONE,)),
    ),
]


@pytest.mark.parametrize(("sharing", "wanted", "level", "words", "other"), RULES)
def test_each_rule_speaks_where_it_applies_and_is_silent_where_it_does_not(
    sharing: Sharing, wanted: Wanted, level: Level, words: str, other: Sharing
) -> None:
    assert words in told(sharing, wanted, level)
    assert words not in told(other, wanted)


@pytest.mark.parametrize(
    "sharing",
    [
        BASE._replace(product_codes=("abc1",)),
        BASE._replace(watermarks=("1:approved",)),
        BASE._replace(block_public=BLOCKED),
        BASE._replace(block_public=BLOCKED, block_manager=BY_POLICY),
        BASE._replace(public_images=9),
        sealed(CUSTOMER_MANAGED),
    ],
)
def test_what_forbids_the_public_does_not_forbid_an_account(sharing: Sharing) -> None:
    assert told(sharing, TO_ONE, Level.NO) == ""


@pytest.mark.parametrize("sharing", [sealed(AWS_MANAGED), BASE._replace(deprecated=NOW - 60)])
def test_taking_a_share_away_is_never_in_the_way(sharing: Sharing) -> None:
    shared = sharing._replace(granted=(ONE,))
    assert told(shared, Wanted(remove=(ONE,)), Level.NO) == ""
    assert "Instances that run keep running" in told(shared, Wanted(remove=(ONE,)))


def test_the_quota_is_told_from_the_first_one_over_it() -> None:
    full = BASE._replace(granted=tuple(f"{number:012}" for number in range(1, 1000)))
    assert "quota" not in told(full, TO_ONE)
    over = told(full, Wanted(add=(ONE, TWO)), Level.CAREFUL)
    assert "It would be shared with 1,001; the quota is 1,000" in over
    swapped = Wanted(add=(ONE, TWO), remove=("000000000001",))
    assert "quota" not in told(full, swapped)


def test_organizations_get_no_snapshots_and_the_public_neither() -> None:
    wide = Wanted(add=(ORGANIZATION, EVERYONE), snapshots=True)
    assert "1 organization can launch it, not copy it" in told(BASE, wide, Level.CAREFUL)
    assert "Its snapshots are not made public by this" in told(BASE, wide, Level.CAREFUL)
    narrow = told(BASE, Wanted(add=(ONE,), snapshots=True))
    assert "not copy it" not in narrow
    assert "to copy it" not in narrow


def test_of_a_change_only_what_is_new_counts() -> None:
    shared = BASE._replace(granted=(ONE,), public=True)
    assert effective(shared, Wanted((ONE, TWO), (EVERYONE,))) == Difference((TWO,), (EVERYONE,), (ONE,))
    unknown = BASE._replace(granted=None)
    assert effective(unknown, Wanted((ONE, ONE), (TWO,))) == Difference((ONE,), (TWO,), ())


@given(st.lists(st.sampled_from("abcdef")), st.lists(st.sampled_from("abcdef")))
def test_a_difference_leads_from_one_set_to_the_other(before: list[str], after: list[str]) -> None:
    found = difference(before, after)
    assert (set(before) | set(found.added)) - set(found.removed) == set(after)
    assert not set(found.added) & set(before)
    assert set(found.kept) == set(before) & set(after)


def test_snapshots_go_with_accounts_that_cannot_read_them_yet_and_from_those_that_lose_the_image() -> None:
    volumes = (PLAIN._replace(readers=(TWO,)), SharedVolume("snap-0b", True, KEY, AWS_MANAGED, ()))
    sharing = BASE._replace(granted=(TWO,), volumes=volumes)
    wanted = Wanted((ONE, ORGANIZATION, EVERYONE), (TWO,), snapshots=True)
    assert snapshot_changes(sharing, wanted) == {"snap-0a": Difference((ONE,), (TWO,), ())}
    assert snapshot_changes(sharing, wanted._replace(snapshots=False)) == {}


def test_the_statement_for_a_keys_policy_names_accounts_organizations_and_units() -> None:
    text = key_policy_statement((ONE, TWO, ORGANIZATION, UNIT), KEY.replace("arn:aws:", "arn:aws-cn:"))
    first, second, third = json.loads(f"[{text}]")
    assert first["Principal"] == {"AWS": [f"arn:aws-cn:iam::{ONE}:root", f"arn:aws-cn:iam::{TWO}:root"]}
    assert {"kms:CreateGrant", "kms:DescribeKey", "kms:Decrypt"} <= set(first["Action"])
    assert second["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": ["o-demo4t2k9x"]}}
    assert third["Condition"]["ForAnyValue:StringLike"] == {
        "aws:PrincipalOrgPaths": ["o-demo4t2k9x/*/ou-demo-eng1neer5/*"]
    }
    assert len({one["Sid"] for one in (first, second, third)}) == 3


def test_an_obstacle_is_a_sentence_with_its_remedy() -> None:
    assert Obstacle(Level.NO, "It is so.", "Do that.").sentence == "It is so. Do that."
    assert Obstacle(Level.NO, "It is so.").sentence == "It is so."


def test_the_command_that_lifts_the_block_acts_as_who_asks() -> None:
    said = told(BASE._replace(block_public=BLOCKED, command_options=" --profile 'my prod'"), TO_ALL)
    assert "aws ec2 disable-image-block-public-access --region us-east-1 --profile 'my prod' (" in said


def test_the_shared_tags_that_become_visible_are_listed() -> None:
    tagged = BASE._replace(shared_tags=(("ec2:SharedTag/Release", "7"), ("ec2:SharedTag/Team", "web")))
    assert "They see its shared tags: ec2:SharedTag/Release=7, ec2:SharedTag/Team=web." in told(tagged, TO_ONE)
    assert "Everybody sees its shared tags" in told(tagged, TO_ALL, Level.CAREFUL)
    assert "whose key begins with ec2:SharedTag/" in told(BASE, TO_ONE, Level.NOTE)
    assert "SharedTag" not in told(BASE._replace(granted=(ONE,)), Wanted(remove=(ONE,)))
