"""Who a caller is, as STS says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.demo.seed.accounts import MAIN_ACCOUNT
from amitui.demo.seed.records import digest

if TYPE_CHECKING:
    from amitui.demo.cloud.model import Params
    from amitui.demo.seed.accounts import Caller


def caller_identity(caller: Caller) -> Params:
    """The answer to STS GetCallerIdentity."""
    if caller.is_role:
        role = "Reader" if caller.read_only else "Member"
        return {
            "UserId": "AROA" + digest("role", caller.account, role)[:16].upper() + ":amitui",
            "Account": caller.account,
            "Arn": f"arn:aws:sts::{caller.account}:assumed-role/{role}/amitui",
        }
    user = "demo" if caller.account == MAIN_ACCOUNT else "second"
    if caller.read_only:
        user = "reader"
    return {
        "UserId": "AIDA" + digest("user", caller.account, *(["reader"] if caller.read_only else []))[:16].upper(),
        "Account": caller.account,
        "Arn": f"arn:aws:iam::{caller.account}:user/{user}",
    }
