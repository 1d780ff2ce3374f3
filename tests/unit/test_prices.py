"""What an hour costs by AWS's price list, and the words for why it is not known."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from amitui.domain.costs import SnapshotPrices
from amitui.ec2.reads.prices import Price, Unknown, on_demand_price, snapshot_prices
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.errors import AwsError, DeniedError, NetworkError, RejectedError


def product(*prices: tuple[str, dict[str, str]], terms: str = "OnDemand") -> str:
    """One entry of GetProducts' PriceList: (unit, pricePerUnit) of each of its dimensions."""
    dimensions = {
        f"SKU.OFFER.{number}": {"unit": unit, "pricePerUnit": per_unit, "beginRange": "0", "endRange": "Inf"}
        for number, (unit, per_unit) in enumerate(prices)
    }
    entry = {
        "product": {
            "productFamily": "Compute Instance",
            "attributes": {"operation": "RunInstances"},
            "sku": "SKU",
        },
        "serviceCode": "AmazonEC2",
        "terms": {terms: {"SKU.OFFER": {"priceDimensions": dimensions, "termAttributes": {}}}},
    }
    return json.dumps(entry)


HOURLY = product(("Hrs", {"USD": "0.0960000000"}))


class Scripted(Ec2Connection):
    """Gives what is scripted instead of asking."""

    def __init__(self, *answers: Any) -> None:
        super().__init__(AwsTarget(demo=True))
        self.answers = list(answers)
        self.requests: list[tuple[str, str, str, dict[str, Any]]] = []

    async def service_call(
        self, service: str, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        self.requests.append((service, region, operation, parameters))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


def price(*answers: Any, region: str = "eu-central-1", platform: str = "Linux/UNIX") -> Price | Unknown:
    return asyncio.run(on_demand_price(Scripted(*answers), region, "m5.large", platform))


def test_an_hour_on_demand_has_a_price() -> None:
    found = price({"PriceList": [HOURLY]})

    assert found == Price(0.096, "USD")
    assert found.words == "0.0960 USD an hour"


def test_the_product_is_asked_for_by_its_billing_code_in_the_regions_own_list() -> None:
    connection = Scripted({"PriceList": [HOURLY]})

    asyncio.run(on_demand_price(connection, "eu-central-1", "m5.large", "Windows"))

    [(service, home, operation, parameters)] = connection.requests
    assert (service, home, operation, parameters["ServiceCode"]) == (
        "pricing", "us-east-1", "get_products", "AmazonEC2",
    )  # fmt: skip
    assert {one["Field"]: one["Value"] for one in parameters["Filters"]} == {
        "regionCode": "eu-central-1",
        "instanceType": "m5.large",
        "operation": "RunInstances:0002",
        "tenancy": "Shared",
        "capacitystatus": "Used",
    }
    assert {one["Type"] for one in parameters["Filters"]} == {"TERM_MATCH"}


@pytest.mark.parametrize("platform", ["Windows", "RunInstances:0002"])
def test_a_platform_is_known_by_its_words_and_by_its_code(platform: str) -> None:
    connection = Scripted({"PriceList": [HOURLY]})
    asyncio.run(on_demand_price(connection, "us-east-1", "m5.large", platform))
    assert {"Type": "TERM_MATCH", "Field": "operation", "Value": "RunInstances:0002"} in connection.requests[0][3][
        "Filters"
    ]


def test_china_has_a_list_and_a_currency_of_its_own() -> None:
    connection = Scripted({"PriceList": [product(("Hrs", {"CNY": "0.7040000000"}))]})

    found = asyncio.run(on_demand_price(connection, "cn-north-1", "m5.large", "Linux/UNIX"))

    assert connection.requests[0][1] == "cn-northwest-1"
    assert found.words == "0.7040 CNY an hour"


def test_the_price_may_be_on_a_later_page() -> None:
    assert price({"PriceList": [], "NextToken": "x"}, {"PriceList": [HOURLY]}) == Price(0.096, "USD")


def test_a_list_without_end_is_not_read_to_its_end() -> None:
    connection = Scripted(*[{"PriceList": [HOURLY], "NextToken": f"x{number}"} for number in range(20)])
    assert asyncio.run(on_demand_price(connection, "us-east-1", "m5.large", "Linux/UNIX")) == Price(0.096, "USD")
    assert len(connection.requests) < 20


def test_a_list_that_goes_round_in_circles_is_not_followed() -> None:
    connection = Scripted(*[{"PriceList": [HOURLY], "NextToken": "x"} for _ in range(20)])
    found = asyncio.run(on_demand_price(connection, "us-east-1", "m5.large", "Linux/UNIX"))
    assert found.words == "the price list did not answer: the same NextToken was returned twice"
    assert len(connection.requests) == 2


@pytest.mark.parametrize(
    "entry",
    [
        product(("Hrs", {"USD": "0.0000000000"})),
        product(("Hrs", {"USD": "nan"})),
        product(("Hrs", {"USD": "inf"})),
        product(("Hrs", {"USD": "-1"})),
        product(("Quantity", {"USD": "500"})),
        product(("Hrs", {"USD": "0.05"}), terms="Reserved"),
        "not JSON",
        "[]",
        '{"terms": []}',
        '{"terms": {"OnDemand": {"x": {"priceDimensions": {"y": {"unit": "Hrs", "pricePerUnit": "1"}}}}}}',
        17,
    ],
)
def test_what_is_no_price_of_an_hour_is_none(entry: Any) -> None:
    assert price({"PriceList": [entry]}) == Unknown(
        "AWS lists no price for m5.large with Linux/UNIX on shared hardware in eu-central-1"
    )


def test_several_prices_are_none_and_the_same_one_twice_is_one() -> None:
    other = product(("Hrs", {"USD": "0.2"}))
    assert price({"PriceList": [HOURLY, other]}) == Unknown(
        "AWS lists several prices for m5.large with Linux/UNIX in eu-central-1"
    )
    assert price({"PriceList": [HOURLY, HOURLY]}) == Price(0.096, "USD")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DeniedError("no"), "IAM does not allow reading prices: pricing:GetProducts is missing"),
        (NetworkError("no"), "could not reach the price list"),
        (RejectedError("no", code="UnsupportedOperation"), "this endpoint has no price list"),
        (AwsError("what", why="because"), "the price list did not answer: because"),
        (AwsError("what"), "the price list did not answer: what"),
    ],
)
def test_a_failure_is_an_unknown_price_in_words(error: Exception, words: str) -> None:
    assert price(error) == Unknown(words)


def test_nothing_is_asked_where_no_answer_can_come() -> None:
    assert price(region="us-gov-west-1") == Unknown("AWS gives no prices for this partition")
    assert price(platform="BeOS") == Unknown("billing is unknown for BeOS")
    assert price(platform="") == Unknown("billing is unknown for this platform")


# Snapshots


def snapshot_product(usage: str, amount: str, currency: str = "USD") -> str:
    """An entry for a GB-month of snapshots."""
    entry = json.loads(product(("GB-Mo", {currency: amount})))
    entry["product"]["attributes"] = {"usagetype": usage}
    return json.dumps(entry)


def snapshots(*answers: Any, region: str = "eu-central-1") -> SnapshotPrices | Unknown:
    return asyncio.run(snapshot_prices(Scripted(*answers), region))


def test_snapshots_have_a_price_in_both_tiers() -> None:
    found = snapshots(
        {
            "PriceList": [
                snapshot_product("EUC1-EBS:SnapshotUsage", "0.0540000000"),
                snapshot_product("EUC1-EBS:SnapshotArchiveStorage", "0.0135000000"),
                snapshot_product("EUC1-EBS:SnapshotArchiveRetrieval", "0.0300000000"),
                snapshot_product("EUC1-EBS:SnapshotUsageUnderBilling", "0.0999000000"),
            ]
        }
    )

    assert found == SnapshotPrices(0.054, 0.0135, "USD", "AWS's price list for eu-central-1")


def test_in_us_east_1_the_names_of_usage_have_no_region() -> None:
    found = snapshots({"PriceList": [snapshot_product("EBS:SnapshotUsage", "0.05")]}, region="us-east-1")

    assert isinstance(found, SnapshotPrices)
    assert (found.standard, found.archive) == (0.05, 0.05)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"PriceList": []}, "no single price"),
        (
            {
                "PriceList": [
                    snapshot_product("EBS:SnapshotUsage", "0.05"),
                    snapshot_product("X-EBS:SnapshotUsage", "0.06"),
                ]
            },
            "no single price",
        ),
        (DeniedError("no", code="AccessDenied"), "pricing:GetProducts"),
        (NetworkError("down"), "could not reach"),
        (RejectedError("no", code="UnsupportedOperation"), "no price list"),
    ],
)
def test_an_unknown_price_of_snapshots_says_why(answer: Any, words: str) -> None:
    found = snapshots(answer)

    assert isinstance(found, Unknown)
    assert words in found.words
