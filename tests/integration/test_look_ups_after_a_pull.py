"""A machine that publishes and one without EC2 that pulls: every look-up of the table is answered alike.

An answer depends on what the index holds alone, which is compared as a whole; every fifth look-up shows it.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from amitui.catalog.search.view import CatalogReader
from amitui.domain.catalogue.scope import ALL, Scope
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.query.parser import parse_query
from amitui.ec2.kept import keeps
from amitui.ec2.session import Ec2Connection
from amitui.errors import AmituiError
from tests.search.catalogue import catalogue, label_of
from tests.search.judge import SEEN, Lookup, lookups
from tests.search.records import ME, NOW, REGION
from tests.support.moto_server import BUCKET, moto_server
from tests.support.shared_machines import Machine

EACH: Final = 5
SCOPES = ("amazon", "publishers", "marketplace", "community", "mine", "shared")


def _shard(scope: str) -> Shard:
    return Shard("aws", ME if scope in ("mine", "shared") else PUBLIC, REGION, scope)


def _answer(lookup: Lookup, reader: CatalogReader) -> list[tuple[str, ...]] | str:
    """The first rows, as they are shown, or why there are none."""
    options = zip(lookup.options, lookup.options[1:], strict=False)
    scopes = tuple(Scope.parse(value) for name, value in options if name == "--scope") or (ALL,)
    try:
        request = ViewRequest(parse_query(lookup.query, now=NOW), (REGION,), scopes, (ME,), False, NOW)
    except AmituiError as error:
        return " ".join(error.lines())
    _, rows = reader.first(request, SEEN)
    return [(row.image_id, row.name, row.publisher, row.trust.name) for row in rows]


class Held(NamedTuple):
    """All that searches read of an index, with what its codes stand for."""

    rows: list[tuple[object, ...]]
    """What is shown of each image, in order."""
    images: list[tuple[object, ...]]
    memberships: list[tuple[object, ...]]
    texts: list[tuple[object, ...]]
    terms: list[tuple[object, ...]]
    """Of the full text, each with the images and places that it stands at."""


def _held(machine: Machine) -> Held:
    request = ViewRequest(parse_query("", now=NOW), (REGION,), (ALL,), (ME,), True, NOW)
    with CatalogReader(machine.where.index_dir) as reader:
        _, rows = reader.first(request, 50_000)
    with closing(sqlite3.connect(os.path.join(machine.where.index_dir, f"{REGION}.sqlite"))) as index:
        index.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'search', 'row')")
        return Held(
            [tuple(row) for row in rows],
            index.execute(
                "SELECT i.id, i.family, i.flags, i.created, i.deprecated, o.account, k.tier, k.product, k.words,"
                " k.extras, k.release, k.architecture FROM image i JOIN kind k ON k.code = i.kind"
                " JOIN owner o ON o.code = i.owner ORDER BY i.id"
            ).fetchall(),
            index.execute(
                "SELECT s.key, m.id, m.line FROM membership m JOIN shard s ON s.slot = m.slot ORDER BY 1, 2"
            ).fetchall(),
            index.execute(
                "SELECT t.id, t.image_id, t.name, n.description, n.state_reason, g.key, g.value FROM image_text t"
                " LEFT JOIN note n ON n.id = t.id LEFT JOIN tag g ON g.id = t.id ORDER BY t.id, g.key"
            ).fetchall(),
            index.execute("SELECT term, doc, cnt FROM terms ORDER BY term").fetchall(),
        )


async def test_whoever_pulls_answers_the_table_of_look_ups_as_the_publisher_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = Machine.at(tmp_path / "publisher", account=ME, now=NOW)
    reader = Machine.at(tmp_path / "reader", account=ME, now=NOW)
    for scope in SCOPES:
        shard = _shard(scope)
        kept = [record for record in catalogue().listed if keeps(shard, record, ME)]
        await publisher.fetch(kept, shard, page=1_000)
    with moto_server(BUCKET) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        published = await publisher.publish(f"s3://{BUCKET}/team", private=[ME])
        assert [one.visibility for one in published] == [PUBLIC, ME]
        asked: list[str] = []
        client = Ec2Connection.client

        async def noted(self: Ec2Connection, region: str, service: str = "ec2", *, once: bool = False) -> Any:
            asked.append(service)
            assert service == "s3", "the reader has no EC2 and no STS"
            return await client(self, region, service, once=once)

        monkeypatch.setattr(Ec2Connection, "client", noted)
        await reader.pull(f"s3://{BUCKET}/team")
        assert set(asked) == {"s3"}
    held = _held(publisher)
    assert held == _held(reader)
    assert len(held.rows) > 2_500
    with CatalogReader(publisher.where.index_dir) as theirs, CatalogReader(reader.where.index_dir) as ours:
        answers = [(one, _answer(one, theirs), _answer(one, ours)) for one in lookups()[::EACH]]
    differing = [one.label for one, there, here in answers if there != here]
    assert not differing
    right = [
        one
        for one, _, here in answers
        if one.expected and isinstance(here, list) and here and label_of()[here[0][0]] in one.expected
    ]
    assert len(answers) > 200
    assert len(right) > len(answers) * 0.7, "the catalogue is not the one that the table is about"
