"""The Systems Manager parameters that moto holds, as far as they refer to images."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from amitui.demo.cloud.model import Ec2Requests, Params
    from amitui.demo.seed.accounts import Caller

IMAGE: Final = "aws:ec2:image"
"""The data type of a parameter whose value is an image's id."""

_ERROR: Final = 300
_NAMES_A_CALL: Final = 10


def image_parameters(requests: Ec2Requests, caller: Caller) -> list[tuple[str, str]]:
    """ARN and value of each of the caller's parameters that is declared to hold an image's id."""
    names: list[str] = []
    requested: dict[str, Any] = {}
    while True:
        page = _call(requests, caller, "DescribeParameters", requested)
        names += [str(entry["Name"]) for entry in page.get("Parameters", ()) if entry.get("DataType") == IMAGE]
        if not page.get("NextToken"):
            break
        requested = {"NextToken": page["NextToken"]}
    found: list[tuple[str, str]] = []
    for start in range(0, len(names), _NAMES_A_CALL):
        answer = _call(requests, caller, "GetParameters", {"Names": names[start : start + _NAMES_A_CALL]})
        found += [(str(entry["ARN"]), str(entry["Value"])) for entry in answer.get("Parameters", ())]
    return found


def parameter(requests: Ec2Requests, caller: Caller, name: str) -> tuple[str, str] | None:
    """Value and data type of the caller's parameter of a name, ARN, version or label; `None` = there is none."""
    answer = _call(requests, caller, "GetParameter", {"Name": name})
    entry = answer.get("Parameter")
    return (str(entry["Value"]), str(entry.get("DataType", "text"))) if entry else None


def _call(requests: Ec2Requests, caller: Caller, operation: str, parameters: dict[str, Any]) -> Params:
    scope = f"Credential=AKIADEMO/20260101/{caller.region}/ssm/aws4_request"
    status, _, body = requests.answer(
        method="POST",
        path="/",
        query="",
        headers={
            "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
            "Content-Type": "application/x-amz-json-1.1",
            "Host": f"ssm.{caller.region}.amazonaws.com",
            "X-Amz-Target": f"AmazonSSM.{operation}",
        },
        body=json.dumps(parameters).encode(),
        account=caller.account,
    )
    # What answers EC2 alone, without Systems Manager, has no parameters.
    answer = json.loads(body) if status < _ERROR else {}
    return answer if isinstance(answer, dict) else {}
