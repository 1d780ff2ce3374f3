"""Who may be shown what a shard holds: one rule, and nothing beside it that decides."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import amitui
from amitui.catalog.search.view import CatalogReader
from amitui.catalog.sync.refresh_rows import affected_shards
from amitui.cli import find
from amitui.domain.catalogue.scope import ALL, Scope
from amitui.domain.catalogue.shard import IMPORTED, PUBLIC, Shard, ShardStatus
from amitui.ui.screens.progress import is_cached, scope_tabs
from tests.unit.test_view import REGION, STRANGER, VIEWER, folder, image, known, reader, view, write

__all__ = ["folder", "reader"]

PRIVATE = Shard("aws", STRANGER, REGION, "mine")


def status(visibility: str, origin: str = "ec2", scope: str = "mine", *, fetched_at: int = 1) -> ShardStatus:
    return ShardStatus(Shard("aws", visibility, REGION, scope), 1, 10, fetched_at, bool(fetched_at), origin)


@pytest.mark.parametrize(
    ("visibility", "origin", "account", "visible"),
    [
        (PUBLIC, "ec2", VIEWER, True),
        (PUBLIC, "ec2", None, True),
        (PUBLIC, IMPORTED, VIEWER, True),
        (VIEWER, "ec2", VIEWER, True),
        (VIEWER, "ec2", STRANGER, False),
        (VIEWER, "ec2", None, False),
        (VIEWER, "ec2", "", False),
        (VIEWER, "ec2", PUBLIC, False),
        (PUBLIC, "ec2", PUBLIC, True),
        (VIEWER, IMPORTED, VIEWER, True),
        (VIEWER, IMPORTED, STRANGER, False),
        (VIEWER, IMPORTED, None, True),
    ],
)
def test_private_slices_are_shown_to_the_account_that_saw_them_and_imported_ones_while_none_is_known(
    visibility: str, origin: str, account: str | None, visible: bool
) -> None:
    assert status(visibility, origin).is_visible_to(known(account)) is visible


PUBLISHING = {
    "catalog/sharing/manifest.py",
    "catalog/sharing/names.py",
    "cli/publish.py",
    "services/sharing.py",
}
"""Where it decides about the folder that something is published in or came from, and not about what is shown."""


def test_nothing_else_compares_a_shards_visibility() -> None:
    package = Path(amitui.__file__).parent
    offences = []
    for path in sorted(package.rglob("*.py")):
        if path.name == "shard.py" and path.parent.name == "catalogue":
            continue
        if path.relative_to(package).as_posix() in PUBLISHING:
            continue
        text = path.read_text()
        watched = {"visibility", "PUBLIC"} if "catalogue.shard import" in text else {"visibility"}
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Compare | ast.Match):
                names = {
                    found.attr if isinstance(found, ast.Attribute) else found.id
                    for found in ast.walk(node)
                    if isinstance(found, ast.Attribute | ast.Name)
                }
                if names & watched:
                    offences.append(f"{path.relative_to(package)}:{node.lineno}")
    assert not offences, f"ask ShardStatus.is_visible_to: {offences}"


def test_the_search_shows_no_private_row_of_another_account(folder: str, reader: CatalogReader) -> None:
    write(folder, PRIVATE, image(1))
    assert list(reader.keys(view()).keys) == []
    assert reader.find_image(image(1).image_id, (VIEWER,)) == []
    assert len(reader.keys(view(account=STRANGER)).keys) == 1


def test_whatever_shows_rows_or_counts_asks_the_one_rule(
    folder: str, reader: CatalogReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, PRIVATE, image(1))
    write(folder, Shard("aws", PUBLIC, REGION, "amazon"), image(2))
    monkeypatch.setattr(ShardStatus, "is_visible_to", lambda _status, _account: False)
    for account in (VIEWER, STRANGER, None):
        request = view(account=account)
        assert reader.first(request) == ([], [])
        assert reader.total(request) == 0
        assert reader.find_image(image(1).image_id, known(account)) == []
        assert reader.find_image(image(2).image_id, known(account)) == []
        statuses = reader.shards((REGION,))
        assert not any(is_cached(one, request) for one in statuses)
        fetches = cast(Any, SimpleNamespace(active={}))
        assert not any(tab.count for tab in scope_tabs(request, statuses, fetches))
    index = cast(Any, SimpleNamespace(shards=lambda: statuses, locate=lambda _: []))
    assert affected_shards(index, REGION, STRANGER, {image(1).image_id: None}) == []


@pytest.mark.parametrize(("account", "said"), [(VIEWER, False), (STRANGER, True), (None, True)])
def test_find_says_nothing_of_a_slice_that_another_account_imported(
    account: str | None, said: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    unfinished = status(STRANGER, IMPORTED, fetched_at=0)
    cached = cast(CatalogReader, SimpleNamespace(shards=lambda _regions: [unfinished]))
    find._print_what_is_missing(cached, view(scopes=(ALL, Scope("mine")), account=account), failed=False)
    assert ("import the rest again" in capsys.readouterr().err) is said


def test_accounts_in_view_have_one_tab_a_publisher_by_its_name() -> None:
    debian, stranger = ("136693071363", "379101102735"), "111122223333"
    scopes = tuple(map(Scope, (*debian, stranger)))
    tabs = scope_tabs(view(scopes=scopes), [], cast(Any, SimpleNamespace(active={})))
    assert [(tab.title, tab.name, tab.key, tab.active) for tab in tabs[-2:]] == [
        ("Debian", ",".join(debian), "", True),
        (stranger, stranger, "", True),
    ]
    assert [tab.key for tab in tabs[:-2]] == list("1234567")
    assert not any(tab.active for tab in tabs[:-2])
