"""Service Quotas, as far as launches are counted against them: the vCPUs of each group of instance types.

The operations and errors are those that AWS documents; the values are an account's that has asked for some.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amitui.demo.cloud.model import CloudError

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


_STANDARD: Final = "Standard (A, C, D, H, I, M, R, T, Z)"
_FAMILIES: Final = (
    (_STANDARD, frozenset({"a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"}), "L-1216C47A", "L-34B43A08"),
    ("F", frozenset({"f"}), "L-74FC7D96", "L-88CF9481"),
    ("G and VT", frozenset({"g", "gr", "vt"}), "L-DB2E81BA", "L-3819A6DF"),
    ("P", frozenset({"p"}), "L-417A185B", "L-7212CCBC"),
    ("X", frozenset({"x"}), "L-7295265B", "L-E3A00192"),
    ("Inf", frozenset({"inf"}), "L-1945791B", "L-B5D1601B"),
    ("Trn", frozenset({"trn"}), "L-2C3B7624", "L-6B0D517C"),
    ("DL", frozenset({"dl"}), "L-6E869C2A", "L-85EED4F7"),
    ("High Memory", frozenset({"u"}), "L-43DA4232", ""),
    ("HPC", frozenset({"hpc"}), "L-F7808C92", ""),
)
"""Name, what names of its types begin with, and the codes of its quotas: On-Demand and Spot."""
_VALUES: Final = {
    "L-DB2E81BA": 64.0, "L-3819A6DF": 64.0, "L-7295265B": 128.0, "L-1945791B": 8.0, "L-2C3B7624": 8.0,
    "L-F7808C92": 768.0,
}  # fmt: skip
"""vCPUs; the families that are not here have none, as in a new account."""
_LETTERS: Final = re.compile("[a-z]+")
_UNCOUNTED: Final = VcpuQuota("", "", math.inf)


def vcpu_quota(type_name: str, *, spot: bool, quotas: Quotas) -> VcpuQuota:
    """The quota that counts instances of a type."""
    letters = _LETTERS.match(type_name)
    for name, families, on_demand, on_spot in _FAMILIES:
        if letters and letters[0] in families:
            return _quota(name, on_spot if spot else on_demand, spot=spot, quotas=quotas)
    return _UNCOUNTED


def _quota(name: str, code: str, *, spot: bool, quotas: Quotas) -> VcpuQuota:
    if not code:
        return _UNCOUNTED
    words = f"All {name} Spot Instance Requests" if spot else f"Running On-Demand {name} instances"
    vcpus = float(quotas.standard_vcpus) if name == _STANDARD else _VALUES.get(code, 0.0)
    return VcpuQuota(code, words, vcpus)


def _by_code(code: str, quotas: Quotas) -> VcpuQuota | None:
    for name, _, on_demand, on_spot in _FAMILIES:
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
