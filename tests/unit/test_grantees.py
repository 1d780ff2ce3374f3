"""What grantees are and how sentences speak of them."""

from __future__ import annotations

from amitui.domain.sharing.grantees import (
    EVERYONE,
    counted,
    grantee_words,
    kind_words,
    listed,
    organization_ids,
    partition_of_arn,
    short_words,
)

ONE, TWO, THREE = "210987654321", "055566677788", "444455556666"
ORGANIZATION = "arn:aws:organizations::444455556666:organization/o-demo4t2k9x"
UNIT = "arn:aws:organizations::444455556666:ou/o-demo4t2k9x/ou-demo-eng1neer5"


def test_grantees_are_spoken_of_by_id_and_name() -> None:
    names = {ONE: "dev team", UNIT: "engineers"}
    assert grantee_words(ONE, names) == "210987654321 (dev team)"
    assert grantee_words(UNIT, names) == "ou-demo-eng1neer5 (engineers)"
    assert [short_words(one) for one in (TWO, ORGANIZATION, EVERYONE)] == [TWO, "o-demo4t2k9x", "everyone"]
    assert kind_words(ORGANIZATION) == ("organization", "of 444455556666")
    assert kind_words(UNIT) == ("unit", "of organization o-demo4t2k9x")
    assert (kind_words(ONE), kind_words(EVERYONE)) == (("account", ""), ("everyone", ""))
    assert listed([ONE, TWO, THREE], names, most=2) == "210987654321 (dev team), 055566677788 and 1 more"
    assert counted([ONE, TWO, ORGANIZATION, EVERYONE]) == "everyone, 2 accounts, 1 organization"
    assert counted([]) == ""


def test_arns_tell_partition_and_ids() -> None:
    assert partition_of_arn(ORGANIZATION.replace("arn:aws:", "arn:aws-cn:")) == "aws-cn"
    assert partition_of_arn(ONE) == ""
    assert organization_ids(UNIT) == ("o-demo4t2k9x", "ou-demo-eng1neer5")
    assert organization_ids(ORGANIZATION) == ("o-demo4t2k9x", "")
    assert organization_ids(ONE) == ("", "")
