"""Carries out one call of a plan and reads its answer; asks by DryRun whether it would be allowed.

A call is sent once at most: what is to be done when no answer comes is not for botocore to decide, which would
repeat CreateImage as readily as DescribeImages, but for `lifecycle/runner.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol

from amitui.domain.operation import Result
from amitui.domain.plan import Call
from amitui.ec2.convert import sanitize
from amitui.errors import AmituiError, DeniedError, NetworkError, ReadOnlyError, RejectedError, ThrottledError

DRY_RUN_SUCCESS: Final = "DryRunOperation"
"""The error code with which EC2 says that a call would have been carried out."""

MAKING: Final = frozenset({"copy_image", "create_image", "create_restore_image_task", "register_image"})
"""The calls that make an image; their answers name it."""

_SNAPSHOT_WORDS: Final[Mapping[str, str]] = {
    "success": "deleted",
    "skipped": "kept: other images use it",
    "missing-permissions": "kept: not allowed to delete it",
    "internal-error": "kept: EC2 had a failure of its own",
    "client-error": "kept: EC2 refused to delete it",
}
"""By DeleteSnapshotResults' ReturnCode."""


class Asks(Protocol):
    """What is asked of a connection: `Ec2Connection.call`."""

    async def call(
        self, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]: ...


class Answer(NamedTuple):
    """What EC2 said to a call that it accepted. All text is sanitized."""

    made: str = ""
    """The image that it made; empty for calls that make none."""
    results: tuple[Result, ...] = ()
    """What became of each part: of each snapshot, each instance."""
    note: str = ""
    """What else is worth keeping, such as the key of an object in S3."""


class Permission(NamedTuple):
    """What a DryRun said."""

    allowed: bool | None
    """`None`: it could not be found out."""
    words: str
    code: str = ""
    """EC2's error code; empty when it is allowed."""


async def perform(connection: Asks, call: Call) -> Answer:
    """Carry out a call, sending it once at most.

    Raises:
        ThrottledError: EC2 did not accept it and would do so later.
        NetworkError: no answer came, or one that says nothing: it may have happened.
        AmituiError: it was refused.
    """
    answer = await connection.call(call.region, call.api, call.action, once=True, **call.parameters)
    if answer.get("Return") is False:
        raise RejectedError(f"EC2 did not {call.action} in {call.region}", why="it gave no reason", code="False")
    made = _text(answer.get("ImageId")) if call.api in MAKING else ""
    if call.api in MAKING and not made:
        raise NetworkError(f"EC2's answer in {call.region} names no image", why="it is incomplete", code="NoId")
    return Answer(made, _results(answer), _note(answer))


async def dry_run(connection: Asks, call: Call) -> Permission:
    """Ask whether the call would be allowed; it changes nothing. Says nothing of capacity, states or names."""
    try:
        await connection.call(call.region, call.api, call.action, **{**call.parameters, "DryRun": True})
    except AmituiError as error:
        code = str(getattr(error, "code", ""))
        if code == DRY_RUN_SUCCESS:
            return Permission(True, "allowed")
        words = ": ".join(part for part in (error.what, error.why) if part)
        refused = isinstance(error, DeniedError | RejectedError | ReadOnlyError) and not isinstance(
            error, NetworkError | ThrottledError
        )
        return Permission(False if refused else None, words, code)
    return Permission(None, "EC2 did not say whether it is allowed")


def _results(answer: Mapping[str, Any]) -> tuple[Result, ...]:
    snapshots = tuple(
        Result(_text(entry.get("SnapshotId")), _text(entry.get("ReturnCode")) == "success", _kept(entry))
        for entry in answer.get("DeleteSnapshotResults") or ()
    )
    launched = tuple(
        Result(_text(entry.get("InstanceId")), True, "launched") for entry in answer.get("Instances") or ()
    )
    return snapshots + launched


def _kept(entry: Mapping[str, Any]) -> str:
    code = _text(entry.get("ReturnCode"))
    return _SNAPSHOT_WORDS.get(code, f"EC2 says {code}" if code else "EC2 does not say what became of it")


def _note(answer: Mapping[str, Any]) -> str:
    """The object of a stored image, or how an image is protected from now on."""
    found = answer.get("ObjectKey") or answer.get("Return")
    return _text(found) if isinstance(found, str) and found not in ("true", "True") else ""


def _text(value: Any) -> str:
    return sanitize(str(value)) if value is not None else ""
