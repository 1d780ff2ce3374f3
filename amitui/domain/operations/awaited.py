"""What operations wait for, declared once: the words of each kind of resource, when it rests, how often to ask."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

IMAGE: Final = "image"
INSTANCE: Final = "instance"
SNAPSHOT: Final = "snapshot"
STORE_TASK: Final = "store-task"
"""The kinds as the journal has them: they never change. A store task is known by the id of the image it stores."""

GONE: Final = "gone"
"""The state of what EC2 no longer lists, once it has been seen or is known to have been there."""

QUICK_S: Final = 2.0
"""Least seconds between two observations of most kinds."""


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

    def rests(self, state: str, facts: Collection[tuple[str, str]] = ()) -> bool:
        """Whether nothing changes until somebody asks for something.

        Args:
            state: EC2's word, or `GONE`.
            facts: what else was observed, by name.
        """
        if state in self.restless:
            return self.restless[state] in facts
        return state == GONE or state in self.settled


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
