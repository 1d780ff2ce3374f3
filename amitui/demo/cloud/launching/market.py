"""How many instances are launched, and on which market: counts, quotas and Spot options."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.launching.account import Running, type_record
from amitui.demo.cloud.launching.rules import refusal
from amitui.demo.cloud.quotas import vcpu_quota

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amitui.demo.cloud.launching.account import AccountState, Subnet
    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.rules import Quotas

ON_DEMAND: Final = "on-demand"
SPOT: Final = "spot"
_MARKETS: Final = frozenset({SPOT, "capacity-block"})
_MOST: Final = 10_000_000
"""vCPUs of a family that is not counted."""
_PRICE: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
_LEAST_PRICE: Final = 0.001
"""USD an hour."""
_REQUEST_TYPES: Final = frozenset({"one-time", "persistent"})
_INTERRUPTIONS: Final = frozenset({"hibernate", "stop", "terminate"})


def counts(params: Params) -> tuple[int, int]:
    """MinCount and MaxCount.

    Raises:
        CloudError: one is missing, or they are not what counts can be.
    """
    for name in ("MinCount", "MaxCount"):
        if name not in params:
            raise refusal("count-missing", name=name)
    least, most = int(params["MinCount"]), int(params["MaxCount"])
    for name, value in (("minCount", least), ("maxCount", most)):
        if value < 1:
            raise refusal("count-not-positive", name=name, value=value)
    if most < least:
        raise refusal("counts-reversed", least=least, most=most)
    return least, most


def market_of(params: Params, instance_type: Params) -> str:
    """The market on which is launched.

    Raises:
        CloudError: there is no such market, it does not have the type, or the Spot options do not fit.
    """
    options = params.get("InstanceMarketOptions") or {}
    market = str(options.get("MarketType", ON_DEMAND))
    if market not in _MARKETS | {ON_DEMAND} or (market == ON_DEMAND and "MarketType" in options):
        raise refusal("market-unknown", market=market)
    if "SpotOptions" in options and market != SPOT:
        raise refusal("spot-options-without-spot")
    _check_spot(options.get("SpotOptions") or {})
    offered = instance_type.get("SupportedUsageClasses") or ()
    if offered and market not in offered:
        raise refusal("market-not-offered", type=instance_type["InstanceType"], market=market)
    return market


def _check_spot(options: Params) -> None:
    if "MaxPrice" in options:
        price = str(options["MaxPrice"])
        if not _PRICE.fullmatch(price) or float(price) < _LEAST_PRICE:
            raise refusal("spot-price", price=price)
    kind = str(options.get("SpotInstanceType", "one-time"))
    behavior = str(options.get("InstanceInterruptionBehavior", "terminate"))
    if kind not in _REQUEST_TYPES:
        raise refusal("spot-value", value=kind, name="spotInstanceType")
    if behavior not in _INTERRUPTIONS:
        raise refusal("spot-value", value=behavior, name="instanceInterruptionBehavior")
    if kind == "one-time" and behavior != "terminate":
        raise refusal("spot-interruption", kind=kind, behavior=behavior)
    if kind == "one-time" and "ValidUntil" in options:
        raise refusal("spot-until")
    if kind == "persistent" and behavior == "terminate":
        raise refusal("spot-persistent", behavior=behavior)


def as_many_as_fit(
    wanted: tuple[int, int],
    instance_type: Params,
    market: str,
    account: AccountState,
    subnet: Subnet,
    quotas: Quotas,
) -> int:
    """How many of the type can be launched: MaxCount, or fewer, but never fewer than MinCount.

    Args:
        wanted: `counts`.

    Raises:
        CloudError: a quota or the subnet leaves no room for MinCount.
    """
    least, most = wanted
    running = account.running()
    fit = min(most, vcpu_room(instance_type, market, running, quotas))
    if fit < least:
        if market == SPOT:
            raise refusal("spot-quota")
        raise refusal("vcpu-quota", limit=_limit(instance_type, market, quotas))
    fit = min(fit, quotas.instances - len(running))
    if fit < least:
        raise refusal("instance-quota", wanted=least, limit=quotas.instances)
    fit = min(fit, subnet.free_addresses)
    if fit < least:
        raise refusal("addresses-exhausted", subnet=subnet.subnet_id)
    return fit


def check_start(types: Iterable[Params], account: AccountState, quotas: Quotas) -> None:
    """Refuse to start stopped instances for which a quota leaves no room.

    Args:
        types: of each of them, its record.

    Raises:
        CloudError: VcpuLimitExceeded.
    """
    counted = account.running()
    for instance_type in types:
        if vcpu_room(instance_type, ON_DEMAND, counted, quotas) < 1:
            raise refusal("vcpu-quota", limit=_limit(instance_type, ON_DEMAND, quotas))
        counted = [*counted, counted_as(instance_type)]


def counted_as(instance_type: Params) -> Running:
    """An On-Demand instance of the type, as it is counted."""
    return Running(str(instance_type["InstanceType"]), spot=False)


def vcpu_room(instance_type: Params, market: str, running: Iterable[Running], quotas: Quotas) -> int:
    """How many more instances of a type the vCPU quota of its family allows."""
    spot = market == SPOT
    quota = vcpu_quota(str(instance_type["InstanceType"]), spot=spot, quotas=quotas)
    taken = sum(
        _vcpus(one.instance_type)
        for one in running
        if one.spot == spot and vcpu_quota(one.instance_type, spot=spot, quotas=quotas).code == quota.code
    )
    room = quota.vcpus - taken
    return max(0, int(min(room, _MOST)) // _vcpus(str(instance_type["InstanceType"])))


def _limit(instance_type: Params, market: str, quotas: Quotas) -> int:
    return int(vcpu_quota(str(instance_type["InstanceType"]), spot=market == SPOT, quotas=quotas).vcpus)


def _vcpus(type_name: str) -> int:
    record = type_record(type_name)
    return int(record["VCpuInfo"]["DefaultVCpus"]) if record else 1
