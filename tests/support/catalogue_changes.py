"""Catalogues for the fake EC2, and how they change between two crawls: as publishers and strangers change them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Final

from amitui.demo.seed.oddities import oddities
from amitui.demo.seed.partner_families import CANONICAL, NIXOS
from amitui.demo.seed.records import DAY, digest, minute_stamp, stamp
from amitui.demo.seed.synthetic import SYNTHETIC_AS_OF, synthetic_records
from tests.support.catalogue_images import Catalogue, Record, Shares

ACCOUNT: Final = "123456789012"
"""Who asks the fake unless it is told otherwise."""
FRIEND: Final = "444455556666"
"""Shares images with `ACCOUNT`, some through an organization."""

CANONICAL_KEEPS: Final = 3
"""Serials of a release that Canonical does not deprecate (Ubuntu on AWS: image retention)."""
UNUSED_DAYS: Final = 180
"""For how long nobody must have launched a deprecated image for Canonical to make it private."""
NIXOS_DAYS: Final = 90
"""Age at which NixOS deprecates its images."""

ODD_DATES: Final = (
    "2009-07-04T12:00:00.000Z", "1999-12-31T23:59:59.000Z", "2019", "2019-02", "2019-2-3", "2021-02-30",
    "2024-13-01T00:00:00.000Z", "20240501T000000Z", "024-05-01T00:00:00.000Z", " 2024-05-01T00:00:00.000Z",
    "2024-05-01 00:00:00", "unknown", "-", "*", "202?-01-01", "2024\\-01-01", "~2020", "!", "0", "2", "20",
    "2024-*", "Thu, 02 May 2024 10:00:00 GMT", "2024-05-01T00:00:00.000+02:00", "9999-12-31T23:59:59.000Z",
)  # fmt: skip
"""CreationDates that no calendar of years, months and days expects."""

_SERIAL = re.compile(r"-(\d{8})(\.\d+)?$")


def odd_records(region: str) -> list[Record]:
    """Images with odd dates, with an empty one and with none: of the last two only such as live in S3."""
    template = next(record for record in oddities(region) if record["RootDeviceType"] == "ebs")
    stored = next(record for record in oddities(region) if record["RootDeviceType"] == "instance-store")
    undated = {name: value for name, value in stored.items() if name != "CreationDate"}
    return [
        *(
            template | {"ImageId": "ami-0" + digest("odd", region, date)[:16], "CreationDate": date}
            for date in ODD_DATES
        ),
        *(undated | {"ImageId": "ami-" + digest("undated", region, str(n))[:8]} for n in range(3)),
        undated | {"ImageId": "ami-" + digest("odd in S3", region)[:8], "CreationDate": "2010-x"},
    ]


def synthetic_catalogue(
    count: int,
    region: str = "us-east-1",
    *,
    seed: int = 0,
    odd: bool = True,
    folder: str | None = None,
    as_of: int = SYNTHETIC_AS_OF,
) -> Catalogue:
    """So many public images in the mix of the real catalogue, 100 µs each.

    Args:
        odd: with the demo's oddities and images with odd dates or none among them.
        folder: where most of it is kept in a file.
        as_of: seconds since the epoch, when the youngest was created.
    """
    catalogue = Catalogue(folder=folder)
    rare = [*oddities(region), *odd_records(region)] if odd else []
    every = max(1, count // (len(rare) + 1))
    known: set[str] = {record["ImageId"] for record in rare}
    for number, record in enumerate(synthetic_records(count - len(rare), region, seed=seed, as_of=as_of)):
        if rare and number % every == 0:
            catalogue.add(rare.pop())
        if record["ImageId"] not in known:
            catalogue.add(record)
    for record in rare:
        catalogue.add(record)
    return catalogue


def add_private(catalogue: Catalogue, count: int, region: str = "us-east-1", *, seed: int = 1) -> None:
    """Add the caller's own images, and as many of a friend's: some public, some disabled, some not shared."""
    template = next(record for record in oddities(region) if record["RootDeviceType"] == "ebs")
    for owner in (ACCOUNT, FRIEND):
        for number in range(count):
            record = template | {
                "ImageId": "ami-0" + digest(owner, region, str(seed), str(number))[:16],
                "Name": f"golden-{number:05d}",
                "OwnerId": owner,
                "Public": number % 5 == 0 and number % 7 != 1,  # disabling makes private
                "State": "disabled" if number % 7 == 1 else "available",
                "CreationDate": stamp(SYNTHETIC_AS_OF - number * DAY),
            }
            within = frozenset({ACCOUNT})
            shares = (Shares(accounts=within), Shares(through_organization=within), Shares())[number % 3]
            catalogue.add(record, shares if owner == FRIEND else Shares())


@dataclass(slots=True)
class Churn:
    """Ids of images that are different now."""

    changed: list[str]
    added: list[str]
    gone: list[str]
    """Deregistered, or private now."""


def churn(
    catalogue: Catalogue,
    share: float = 0.01,
    *,
    seed: int,
    region: str = "us-east-1",
    as_of: int = SYNTHETIC_AS_OF,
) -> Churn:
    """Change a share of the images: four in ten get other members, three in ten vanish, and as many come.

    New images are young, as new ones are: created within a day of `as_of`; none of them is kept in S3, as images
    without a date are. What changes and goes is of any age.
    """
    rng = Random(f"{region}/churn/{seed}")
    places = [place for place in range(catalogue.places) if catalogue.listed[place] and catalogue.public[place]]
    chosen = [catalogue.ids[place] for place in rng.sample(places, max(3, int(len(places) * share * 0.7)))]
    found = Churn([], [], [])
    for number, image_id in enumerate(chosen):
        if number % 7 < 4:
            _alter(catalogue, image_id, number, as_of)
            found.changed.append(image_id)
        else:
            if number % 7 == 4:
                catalogue.change(image_id, Public=False)
            else:
                catalogue.remove(image_id, lingering=number % 7 == 5)
            found.gone.append(image_id)
    for record in synthetic_records(2 * len(found.gone), region, seed=seed + 1_000_000, as_of=as_of):
        if len(found.added) == len(found.gone):
            break
        if record["RootDeviceType"] == "ebs" and catalogue.place(record["ImageId"]) is None:
            catalogue.add(record | {"CreationDate": stamp(as_of - rng.randrange(DAY))})
            found.added.append(record["ImageId"])
    return found


def _alter(catalogue: Catalogue, image_id: str, number: int, as_of: int) -> None:
    """Other members than before: what an owner can change, and a name for what it cannot."""
    kind = number % 5
    if kind == 0:
        catalogue.change(image_id, DeprecationTime=minute_stamp(as_of - number % 90 * DAY))
    elif kind == 1:
        catalogue.change(image_id, DeprecationTime=minute_stamp(as_of + number % 90 * DAY))
    elif kind == 2:
        catalogue.change(image_id, Description=f"changed {number} at {stamp(as_of)}")
    elif kind == 3:
        catalogue.change(image_id, Name=f"renamed-{number}-{image_id}")
    else:
        catalogue.change(image_id, StateReason={"Code": "Client.UserInitiatedShutdown", "Message": f"{number}"})


def prune(catalogue: Catalogue, *, as_of: int = SYNTHETIC_AS_OF, launched: Iterable[str] = ()) -> Churn:
    """Let publishers tidy up as they do.

    Canonical deprecates all but its last three serials and makes private what nobody launched for six months,
    NixOS deprecates after 90 days.

    Args:
        launched: ids of images that somebody launched of late.
    """
    found = Churn([], [], [])
    used = set(launched)
    serials: dict[str, list[Record]] = defaultdict(list)
    for record in catalogue:
        if record.get("OwnerId") == CANONICAL and record.get("Public"):
            serials[_SERIAL.sub("", record["Name"])].append(record)
        elif record.get("OwnerId") == NIXOS and record["CreationDate"] < stamp(as_of - NIXOS_DAYS * DAY):
            _deprecate(catalogue, record, as_of, found)
    for builds in serials.values():
        builds.sort(key=lambda record: str(record["Name"]))
        for record in builds[:-CANONICAL_KEEPS]:
            if record["CreationDate"] < stamp(as_of - UNUSED_DAYS * DAY) and record["ImageId"] not in used:
                catalogue.change(record["ImageId"], Public=False)
                found.gone.append(record["ImageId"])
            else:
                _deprecate(catalogue, record, as_of, found)
    return found


def _deprecate(catalogue: Catalogue, record: Record, as_of: int, found: Churn) -> None:
    if record.get("DeprecationTime", "9") > minute_stamp(as_of):
        catalogue.change(record["ImageId"], DeprecationTime=minute_stamp(as_of))
        found.changed.append(record["ImageId"])
