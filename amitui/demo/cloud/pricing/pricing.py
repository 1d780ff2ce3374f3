"""GetProducts of the AWS Price List service, for the products of the demo's table."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.pricing.table import DATE, LICENCES, LINUX, REGIONS, RegionPrices
from amitui.demo.cloud.systems_manager.pages import json_page
from amitui.demo.seed.records import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.demo.cloud.model import Params
    from amitui.demo.seed.accounts import Caller

_MOST: Final = 100
_SERVICE: Final = "AmazonEC2"
_HOURS: Final = "Hrs"
_MONTHS: Final = "GB-Mo"
_SIMULATED: Final = f"Simulated by amitui's demo, near to list prices of {DATE}"


class Pricing:
    """What clients do with the price list."""

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {"GetProducts": self.products}

    def products(self, caller: Caller, params: Params) -> Params:
        """GetProducts: those whose attributes equal all filters."""
        if params.get("ServiceCode") != _SERVICE:
            raise CloudError("InvalidParameterException", f"The demo's price list has {_SERVICE} only.")
        wanted: dict[str, str] = {}
        for given in params.get("Filters", ()):
            if given.get("Type") != "TERM_MATCH":
                raise CloudError("InvalidParameterException", "The demo's price list knows TERM_MATCH only.")
            wanted[str(given.get("Field", ""))] = str(given.get("Value", ""))
        fits = [
            json.dumps(product)
            for product in _all_products()
            if all(_attribute(product, name) == value for name, value in wanted.items())
        ]
        return {"FormatVersion": "aws_v1", **json_page("PriceList", fits, caller, params, most=_MOST)}


def _attribute(product: Params, name: str) -> str | None:
    about = product["product"]
    if name == "productFamily":
        return str(about["productFamily"])
    return _SERVICE if name == "ServiceCode" else about["attributes"].get(name)


@cache
def _all_products() -> tuple[Params, ...]:
    found: list[Params] = []
    for region, prices in REGIONS.items():
        found += _snapshots(region, prices)
        for kind, (vcpus, dollars) in LINUX.items():
            for operation, (system, licence, more) in LICENCES.items():
                attributes = {
                    "instanceType": kind,
                    "vcpu": str(vcpus),
                    "operatingSystem": system,
                    "licenseModel": licence,
                    "tenancy": "Shared",
                    "capacitystatus": "Used",
                    "preInstalledSw": "NA",
                    "operation": operation,
                    "usagetype": _usage(prices, f"BoxUsage:{kind}"),
                }
                amount = dollars * prices.factor + more * vcpus
                found.append(_product("Compute Instance", region, prices, attributes, _HOURS, amount))
    return tuple(found)


def _snapshots(region: str, prices: RegionPrices) -> list[Params]:
    kinds = (("EBS:SnapshotUsage", prices.snapshot), ("EBS:SnapshotArchiveStorage", prices.archived))
    named = [({"usagetype": _usage(prices, usage), "operation": ""}, amount) for usage, amount in kinds]
    return [
        _product("Storage Snapshot", region, prices, attributes, _MONTHS, amount) for attributes, amount in named
    ]


def _usage(prices: RegionPrices, usage: str) -> str:
    return f"{prices.prefix}-{usage}" if prices.prefix else usage


def _product(
    family: str, region: str, prices: RegionPrices, attributes: dict[str, str], unit: str, amount: float
) -> Params:
    """One product in the shape of the price list."""
    sku = digest("sku", region, *attributes.values())[:16].upper()
    term = f"{sku}.JRTCKXETXF"
    rate = f"{term}.6YS6EN2CT7"
    dimension: dict[str, Any] = {
        "unit": unit,
        "beginRange": "0",
        "endRange": "Inf",
        "rateCode": rate,
        "description": _SIMULATED,
        "appliesTo": [],
        "pricePerUnit": {"USD": f"{amount:.10f}"},
    }
    return {
        "product": {
            "productFamily": family,
            "sku": sku,
            "attributes": {
                "servicecode": _SERVICE,
                "servicename": "Amazon Elastic Compute Cloud",
                "location": prices.location,
                "locationType": "AWS Region",
                "regionCode": region,
                **attributes,
            },
        },
        "serviceCode": _SERVICE,
        "terms": {
            "OnDemand": {
                term: {
                    "offerTermCode": "JRTCKXETXF",
                    "sku": sku,
                    "effectiveDate": f"{DATE}T00:00:00Z",
                    "priceDimensions": {rate: dimension},
                    "termAttributes": {},
                }
            }
        },
        "version": DATE.replace("-", ""),
        "publicationDate": f"{DATE}T00:00:00Z",
    }
