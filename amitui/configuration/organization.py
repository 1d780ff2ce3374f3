"""Whether the accounts of the organization are used, and through which role: options, environment and config."""

from __future__ import annotations

from collections.abc import Mapping

from amitui.configuration.readers import checked, read_organization, read_organization_accounts
from amitui.errors import UsageError


def organization_values(
    values: Mapping[str, object], given: Mapping[str, object], environ: Mapping[str, str]
) -> dict[str, object]:
    """The settings `organization` and `organization_accounts`.

    A profile that is typed, or named by AMITUI_PROFILE, is meant alone: the config's organization holds where none
    is, or where `--organization` stands beside it.

    Args:
        values: those of config and environment.
        given: typed options; an `organization` that is empty asks for the configured role.

    Raises:
        UsageError: no role is named anywhere, it is no role's name, or accounts are chosen of no organization.
    """
    role = values.get("organization", "")
    typed = given.get("organization")
    if typed is not None:
        role = checked(read_organization, typed, "--organization") or role
        if not role:
            raise UsageError(
                "--organization needs the name of a role",
                why="no role is set by `organization` in the config either",
                remedy="--organization=ROLE, a role that exists in each account and may be assumed from this one",
            )
    elif not environ.get("AMITUI_ORGANIZATION", "").strip() and (
        "profile" in given or environ.get("AMITUI_PROFILE", "").strip()
    ):
        role = ""
    chosen = given.get("organization_accounts")
    if chosen is not None and not role:
        raise UsageError(
            "--account chooses among the accounts of the organization", remedy="add --organization=ROLE"
        )
    if chosen is not None:
        chosen = checked(read_organization_accounts, chosen, "--account")
    else:
        chosen = values.get("organization_accounts", ())
    return {"organization": role, "organization_accounts": chosen if role else ()}
