"""The organization of the demo's accounts: what Organizations and STS say of it, as far as amitui asks.

The main account is a delegated administrator. Roles may be assumed from it alone, in the accounts that are active;
one whose name ends in `Reader` may change nothing.
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.model import CloudError
from amitui.demo.seed.accounts import (
    MAIN_ACCOUNT,
    ORGANIZATION_ARN,
    PLATFORM_ACCOUNT,
    RESEARCH_ACCOUNT,
    SECOND_ACCOUNT,
    assumed_key,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amitui.demo.seed.accounts import Caller

SERVICE: Final = "organizations"
CONTENT_TYPE: Final = "application/x-amz-json-1.1"
_NAMES: Final = {
    MAIN_ACCOUNT: ("Acme", "ACTIVE"),
    SECOND_ACCOUNT: ("Orbit", "ACTIVE"),
    PLATFORM_ACCOUNT: ("Platform Engineering", "ACTIVE"),
    RESEARCH_ACCOUNT: ("Research (closed)", "SUSPENDED"),
}
_UNIT: Final = "ou-demo-eng1neer5"
_ROOT: Final = "r-demo"
_UNITS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    _ROOT: ((PLATFORM_ACCOUNT, RESEARCH_ACCOUNT), (_UNIT,)),
    _UNIT: ((MAIN_ACCOUNT, SECOND_ACCOUNT), ()),
}
"""Accounts and units that are directly in a unit, by its id."""
_PAGE: Final = 2
"""Entries a page: so few that whoever asks has to ask for the next one."""
_ROLE: Final = re.compile(r"arn:aws:iam::([0-9]{12}):role/(?:[!-~]*/)?([\w+=,.@-]{1,64})", re.ASCII)
_SECONDS: Final = 3600
_JOINED: Final = 1_600_000_000
"""When every account joined the organization, in epoch seconds."""


def organization_answer(target: str, body: bytes, caller: Caller) -> bytes:
    """The answer of Organizations.

    Args:
        target: the header X-Amz-Target.

    Raises:
        CloudError: the caller may not ask, or it is not simulated.
    """
    asked = json.loads(body or b"{}")
    if caller.account != MAIN_ACCOUNT:
        raise CloudError("AccessDeniedException", "You don't have permissions to access this resource.")
    operation = target.rpartition(".")[2]
    if operation == "ListAccounts":
        return _page("Accounts", [_account(one) for one in _NAMES], asked)
    accounts, units = _UNITS.get(str(asked.get("ParentId")), ((), ()))
    if operation == "ListAccountsForParent":
        return _page("Accounts", [_account(one) for one in accounts], asked)
    if operation == "ListOrganizationalUnitsForParent":
        return _page("OrganizationalUnits", [{"Id": one, "Name": "Engineering"} for one in units], asked)
    raise CloudError("UnsupportedOperation", f"The demo's cloud does not simulate {operation}.")


def _account(account: str) -> dict[str, Any]:
    name, status = _NAMES[account]
    head = ORGANIZATION_ARN.replace(":organization/", ":account/")
    return {
        "Id": account,
        "Arn": f"{head}/{account}",
        "Email": f"{name.split()[0].lower()}@example.com",
        "Name": name,
        "Status": status,
        "State": status,
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": _JOINED,
    }


def _page(key: str, entries: list[dict[str, Any]], asked: Mapping[str, Any]) -> bytes:
    begin = int(asked.get("NextToken") or 0)
    answer: dict[str, Any] = {key: entries[begin : begin + _PAGE]}
    if begin + _PAGE < len(entries):
        answer["NextToken"] = str(begin + _PAGE)
    return json.dumps(answer).encode()


def assume_role(caller: Caller, form: Mapping[str, str]) -> dict[str, Any]:
    """The answer of STS to AssumeRole.

    Raises:
        CloudError: there is no such role that the caller may assume.
    """
    arn = form.get("RoleArn", "")
    match = _ROLE.fullmatch(arn)
    account = match[1] if match else ""
    if match is None or caller.account != MAIN_ACCOUNT or _NAMES.get(account, ("", ""))[1] != "ACTIVE":
        raise CloudError(
            "AccessDenied",
            f"User: arn:aws:iam::{caller.account}:user/demo is not authorized to perform: sts:AssumeRole on "
            f"resource: {arn}",
            403,
        )
    name = form.get("RoleSessionName", "")
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + _SECONDS))
    return {
        "Credentials": {
            "AccessKeyId": assumed_key(account, read_only=match[2].endswith("Reader")),
            "SecretAccessKey": "demo",
            "SessionToken": "demo",
            "Expiration": until,
        },
        "AssumedRoleUser": {
            "AssumedRoleId": f"AROADEMO:{name}",
            "Arn": f"arn:aws:sts::{account}:assumed-role/{match[2]}/{name}",
        },
    }
