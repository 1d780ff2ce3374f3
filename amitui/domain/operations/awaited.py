"""What operations wait for, declared once: the words of each kind of resource, when it rests, how often to ask."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

IMAGE: Final = "image"
INSTANCE: Final = "instance"
SNAPSHOT: Final = "snapshot"
STORE_TASK: Final = "store-task"
REFRESH: Final = "instance-refresh"
PARAMETER: Final = "parameter"
"""The kinds as the journal has them: they never change. A store task is known by the id of the image it stores, an
instance refresh by `GROUP/ID`. The state of a parameter is its value."""

USAGE_REPORT: Final = "usage-report"

ENDED: Final = "ended"
"""The fact that says when something ended, in seconds since the epoch."""

GONE: Final = "gone"
"""The state of what EC2 no longer lists, once it has been seen or is known to have been there."""

QUICK_S: Final = 2.0
"""Least seconds between two observations of most kinds."""
STUCK_S: Final = 600.0
"""For how long most kinds must stay in a state that is not waited for until the wait fails: EC2's lists lag behind
by a minute or two after it accepted a request."""

REFRESH_ACTIVE: Final = frozenset({"Pending", "InProgress", "Baking", "Cancelling", "RollbackInProgress"})
"""States in which an instance refresh still does something. Source: InstanceRefreshStatus in the API's model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceSpec:
    """What there is to say of one kind of resource that is waited for."""

    noun: str
    """In the sentence of a step: `wait until the image is available`."""
    nouns: str
    """Of several: `instances`."""
    noun_before_id: str
    """Before its id: `the image ami-…`."""
    settled: frozenset[str]
    """The states that nothing leaves by itself; in the others EC2 takes its time, hours if it must."""
    restless: Mapping[str, tuple[str, str] | None]
    """Settled states in which something may still change, each with the fact (name, value) that ends that."""
    waiters: Mapping[str, str]
    """By state, the `aws ec2 wait` that waits for it. It gives up after minutes."""
    waiter_option: str
    """The option of `aws ec2 wait` that takes the id."""
    quick_s: float = QUICK_S
    """Least seconds between two observations while something changes."""
    stuck_s: float = STUCK_S
    """For how long it must stay in a settled state that is not waited for until the wait fails."""
    stuck_why: str = ""
    """What that usually means."""
    is_value: bool = False
    """Whether its state is a value, which stays until somebody sets another."""

    def settles(self, state: str) -> bool:
        """Whether nothing leaves the state by itself."""
        return state in self.settled or (self.is_value and bool(state))

    def rests(self, state: str, facts: Collection[tuple[str, str]] = ()) -> bool:
        """Whether nothing changes until somebody asks for something.

        Args:
            state: EC2's word, or `GONE`.
            facts: what else was observed, by name.
        """
        if state in self.restless:
            return self.restless[state] in facts
        return state == GONE or self.settles(state)


RESOURCES: Final[Mapping[str, ResourceSpec]] = {
    IMAGE: ResourceSpec(
        noun="the image",
        nouns="images",
        noun_before_id="the image",
        settled=frozenset({"available", "disabled", "deregistered", "failed", "error", "invalid"}),
        restless={},
        waiters={"available": "image-available"},
        waiter_option="--image-ids",
    ),
    INSTANCE: ResourceSpec(
        noun="the instance",
        nouns="instances",
        noun_before_id="the instance",
        settled=frozenset({"running", "stopped", "terminated"}),
        restless={"running": ("checks", "ok")},
        waiters={state: f"instance-{state}" for state in ("stopped", "running", "terminated")},
        waiter_option="--instance-ids",
    ),
    SNAPSHOT: ResourceSpec(
        noun="the snapshot",
        nouns="snapshots",
        noun_before_id="the snapshot",
        settled=frozenset({"completed", "error", "recoverable"}),
        restless={"recoverable": None},
        waiters={"completed": "snapshot-completed"},
        waiter_option="--snapshot-ids",
    ),
    STORE_TASK: ResourceSpec(
        noun="the S3 object",
        nouns="S3 objects",
        noun_before_id="the task that stores",
        settled=frozenset({"Completed", "Failed"}),
        restless={},
        waiters={"Completed": "store-image-task-complete"},
        waiter_option="--image-ids",
        quick_s=5.0,  # EC2 allows one DescribeStoreImageTasks in two seconds
    ),
    REFRESH: ResourceSpec(
        noun="the instance refresh",
        noun_before_id="the instance refresh",
        nouns="instance refreshes",
        settled=frozenset({"Successful", "Failed", "Cancelled", "RollbackFailed", "RollbackSuccessful"}),
        restless={},
        waiters={},
        waiter_option="",
        quick_s=5.0,  # one call a group
    ),
    USAGE_REPORT: ResourceSpec(
        noun="the usage report",
        nouns="usage reports",
        noun_before_id="the usage report",
        settled=frozenset({"available", "error"}),
        restless={},
        waiters={"available": "image-usage-report-available"},
        waiter_option="--report-ids",
        quick_s=5.0,
    ),
    PARAMETER: ResourceSpec(
        noun="the parameter",
        noun_before_id="the parameter",
        nouns="parameters",
        settled=frozenset(),
        restless={},
        waiters={},
        waiter_option="",
        stuck_s=180.0,
        stuck_why="Systems Manager checks such a value after it has accepted it, and drops it without an error if "
        "the image is not available to the account there",
        is_value=True,
    ),
}
"""By kind."""


def resource_of(kind: str) -> ResourceSpec:
    """What there is to say of a kind; of one that a newer amitui wrote to the journal, its name."""
    if kind in RESOURCES:
        return RESOURCES[kind]
    return ResourceSpec(
        noun=kind,
        nouns=kind,
        noun_before_id=f"the {kind}",
        settled=frozenset(),
        restless={},
        waiters={},
        waiter_option="",
    )
