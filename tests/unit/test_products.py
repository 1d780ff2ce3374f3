"""The data files of publishers and products: complete, readable, and the same as what the program reads."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from amitui.domain.products import build
from amitui.domain.products.identify import Identity, identify
from amitui.domain.products.publisher_table import ENTRIES
from amitui.domain.products.template import TemplateError, expression, heads, parse


def test_the_built_files_are_those_of_the_data(tmp_path: Path) -> None:
    build.write(tmp_path)
    for built in (build.PUBLISHERS, build.PATTERNS):
        again = f"{built.name} is not up to date: python -m amitui.domain.products.build"
        assert (tmp_path / built.name).read_text(encoding="utf-8") == built.read_text(encoding="utf-8"), again


@pytest.mark.parametrize("path", sorted(build.DATA.glob("*.toml")), ids=lambda path: path.stem)
def test_a_data_file_says_where_its_facts_are_from_and_of_which_day(path: Path) -> None:
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    assert found["sources"]
    assert all(source.startswith("https://") for source in found["sources"])
    assert str(found["as_of"]) >= "2026-01-01"
    for accounts in (found["accounts"], found.get("govcloud", []), found.get("china", [])):
        assert all(len(account) == 12 and account.isdigit() for account in accounts)


def test_no_account_belongs_to_two_publishers() -> None:
    accounts = [account for one in ENTRIES for account in (*one.accounts, *one.govcloud, *one.china)]
    assert len(accounts) == len(set(accounts))


def test_a_data_file_with_an_unknown_field_is_refused(tmp_path: Path) -> None:
    text = (build.DATA / "arch.toml").read_text(encoding="utf-8")
    (tmp_path / "arch.toml").write_text(text.replace("words =", "word ="), encoding="utf-8")
    with pytest.raises(ValueError, match=r"arch\.toml: unknown fields \['word'\]"):
        build.build(tmp_path)


@pytest.mark.parametrize("template", ["a[b", "ab]", "ab{c", "ab{c}", "{tail}ab", "[ab]"])
def test_a_pattern_that_cannot_be_read_says_so(template: str) -> None:
    with pytest.raises(TemplateError):
        heads(parse(template))


def test_a_pattern_keeps_its_brackets_and_points() -> None:
    assert expression(parse(r"a.\[x\]+")) == r"a\.\[x\]\+"
    assert heads(parse("[x-]ab{n}")) == {"x-", "ab"}


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        (
            "RHEL-9.8.0_HVM_GA-20260521-arm64-1-Hourly2-GP3",
            Identity("Red Hat", "rhel", "9.8", "", (("licence", "Hourly2"),), (), "arm64", "20260521"),
        ),
        (
            "ubuntu-pro-server/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-pro-server-20251022",
            Identity("Canonical", "ubuntu", "24.04", "", (), ("pro",), "x86_64", "20251022"),
        ),
        (
            "Rocky-9-EC2-LVM-9.7-20251123.2.aarch64",
            Identity("Rocky Linux", "rocky", "9", "9.7", (), ("lvm",), "arm64", "20251123"),
        ),
        (
            "Windows_Server-2022-Japanese-Core-SQL_2019_Standard-2026.10.15",
            Identity(
                "Amazon Windows",
                "windows-server",
                "2022",
                "",
                (),
                ("2019", "core", "japanese", "sql", "standard"),
                "",
                "2026.10.15",
            ),
        ),
    ],
)
def test_a_name_says_product_release_variant_and_build(name: str, identity: Identity) -> None:
    assert identify(name) == identity


def test_a_name_that_only_contains_a_products_words_is_not_that_product() -> None:
    assert identify("golden-debian-12-amd64-20240507-1740") is None
    assert identify("debian-12-amd64-20240507-1740 copy") is None
