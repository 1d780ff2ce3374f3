"""Catalogues of any size for benches, in the mix of the real one: 74% community, 12% Amazon, 14% Marketplace."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from amitui.demo.seed.amazon_families import amazon_families
from amitui.demo.seed.marketplace import marketplace_record
from amitui.demo.seed.partner_families import partner_families
from amitui.demo.seed.strangers import community_record, hexes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amitui.domain.image.image import RawRecord

SYNTHETIC_AS_OF: Final = 1_790_000_000
"""September 2026: the moment after which nothing synthetic was created, unless another one is asked for."""

_SHORT_ID: Final = len("ami-01234567")
"""Ids of eight digits are few enough to meet twice among hundreds of thousands."""


def synthetic_records(
    count: int, region: str, *, seed: int = 0, as_of: int = SYNTHETIC_AS_OF
) -> Iterator[RawRecord]:
    """Simulated records in EC2's arbitrary order: the same ones for the same arguments, about 25 µs each."""
    rng = Random(f"{region}/{seed}")  # noqa: S311 - repeatable, not secret
    families = (*amazon_families(), *partner_families())
    short_ids: set[str] = set()
    for _ in range(count):
        draw = rng.random()
        if draw < 0.74:
            record = community_record(rng, as_of)
        elif draw < 0.88:
            record = marketplace_record(rng, as_of)
        else:
            family = rng.choice(families)
            record = family.build(rng.choice(family.all_days(as_of)), rng.choice(family.archs), region)
            # A day of a family comes up more than once among so many, and ids must differ.
            record["ImageId"] = "ami-0" + hexes(rng, 16)
        if len(record["ImageId"]) == _SHORT_ID:
            while record["ImageId"] in short_ids:
                record["ImageId"] = "ami-" + hexes(rng, 8)
            short_ids.add(record["ImageId"])
        yield record
