"""The plans of clean-ups that were printed, by hash: what is compared with when one is to be carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amitui.domain.operations.operation import Operation, State
from amitui.services.remembered import read_note, write_note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amitui.domain.retention.plan import RetentionPlan

MOST_PLANS: Final = 20
"""Plans that are remembered; the oldest go."""


class PrintedPlan(NamedTuple):
    """What a printed plan was to do."""

    steps: dict[str, str]
    """By the key of the image: `deprecate`, `disable` or `deregister`."""
    labels: dict[str, str]
    """Names of these images."""
    at: int = 0
    """When it was printed, in seconds since the epoch."""
    account: str = ""
    """Whose images it is about, with commas between several accounts; empty: it was printed by an amitui that did
    not note that."""

    def is_begun_by(self, plan: RetentionPlan, operations: Iterable[Operation]) -> bool:
        """Whether a plan that is made now is just what this one has left to do.

        A clean-up that was cut off goes on so: what is missing in the new plan, operations of the journal have
        done since this one was printed, or are doing.
        """
        if not self.is_about(plan.account):
            return False
        steps = plan.steps
        if any(self.steps.get(key) != means for key, means in steps.items()):
            return False
        states = (State.DONE, State.WAITING, State.SENDING, State.PLANNED)
        done = {_key(one) for one in operations if self.began(one) and one.state in states}
        return all(key in done for key in self.steps if key not in steps)

    def is_about(self, account: str) -> bool:
        """Whether it is about the images of an account, or of all of several with commas between them."""
        return not self.account or set(filter(None, account.split(","))) <= set(self.account.split(","))

    def began(self, operation: Operation) -> bool:
        """Whether an operation does what this plan was to do, and was submitted since it was printed."""
        return operation.began_at >= self.at and self.steps.get(_key(operation)) == str(operation.plan.kind)


def _key(operation: Operation) -> str:
    return f"{operation.plan.region}/{operation.plan.subject}"


class CleanPlans:
    """The printed plans, in one file."""

    def __init__(self, path: str) -> None:
        self._path = path

    def remember(self, plan: RetentionPlan, now: int) -> None:
        """Store a plan that is being printed.

        Raises:
            CacheError: the disk is full or the folder not writable.
        """
        going = plan.going
        entry = {
            "at": now,
            "account": plan.account,
            "steps": {one.image.key: str(one.means) for one in going},
            "labels": {one.image.key: one.image.label for one in going},
        }
        known = {name: value for name, value in read_note(self._path).items() if isinstance(value, dict)}
        known[plan.hash] = entry
        newest = sorted(known, key=lambda name: _time(known[name]), reverse=True)[:MOST_PLANS]
        write_note(self._path, {name: known[name] for name in newest})

    def of(self, plan_hash: str) -> PrintedPlan | None:
        """The plan of that hash; `None` = it was not printed here, or long ago."""
        entry = read_note(self._path).get(plan_hash)
        if not isinstance(entry, dict):
            return None
        account = entry.get("account")
        return PrintedPlan(
            _texts(entry.get("steps")),
            _texts(entry.get("labels")),
            _time(entry),
            account if isinstance(account, str) else "",
        )


def _time(entry: dict[str, Any]) -> int:
    at = entry.get("at")
    return at if isinstance(at, int) else 0


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {key: text for key, text in value.items() if isinstance(key, str) and isinstance(text, str)}
