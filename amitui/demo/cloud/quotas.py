"""Service Quotas, as far as launches are counted against them: the vCPUs of each group of instance types.

The operations and errors are those that AWS documents; the values are an account's that has asked for some.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amitui.demo.cloud.model import CloudError
from amitui.domain.launch.inventory import QUOTA_KINDS, family_letters

if TYPE_CHECKING:
    from amitui.demo.cloud.rules import Quotas
    from amitui.demo.seed.accounts import Caller

SERVICE: Final = "servicequotas"
"""As requests are signed for it."""


class VcpuQuota(NamedTuple):
    """How many vCPUs of some families may run."""

    code: str
    """Of Service Quotas; empty = these are not counted so, as Macs are by host."""
    name: str
    vcpus: float


_STANDARD: Final = QUOTA_KINDS[0][0]
_VALUES: Final = {
    "L-DB2E81BA": 64.0, "L-3819A6DF": 64.0, "L-7295265B": 128.0, "L-1945791B": 8.0, "L-2C3B7624": 8.0,
    "L-F7808C92": 768.0,
}  # fmt: skip
"""vCPUs; the families that are not here have none, as in a new account."""
_UNCOUNTED: Final = VcpuQuota("", "", math.inf)


def vcpu_quota(type_name: str, *, spot: bool, quotas: Quotas) -> VcpuQuota:
    """The quota that counts instances of a type."""
    letters = family_letters(type_name)
    for name, families, on_demand, on_spot in QUOTA_KINDS:
        if letters in families:
            return _quota(name, on_spot if spot else on_demand, spot=spot, quotas=quotas)
    return _UNCOUNTED


def _quota(name: str, code: str, *, spot: bool, quotas: Quotas) -> VcpuQuota:
    if not code:
        return _UNCOUNTED
    words = f"All {name} Spot Instance Requests" if spot else f"Running On-Demand {name} instances"
    vcpus = float(quotas.standard_vcpus) if name == _STANDARD else _VALUES.get(code, 0.0)
    return VcpuQuota(code, words, vcpus)


def _by_code(code: str, quotas: Quotas) -> VcpuQuota | None:
    for name, _, on_demand, on_spot in QUOTA_KINDS:
        if code and code in (on_demand, on_spot):
            return _quota(name, code, spot=code == on_spot, quotas=quotas)
    return None


_OPERATIONS: Final = frozenset({"GetServiceQuota", "GetAWSDefaultServiceQuota"})


def quota_answer(target: str, body: bytes, caller: Caller, quotas: Quotas) -> bytes:
    """The answer to a request of Service Quotas.

    Args:
        target: of its header `X-Amz-Target`.
        quotas: of the account.

    Raises:
        CloudError: there is no such quota, or the operation is another one.
    """
    operation = target.rpartition(".")[2]
    if operation not in _OPERATIONS:
        raise CloudError("UnsupportedOperation", f"The demo's cloud does not simulate {operation}.")
    requested: dict[str, Any] = json.loads(body or b"{}")
    code = str(requested.get("QuotaCode", ""))
    found = _by_code(code, quotas)
    if requested.get("ServiceCode") != "ec2" or found is None:
        raise CloudError(
            "NoSuchResourceException", "The request failed because the specified quota does not exist."
        )
    quota = {
        "ServiceCode": "ec2",
        "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
        "QuotaArn": f"arn:aws:servicequotas:{caller.region}:{caller.account}:ec2/{code}",
        "QuotaCode": code,
        "QuotaName": found.name,
        "Value": found.vcpus,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }
    return json.dumps({"Quota": quota}).encode()
