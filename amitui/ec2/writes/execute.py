"""Executes one call of a plan and reads its answer; checks by DryRun whether it would be allowed.

A call is sent once at most. botocore would repeat CreateImage as readily as DescribeImages, so what happens when
no answer comes is decided by `operations/call_step.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from amitui.domain.launch.user_data import is_binary, user_data_bytes
from amitui.domain.operations.apis import APIS, Makes
from amitui.domain.operations.operation import Result
from amitui.domain.operations.placeholders import AnswerOf, Withheld, revealed
from amitui.domain.operations.plan import Call
from amitui.domain.operations.services import EC2, title_of
from amitui.ec2.convert import sanitize
from amitui.ec2.query import Ec2Client, call_service
from amitui.ec2.writes.redact import without
from amitui.errors import AmituiError, DeniedError, NetworkError, ReadOnlyError, RejectedError

DRY_RUN_SUCCESS: Final = "DryRunOperation"
"""The error code of a DryRun that would have succeeded."""

_USER_DATA: Final = "UserData"

LAUNCHED: Final = "launched"
"""The result of an instance that a call launched."""

_SNAPSHOT_WORDS: Final[Mapping[str, str]] = {
    "success": "deleted",
    "skipped": "kept: other images use it",
    "missing-permissions": "kept: not allowed to delete it",
    "internal-error": "kept: EC2 had an internal error",
    "client-error": "kept: EC2 refused to delete it",
}
"""By DeleteSnapshotResults' ReturnCode."""


class Answer(NamedTuple):
    """EC2's answer to a call that it accepted. All text is sanitized."""

    made: str = ""
    """The image that it made; empty for calls that make none."""
    results: tuple[Result, ...] = ()
    """One result for each snapshot or instance."""
    note: str = ""
    """What else it names: the key of an object in S3; the id of a security group, of a launch template, of an
    instance refresh or of the first instance; the number of a template's version."""


class Permission(NamedTuple):
    """The outcome of a DryRun."""

    allowed: bool | None
    """`None`: it could not be found out."""
    words: str
    code: str = ""
    """EC2's error code; empty when it is allowed."""


async def execute(connection: Ec2Client, call: Call, private: Mapping[str, str] | None = None) -> Answer:
    """Execute a call, sending it once at most.

    Args:
        call: its placeholders replaced by the answers of earlier steps.
        private: the values that are withheld in it. They are in no error.

    Raises:
        ThrottledError: EC2 did not accept it and would do so later.
        AwsError: it was refused if `refusal` is true; else it may have happened.
        UsageError: nothing was sent.
    """
    if private:
        try:
            return _read(call, await _send(connection, call, _as_sent(revealed(call.parameters, private))))
        except AmituiError as error:
            raise without(error, private) from None
    return _read(call, await _send(connection, call, call.parameters))


def _as_sent(parameters: dict[str, Any]) -> dict[str, Any]:
    """With user data that are no text as their bytes: botocore encodes either in base64, and texts as UTF-8."""
    data = parameters.get(_USER_DATA)
    return (
        parameters | {_USER_DATA: user_data_bytes(data)}
        if isinstance(data, str) and is_binary(data)
        else parameters
    )


async def _send(connection: Ec2Client, call: Call, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    return await call_service(
        connection, call.service, call.region, call.api, call.action, once=True, **parameters
    )


def _read(call: Call, answer: Mapping[str, Any]) -> Answer:
    if answer.get("Return") is False:
        # EC2 documents that it answers true, or with an error.
        what = f"{title_of(call.service)} neither confirmed nor refused this in {call.region}: {call.action}"
        raise NetworkError(what, why="its answer is false, without a reason", code="False")
    spec, results = APIS.get(call.api), _results(answer)
    if spec is None or spec.made is None:
        return Answer("", results, _note(answer))
    made = _text(_at(answer, spec.made.path))
    nameless = spec.makes is Makes.INSTANCES and not all(one.subject for one in results)
    if not made or nameless:
        what = f"the answer of {title_of(call.service)} in {call.region} names no {spec.made.noun}"
        raise NetworkError(what, why="it is incomplete", code="NoId")
    return Answer(made, results, _note(answer)) if spec.makes is Makes.IMAGE else Answer("", results, made)


def _at(answer: Any, path: tuple[str | int, ...]) -> Any:
    """What stands at a path; `None` where it ends early."""
    for part in path:
        if isinstance(part, int):
            answer = answer[part] if len(answer or ()) > part else None
        else:
            answer = (answer or {}).get(part)
    return answer


async def dry_run(connection: Ec2Client, call: Call) -> Permission:
    """Check whether the call would be allowed, without a change. Capacity, states and names are not checked.

    Parameters that are withheld, or that only an earlier step will make, are left out.
    """
    if call.service != EC2:
        return Permission(None, f"cannot be checked before: {title_of(call.service)} has no DryRun")
    if any(isinstance(value, AnswerOf) for value in call.parameters.values()):
        return Permission(None, "depends on what an earlier step creates")
    parameters = {name: value for name, one in call.parameters.items() if (value := _known(one)) is not None}
    try:
        await connection.call(call.region, call.api, call.action, **{**parameters, "DryRun": True})
    except AmituiError as error:
        code = str(getattr(error, "code", ""))
        if code == DRY_RUN_SUCCESS:
            return Permission(True, "allowed")
        words = ": ".join(part for part in (error.what, error.why) if part)
        denied = isinstance(error, DeniedError | RejectedError) and error.refusal
        refused = denied or isinstance(error, ReadOnlyError)
        return Permission(False if refused else None, words, code)
    return Permission(None, "EC2 did not say whether it is allowed")


def _known(value: Any) -> Any:
    """The part of a parameter that is known before any step is executed; `None` when that is nothing."""
    if isinstance(value, (AnswerOf, Withheld)):
        return None
    if isinstance(value, Mapping):
        kept = {name: known for name, one in value.items() if (known := _known(one)) is not None}
        return kept or (None if value else value)
    if isinstance(value, (list, tuple)):
        listed = [known for one in value if (known := _known(one)) is not None]
        return listed or (None if value else value)
    return value


def _results(answer: Mapping[str, Any]) -> tuple[Result, ...]:
    snapshots = tuple(
        Result(_text(entry.get("SnapshotId")), _text(entry.get("ReturnCode")) == "success", _kept(entry))
        for entry in answer.get("DeleteSnapshotResults") or ()
    )
    launched = tuple(
        Result(_text(entry.get("InstanceId")), True, LAUNCHED) for entry in answer.get("Instances") or ()
    )
    ended = tuple(
        Result(_text(entry.get("InstanceId")), True, _text((entry.get("CurrentState") or {}).get("Name")))
        for entry in answer.get("TerminatingInstances") or ()
    )
    doubts = tuple(
        Result(_text(entry.get("Code")), False, _text(entry.get("Message")))
        for entry in (answer.get("Warning") or {}).get("Errors") or ()
    )
    return snapshots + launched + ended + doubts


def _kept(entry: Mapping[str, Any]) -> str:
    code = _text(entry.get("ReturnCode"))
    return _SNAPSHOT_WORDS.get(code, f"EC2 says {code}" if code else "EC2 does not report its result")


def _note(answer: Mapping[str, Any]) -> str:
    """The object of a stored image, or how an image is protected from now on."""
    found = answer.get("ObjectKey") or answer.get("Return")
    return _text(found) if isinstance(found, str) and found not in ("true", "True") else ""


def _text(value: Any) -> str:
    return sanitize(str(value)) if value is not None else ""
