from __future__ import annotations

import re

import pytest

from amitui.domain.image.publishers import (
    MARKETPLACE_ACCOUNT,
    PUBLISHERS,
    accounts_named,
    publisher_accounts,
    publisher_name,
    publisher_of,
)


def test_every_account_has_twelve_digits_and_one_publisher() -> None:
    accounts = [account for publisher in PUBLISHERS for account in publisher.every_account]
    assert len(accounts) == len(set(accounts))
    assert all(re.fullmatch(r"\d{12}", account) for account in accounts)


@pytest.mark.parametrize(
    ("account", "alias", "name"),
    [
        ("099720109477", "", "Canonical"),
        ("099720109477", "amazon", "Canonical"),
        ("513442679011", "", "Canonical"),
        ("837727238323", "", "Canonical"),
        ("013907871322", "amazon", "SUSE"),
        ("137112412989", "amazon", "Amazon Linux"),
        (MARKETPLACE_ACCOUNT, "aws-marketplace", "AWS Marketplace"),
        (MARKETPLACE_ACCOUNT, "", "AWS Marketplace"),
        ("123456789012", "amazon", "Amazon"),
        ("123456789012", "aws-marketplace", "AWS Marketplace"),
        ("123456789012", "aws-backup-vault", "AWS Backup"),
        ("123456789012", "", ""),
        ("", "", ""),
        ("123456789012", "123456789012", ""),
    ],
)
def test_a_publisher_is_named_by_account_first_and_by_alias_second(account: str, alias: str, name: str) -> None:
    assert publisher_name(account, alias) == name


def test_the_publishers_scope_asks_for_partners_and_leaves_amazons_own_to_the_amazon_scope() -> None:
    accounts = publisher_accounts()
    assert {"099720109477", "309956199498", "136693071363", "379101102735", "013907871322"} <= set(accounts)
    assert "137112412989" not in accounts
    assert MARKETPLACE_ACCOUNT not in accounts


def test_each_partition_has_its_own_accounts() -> None:
    assert publisher_accounts("aws-us-gov") == ("513442679011", "219670896067")
    assert publisher_accounts("aws-cn") == ("837727238323", "841258680906")
    assert not set(publisher_accounts("aws-cn")) & set(publisher_accounts())
    assert publisher_accounts("aws-iso") == ()


@pytest.mark.parametrize("text", ["canonical", "Canonical", "CANON", "ubuntu", " Ubuntu "])
def test_a_publisher_is_found_by_a_part_of_its_name_or_an_everyday_word(text: str) -> None:
    assert "099720109477" in accounts_named(text)


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("redhat", "309956199498"),
        ("red hat", "309956199498"),
        ("rhel", "309956199498"),
        ("amazon linux", "137112412989"),
        ("al2023", "137112412989"),
        ("amazon", "801119661308"),
        ("sles", "013907871322"),
        ("centos", "125523088429"),
        ("fedora", "125523088429"),
        ("alma", "764336703387"),
        ("marketplace", MARKETPLACE_ACCOUNT),
    ],
)
def test_everyday_words_lead_to_accounts(text: str, account: str) -> None:
    assert account in accounts_named(text)


@pytest.mark.parametrize("text", ["", "   ", "24.04", "arm64", "webserver", "ubuntu-24.04"])
def test_words_that_name_nobody_lead_nowhere(text: str) -> None:
    assert accounts_named(text) == ()


def test_accounts_can_be_asked_for_in_one_partition() -> None:
    assert accounts_named("canonical", "aws") == ("099720109477",)
    assert accounts_named("canonical", "aws-cn") == ("837727238323",)
    assert set(accounts_named("canonical")) == {"099720109477", "513442679011", "837727238323"}
    assert accounts_named("debian", "aws-cn") == ()


def test_a_stranger_is_no_publisher() -> None:
    assert publisher_of("123456789012") is None
    canonical = publisher_of("099720109477")
    assert canonical is not None
    assert canonical.name == "Canonical"
