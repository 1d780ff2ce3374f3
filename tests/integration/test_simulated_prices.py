"""The price list of the simulated AWS: read by boto3, and by what reads AWS's own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from amitui.domain.costs import SnapshotPrices
from amitui.ec2.reads.prices import Price, Unknown, on_demand_price, snapshot_prices
from amitui.ec2.session import AwsTarget, Ec2Connection
from tests.support.fleet_lab import FleetLab, fleet_lab, refused


@pytest.fixture(scope="module")
def lab() -> Iterator[FleetLab]:
    with fleet_lab(fleet={}) as made:
        yield made


def read(lab: FleetLab) -> tuple[list[Price | Unknown], list[SnapshotPrices | Unknown]]:
    async def ask() -> tuple[list[Price | Unknown], list[SnapshotPrices | Unknown]]:
        async with Ec2Connection(AwsTarget(endpoint_url=lab.url, demo=True)) as connection:
            hours = [
                await on_demand_price(connection, region, kind, platform)
                for region, kind, platform in (
                    ("us-east-1", "m7i.large", "Linux/UNIX"),
                    ("us-east-1", "m7i.large", "RunInstances:0002"),
                    ("eu-central-1", "m7i.large", "Linux/UNIX"),
                    ("us-east-1", "x99.huge", "Linux/UNIX"),
                )
            ]
            months = [await snapshot_prices(connection, region) for region in ("us-east-1", "eu-central-1")]
            return hours, months

    return asyncio.run(ask())


def test_the_reader_of_aws_prices_reads_the_demos(lab: FleetLab) -> None:
    (linux, windows, frankfurt, nothing), (snapshots, elsewhere) = read(lab)

    assert linux == Price(0.1008, "USD")
    assert isinstance(windows, Price)
    assert windows.amount == pytest.approx(0.1008 + 2 * 0.046), "a licence costs by the vCPU"
    assert isinstance(frankfurt, Price)
    assert frankfurt.amount > linux.amount
    assert isinstance(nothing, Unknown)
    assert isinstance(snapshots, SnapshotPrices)
    assert isinstance(elsewhere, SnapshotPrices)
    assert (snapshots.standard, snapshots.archive) == (0.05, 0.0125)
    assert elsewhere.standard > snapshots.standard


def test_products_come_in_pages_and_say_that_they_are_simulated(lab: FleetLab) -> None:
    pricing = lab.client("pricing")
    filters = [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": "us-east-1"}]
    asked = {"ServiceCode": "AmazonEC2", "Filters": filters}
    first = pricing.get_products(MaxResults=100, **asked)
    rest = pricing.get_products(MaxResults=100, NextToken=first["NextToken"], **asked)

    products = [json.loads(one) for one in (*first["PriceList"], *rest["PriceList"])]
    assert len({one["product"]["sku"] for one in products}) == len(products) > 100
    (term,) = products[0]["terms"]["OnDemand"].values()
    (dimension,) = term["priceDimensions"].values()
    assert "Simulated" in dimension["description"]
    with refused("InvalidParameterException"):
        pricing.get_products(ServiceCode="AmazonS3")
    with refused("UnsupportedOperation"):
        pricing.describe_services()
