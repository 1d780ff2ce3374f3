"""Reads from AWS's price list what instances and snapshots cost; what it does not say is unknown, in words.

Prices are found by the billing code of the image's platform, which the price list calls `operation`: unlike the
words for a platform, it distinguishes Windows with a licence from Windows with one's own.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from amitui.domain.costs import SnapshotPrices
from amitui.domain.image.billing import usage_code
from amitui.domain.region import partition_of
from amitui.ec2.convert import sanitize
from amitui.ec2.query import Tokens, part, text_of
from amitui.ec2.session import Ec2Connection
from amitui.errors import AwsError, DeniedError, NetworkError

HOMES: Final[Mapping[str, str]] = {
    "aws": "us-east-1",
    "aws-cn": "cn-northwest-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-south-1",
}
"""By partition, the region whose endpoint answers for all of its prices; GovCloud has none."""

_NOT_THERE: Final = "UnsupportedOperation"
"""What the demo's cloud says of what it does not simulate."""
_SERVICE: Final = "AmazonEC2"
_PAGE: Final = 100
_PAGES: Final = 5
"""One product is expected; a list that does not end is not read to its end."""
_HOURS: Final = ("Hrs", "Hours")
_GB_MONTHS: Final = ("GB-Mo", "GB-month")
_STANDARD: Final = "SnapshotUsage"
_ARCHIVE: Final = "SnapshotArchiveStorage"


class Price(NamedTuple):
    """What a unit costs on demand: an hour of one instance, without volumes, traffic and what Marketplace sellers
    take, or a month of a GiB."""

    amount: float
    currency: str
    """`USD`; in China `CNY`."""

    @property
    def words(self) -> str:
        """`0.0104 USD an hour`"""
        return f"{self.amount:.4f} {self.currency} an hour"


class Unknown(NamedTuple):
    """That there is no price, and why."""

    words: str


async def on_demand_price(
    connection: Ec2Connection, region: str, type_name: str, platform: str
) -> Price | Unknown:
    """What an hour of a type costs on shared hardware.

    Args:
        platform: the image's usage operation (`RunInstances:0002`), or its platform in EC2's words (`Windows`).
    """
    home = HOMES.get(partition_of(region))
    if home is None:
        return Unknown("AWS gives no prices for this partition")
    code = usage_code(platform)
    if not code:
        return Unknown(f"billing is unknown for {platform or 'this platform'}")
    wanted = {
        "regionCode": region,
        "instanceType": type_name,
        "operation": code,
        "tenancy": "Shared",
        # Of a capacity reservation, the part that an instance uses costs nothing beside it.
        "capacitystatus": "Used",
    }
    products = await _answered(connection, home, wanted)
    if isinstance(products, Unknown):
        return products
    found = [price for product in products for price in _prices(product, _HOURS)]
    prices = set(found)
    if not prices:
        return Unknown(f"AWS lists no price for {type_name} with {platform} on shared hardware in {region}")
    if len(prices) > 1:
        return Unknown(f"AWS lists several prices for {type_name} with {platform} in {region}")
    return prices.pop()


async def snapshot_prices(connection: Ec2Connection, region: str) -> SnapshotPrices | Unknown:
    """What a GiB of a snapshot costs a month, in the standard tier and archived."""
    home = HOMES.get(partition_of(region))
    if home is None:
        return Unknown("AWS gives no prices for this partition")
    wanted = {"regionCode": region, "productFamily": "Storage Snapshot"}
    products = await _answered(connection, home, wanted)
    if isinstance(products, Unknown):
        return products
    found: dict[str, set[Price]] = {usage: set() for usage in (_STANDARD, _ARCHIVE)}
    for product in products:
        # The names have the Region before them everywhere but in us-east-1: `EUC1-EBS:SnapshotUsage`.
        usage = text_of(part(part(product, "product"), "attributes"), "usagetype").rpartition("EBS:")[2]
        if usage in found:
            found[usage] |= set(_prices(product, _GB_MONTHS))
    standard, archive = found[_STANDARD], found[_ARCHIVE]
    if len(standard) != 1 or len(archive) > 1:
        return Unknown(f"AWS lists no single price for snapshots in {region}")
    (price,) = standard
    # Where nothing is said of the archive, it costs what all snapshots do, so that an estimate is no less.
    archived = archive.pop().amount if archive else price.amount
    return SnapshotPrices(price.amount, archived, price.currency, f"AWS's price list for {region}")


async def _answered(
    connection: Ec2Connection, home: str, wanted: Mapping[str, str]
) -> list[dict[str, Any]] | Unknown:
    """The products with these attributes, or why the price list does not say."""
    try:
        return await _products(connection, home, wanted)
    except DeniedError:
        return Unknown("IAM does not allow reading prices: pricing:GetProducts is missing")
    except NetworkError:
        return Unknown("could not reach the price list")
    except AwsError as error:
        if error.code == _NOT_THERE:
            return Unknown("this endpoint has no price list")
        return Unknown(f"the price list did not answer: {error.why or error.what}")


async def _products(connection: Ec2Connection, home: str, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
    """The products of the price list that fit, as it describes them."""
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]
    found: list[dict[str, Any]] = []
    token: dict[str, Any] = {}
    tokens = Tokens("read the price")
    for _ in range(_PAGES):
        answer = await connection.service_call(
            "pricing",
            home,
            "get_products",
            "read the price",
            ServiceCode=_SERVICE,
            Filters=filters,
            MaxResults=_PAGE,
            **token,
        )
        entries = answer.get("PriceList")
        entries = entries if isinstance(entries, list) else []
        found += [product for entry in entries if isinstance(product := _read(entry), dict)]
        following = tokens.after(answer)
        if following is None:
            break
        token = {"NextToken": following}
    return found


def _read(entry: object) -> object:
    """One entry of the list, which is JSON in a text."""
    try:
        return json.loads(entry) if isinstance(entry, str) else None
    except (ValueError, RecursionError):
        return None


def _prices(product: Mapping[str, Any], units: Collection[str]) -> Iterator[Price]:
    """The prices of such a unit on demand; a free one is not a price but a product that is billed elsewhere."""
    for term in _values(part(product, "terms").get("OnDemand")):
        for dimension in _values(term.get("priceDimensions")):
            if dimension.get("unit") not in units:
                continue
            for currency, text in part(dimension, "pricePerUnit").items():
                amount = _amount(text)
                if amount:
                    yield Price(amount, sanitize(str(currency)))


def _amount(text: object) -> float:
    try:
        amount = float(text) if isinstance(text, str) else 0.0
    except ValueError:
        return 0.0
    return amount if 0 < amount < float("inf") else 0.0


def _values(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value.values() if isinstance(entry, dict)] if isinstance(value, dict) else []
