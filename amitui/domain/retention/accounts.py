"""The clean-ups of several accounts together: each is judged by itself, and the table and the hash are of all.

Images of one account are no copies of another's that a rule may weigh against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from amitui.domain.retention.plan import RetentionPlan
from amitui.domain.retention.survey import Survey


class AccountSurvey(NamedTuple):
    """What was read of one account."""

    name: str
    """What the account is called; empty: there is one alone."""
    survey: Survey


class Surveys(NamedTuple):
    """What was read of all accounts."""

    accounts: tuple[AccountSurvey, ...]
    """One at least."""
    failures: Mapping[str, str] = {}
    """By the name of an account that could not be read at all, why."""


class AccountCleanUp(NamedTuple):
    """What a rule makes of the images of one account."""

    name: str
    """What the account is called; empty: there is one alone."""
    survey: Survey
    plan: RetentionPlan


class Owners(NamedTuple):
    """Whose the images of a clean-up are; nothing where there is one account alone."""

    accounts: Mapping[str, str] = {}
    """By the key of an image, its account."""
    names: Mapping[str, str] = {}
    """By account, what it is called."""

    def name_of(self, key: str) -> str:
        """What the account of an image is called."""
        account = self.accounts.get(key, "")
        return self.names.get(account, account)


def together(parts: Sequence[AccountCleanUp], failures: Mapping[str, str]) -> tuple[Survey, RetentionPlan, Owners]:
    """The clean-ups of all accounts as one survey and one plan, and whose the images are.

    The plan's account is that of all accounts of which images go, with commas between them: its hash, which names
    it, does not depend on accounts in which nothing is done. Of one account alone both are what they are.

    Args:
        parts: one at least.
        failures: by the name of an account that could not be read at all, why.
    """
    first = parts[0]
    if len(parts) == 1 and not failures and not first.name:
        return first.survey, first.plan, Owners()
    regions = [
        one._replace(account_name=part.name or part.survey.account)
        for part in parts
        for one in part.survey.regions
    ]
    failed = {f"{region} ({part.name})": words for part in parts for region, words in part.survey.failures.items()}
    accounts = ",".join(sorted(part.plan.account for part in parts if part.plan.going))
    plan = RetentionPlan(
        first.plan.rule,
        accounts,
        tuple(decision for part in parts for decision in part.plan.decisions),
        sum(part.plan.left_alone for part in parts),
    )
    owners = Owners(
        {one.image.key: part.plan.account for part in parts for one in part.plan.decisions},
        {part.plan.account: part.name for part in parts if part.name},
    )
    return Survey(accounts, tuple(regions), {**failed, **failures}), plan, owners
