"""Reads which accounts an organization has.

Source: the AWS Organizations API reference: ListAccounts may be called by the management account and by delegated
administrators of a service; a page may be empty and have a NextToken; a unit has accounts and further units.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

from amitui.domain.accounts import is_account
from amitui.domain.organization import OrganizationAccount
from amitui.ec2.convert import sanitize
from amitui.ec2.query import dicts, text_of
from amitui.errors import AwsError, DeniedError

if TYPE_CHECKING:
    from amitui.ec2.session import Ec2Connection

MOST_PAGES: Final = 1_000
"""Of one list: an organization has 50,000 accounts at most, 20 of them a page."""
_LONGEST_NAME: Final = 50
"""Characters of an account's name, by the API reference."""
_NOT_IN_USE: Final = "AWSOrganizationsNotInUseException"
_WORDS: Final = "list the accounts of the organization"
_REMEDY: Final = (
    "use a profile of the management account or of a delegated administrator that is allowed "
    "organizations:ListAccounts, or name the accounts' own profiles with --profile"
)


async def organization_accounts(connection: Ec2Connection, region: str) -> tuple[OrganizationAccount, ...]:
    """All accounts of the organization, whatever their state, each once; names are safe to show.

    Args:
        region: any of the partition.

    Raises:
        AwsError: in words; `DeniedError` says which account may list them.
    """
    found: dict[str, OrganizationAccount] = {}
    async for entry in _entries(connection, region, "list_accounts", "Accounts", _WORDS):
        account = text_of(entry, "Id")
        if is_account(account):
            state = text_of(entry, "State") or text_of(entry, "Status") or "ACTIVE"
            name = " ".join(sanitize(text_of(entry, "Name")).split())[:_LONGEST_NAME] or account
            found[account] = OrganizationAccount(account, name, sanitize(state)[:_LONGEST_NAME])
    return tuple(found.values())


async def accounts_of_unit(connection: Ec2Connection, region: str, unit: str) -> frozenset[str]:
    """The accounts in a unit or root and in all units below it.

    Raises:
        AwsError: in words.
    """
    accounts: set[str] = set()
    waiting, seen = [unit], {unit}
    words = f"list the accounts of {unit}"
    while waiting:
        parent = waiting.pop()
        async for entry in _entries(
            connection, region, "list_accounts_for_parent", "Accounts", words, ParentId=parent
        ):
            accounts.add(text_of(entry, "Id"))
        async for entry in _entries(
            connection,
            region,
            "list_organizational_units_for_parent",
            "OrganizationalUnits",
            words,
            ParentId=parent,
        ):
            child = text_of(entry, "Id")
            if child and child not in seen:
                seen.add(child)
                waiting.append(child)
    return frozenset(filter(is_account, accounts))


async def _entries(
    connection: Ec2Connection, region: str, operation: str, key: str, words: str, **parameters: Any
) -> AsyncIterator[dict[str, Any]]:
    token: dict[str, Any] = {}
    for _ in range(MOST_PAGES):
        try:
            answer = await connection.service_call(
                "organizations", region, operation, words, **parameters, **token
            )
        except AwsError as error:
            raise _explained(error) from error
        for entry in dicts(answer.get(key)):
            yield entry
        following = text_of(answer, "NextToken")
        if not following:
            return
        token = {"NextToken": following}
    raise AwsError(f"could not {words}", why=f"it has more than {MOST_PAGES:,} pages", code="TooManyPages")


def _explained(error: AwsError) -> AwsError:
    if error.code == _NOT_IN_USE:
        return DeniedError("this account is in no organization", why=error.why, remedy=_REMEDY, code=error.code)
    if isinstance(error, DeniedError):
        return DeniedError(
            "this account may not list the organization's accounts", why=error.why, remedy=_REMEDY, code=error.code
        )
    return error
