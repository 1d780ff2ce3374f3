"""A machine that publishes and one without EC2 that pulls: every look-up of the table is answered alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
    with CatalogReader(publisher.where.index_dir) as theirs, CatalogReader(reader.where.index_dir) as ours:
        answers = [(one, _answer(one, theirs), _answer(one, ours)) for one in lookups()]
    differing = [one.label for one, there, here in answers if there != here]
    assert not differing
    right = [
        one
        for one, _, here in answers
        if one.expected and isinstance(here, list) and here and label_of()[here[0][0]] in one.expected
    ]
    assert len(right) > len(answers) * 0.7, "the catalogue is not the one that the table is about"
