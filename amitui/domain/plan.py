"""What is going to be asked of EC2: the steps of an operation, exactly as they will be sent, and in words.

A plan is made by a form, shown to its user, checked by DryRun, printed as `aws` commands, journalled and carried
out: all five read the same steps, so none of them can promise something else than what is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

IMAGE: Final = "image"
INSTANCE: Final = "instance"
SNAPSHOT: Final = "snapshot"
STORE_TASK: Final = "store-task"
KINDS_WATCHED: Final = (IMAGE, INSTANCE, SNAPSHOT, STORE_TASK)
"""What the poller knows how to look at. A store task is looked up by the id of the image that is stored."""

GONE: Final = "gone"
"""The state of what EC2 no longer lists, once it has been seen or is known to have been there."""

WITHHELD: Final = "${withheld}"
"""Stands in a call's parameters for a value that is sent and never written down; `Plan.private` has it."""

_ANSWER: Final = re.compile(r"\$\{answer ([0-9]+)\}")


class Call(NamedTuple):
    """One request that changes something, as it will be sent."""

    api: str
    """The client's method: `create_image`."""
    region: str
    """The region whose endpoint is called."""
    parameters: Mapping[str, Any]
    """By EC2's names, JSON values only; never a secret and never user data, for which `WITHHELD` stands. A text
    that is `answer_of(index)` stands for what that step will have made."""
    action: str
    """What it does in words, for errors: `create the image`."""
    always: bool = False
    """Also taken after an earlier step failed: what was stopped is started again."""
    about: str = ""
    """What its result is said of, such as one account of a share; empty = it has no result of its own."""


class Watch(NamedTuple):
    """Waiting until something is in a state; there is no deadline."""

    kind: str
    """One of `KINDS_WATCHED`."""
    region: str
    target: str
    """Its id, or an `answer_of`; empty = the image that an earlier step made."""
    until: tuple[str, ...]
    """The states that end the wait."""
    failing: tuple[str, ...] = ()
    """The states in which it will never get there."""
    always: bool = False
    """Also taken after an earlier step failed."""


Step: TypeAlias = Call | Watch


class Plan(NamedTuple):
    """One operation: on one thing, in one region, with one result."""

    kind: str
    """`create`, `register`, `copy`, `deprecate`, … (a key of `KINDS`)."""
    title: str
    """One line: `Copy acme-web-7 to eu-west-1`."""
    region: str
    """Where the effect is."""
    subject: str
    """The id of what it is about: an image, an instance or a snapshot."""
    steps: tuple[Step, ...]
    changes: tuple[str, ...] = ()
    """What it will change, a sentence each."""
    warnings: tuple[str, ...] = ()
    """What may surprise, a sentence each."""
    touches: tuple[tuple[str, str], ...] = ()
    """(region, image id) pairs whose rows are to be refreshed, besides the image that is made."""
    before: Mapping[str, Any] = {}
    """What undoing it needs to know: the old description, the old date, … JSON values."""
    confirm: str = ""
    """What has to be typed before it is done; empty = nothing."""
    private: Mapping[str, str] = {}
    """What is sent and never written down, such as user data, by the name of the parameter, at whatever depth, in
    which `WITHHELD` stands for it."""

    def __repr__(self) -> str:
        fields = (f"{name}={getattr(self, name)!r}" for name in self._fields if name != "private")
        return f"Plan({', '.join(fields)}, private={sorted(self.private)})"

    @property
    def calls(self) -> tuple[Call, ...]:
        """The steps that change something."""
        return tuple(step for step in self.steps if isinstance(step, Call))


KINDS: Final[Mapping[str, str]] = {
    "create": "Create image",
    "register": "Register image",
    "copy": "Copy image",
    "deprecate": "Deprecate image",
    "undeprecate": "Cancel deprecation",
    "disable": "Disable image",
    "enable": "Enable image",
    "protect": "Protect from deregistration",
    "unprotect": "End protection",
    "describe": "Edit description",
    "tag": "Edit tags",
    "imds": "Require IMDSv2",
    "deregister": "Deregister image",
    "restore": "Restore from the recycle bin",
    "store": "Store image in S3",
    "unstore": "Restore image from S3",
    "leave": "Give up a share",
    "share": "Share image",
    "launch": "Launch instances",
    "template": "Save launch template",
    "stop": "Stop instances",
    "start": "Start instances",
    "terminate": "Terminate instances",
}
"""Every kind of operation and its name."""


def answer_of(index: int) -> str:
    """What stands in the parameters of a later step for what the step `index` will have made: a group's id, …"""
    return f"${{answer {index}}}"


def answered(value: Any, answers: Mapping[int, str]) -> Any:
    """A step's parameter, or all of them, with the answers of earlier steps in their places.

    Args:
        value: JSON values. Only whole texts stand for an answer: what somebody wrote about one is left alone.
        answers: by the index of the step.

    Raises:
        KeyError: there is no answer of such a step.
    """
    if isinstance(value, str):
        awaited = _awaited(value)
        return value if awaited is None else answers[awaited]
    if isinstance(value, Mapping):
        return {name: answered(one, answers) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [answered(one, answers) for one in value]
    return value


def answers_in(value: Any) -> frozenset[int]:
    """The steps whose answers are needed before something can be sent."""
    awaited = (_awaited(text) for _, text in _texts(value))
    return frozenset(index for index in awaited if index is not None)


def revealed(value: Any, private: Mapping[str, str]) -> Any:
    """Parameters with the private values in their places, to be sent and forgotten.

    Raises:
        KeyError: a value is not there.
    """
    if isinstance(value, Mapping):
        return {name: private[name] if one == WITHHELD else revealed(one, private) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [revealed(one, private) for one in value]
    return value


def withheld_in(value: Any) -> frozenset[str]:
    """The names of the parameters whose values are private."""
    return frozenset(name for name, text in _texts(value) if text == WITHHELD)


def _awaited(text: str) -> int | None:
    found = _ANSWER.fullmatch(text)
    return None if found is None else int(found[1])


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """All texts at any depth, each with the name under which it stands."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _texts(one, key)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one, name)


def encode(plan: Plan) -> dict[str, Any]:
    """A plan as JSON values, for the journal; without what is private."""
    steps = [{"step": "call" if isinstance(step, Call) else "watch", **step._asdict()} for step in plan.steps]
    fields = {name: value for name, value in plan._asdict().items() if name != "private"}
    return {**fields, "steps": steps}


def decode(value: Mapping[str, Any]) -> Plan:
    """The plan that `encode` was given, but for what is private.

    Raises:
        KeyError, TypeError, ValueError: it is no such thing.
    """
    return Plan(
        kind=str(value["kind"]),
        title=str(value["title"]),
        region=str(value["region"]),
        subject=str(value["subject"]),
        steps=tuple(_step(step) for step in value["steps"]),
        changes=tuple(value.get("changes", ())),
        warnings=tuple(value.get("warnings", ())),
        touches=tuple((str(region), str(image_id)) for region, image_id in value.get("touches", ())),
        before=dict(value.get("before", {})),
        confirm=str(value.get("confirm", "")),
    )


def _step(value: Mapping[str, Any]) -> Step:
    fields = {name: found for name, found in value.items() if name != "step"}
    if value["step"] == "call":
        return Call(**fields)
    return Watch(**{**fields, "until": tuple(fields["until"]), "failing": tuple(fields.get("failing", ()))})
