"""Service Quotas, as far as launches are counted against them: the vCPUs of each group of instance types.

The operations and errors are those that AWS documents; the values are an account's that has asked for some.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.model import CloudError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amitui.demo.seed.accounts import Caller

SERVICE: Final = "servicequotas"
"""As requests are signed for it."""

_QUOTAS: Final[Mapping[str, tuple[str, float]]] = {
    "L-1216C47A": ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 512.0),
    "L-DB2E81BA": ("Running On-Demand G and VT instances", 64.0),
    "L-417A185B": ("Running On-Demand P instances", 0.0),
    "L-7295265B": ("Running On-Demand X instances", 128.0),
    "L-34B43A08": ("All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", 512.0),
    "L-3819A6DF": ("All G and VT Spot Instance Requests", 64.0),
}
_OPERATIONS: Final = frozenset({"GetServiceQuota", "GetAWSDefaultServiceQuota"})


def quota_answer(target: str, body: bytes, caller: Caller) -> bytes:
    """The answer to a request of Service Quotas.

    Args:
        target: of its header `X-Amz-Target`.

    Raises:
        CloudError: there is no such quota, or the operation is another one.
    """
    operation = target.rpartition(".")[2]
    if operation not in _OPERATIONS:
        raise CloudError("UnsupportedOperation", f"The demo's cloud does not simulate {operation}.")
    requested: dict[str, Any] = json.loads(body or b"{}")
    code = str(requested.get("QuotaCode", ""))
    found = _QUOTAS.get(code)
    if requested.get("ServiceCode") != "ec2" or found is None:
        raise CloudError(
            "NoSuchResourceException", "The request failed because the specified quota does not exist."
        )
    name, value = found
    quota = {
        "ServiceCode": "ec2",
        "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
        "QuotaArn": f"arn:aws:servicequotas:{caller.region}:{caller.account}:ec2/{code}",
        "QuotaCode": code,
        "QuotaName": name,
        "Value": value,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }
    return json.dumps({"Quota": quota}).encode()
