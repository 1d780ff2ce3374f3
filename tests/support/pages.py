"""Answers to DescribeImages as bytes, and what is needed to read them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import botocore.session

from amitui.catalog.sync.page import OPERATION, PageFor, ReadPage, read_page
from amitui.demo.seed.synthetic import synthetic_records
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.image.image import RawRecord
from amitui.ec2.response_table import ResponseTable, table_of
from tests.support.ec2_xml import response_xml

REGION = "eu-west-1"
COMMUNITY = PageFor(Shard("aws", PUBLIC, REGION, "community"), None)


EVERYTHING = PageFor(Shard("aws", "111122223333", REGION, "mine"), None)
"""Keeps every record."""


def page_of(
    records: Sequence[RawRecord],
    next_token: str | None = None,
    *,
    received_bytes: int = 100,
    page_for: PageFor = EVERYTHING,
) -> ReadPage:
    """A page as a crawl gets it from its source."""
    return read_page(records, page_for, next_token=next_token, received_bytes=received_bytes)


@lru_cache(maxsize=1)
def images_table() -> ResponseTable:
    """Of the output of DescribeImages."""
    model = botocore.session.Session().get_service_model("ec2")
    return table_of(model.operation_model(OPERATION).output_shape)


def images_body(count: int, token: str = "", *, seed: int = 0, more: tuple[dict[str, Any], ...] = ()) -> bytes:
    """An answer with so many images, and others."""
    records = [*synthetic_records(count, REGION, seed=seed), *more]
    answer: dict[str, Any] = {"Images": records, **({"NextToken": token} if token else {})}
    return response_xml(OPERATION, answer).encode()
