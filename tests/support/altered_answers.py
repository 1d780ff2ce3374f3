"""Answers of AWS made from botocore's own shapes, and the same answers altered in each place that is read."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import botocore.session
from botocore import xform_name

from amitui.ec2.newer_model import add_newer_shapes
from amitui.ec2.session import AwsTarget

Path = tuple[str | int, ...]
"""The names and positions that lead to a value; first the operation."""

REMOVED: Final = object()
ALTERATIONS: Final[Sequence[object]] = (
    REMOVED,
    None,
    "",
    "text-where-none-belongs",
    10**30,
    float("nan"),
    True,
    [None, "text", 7, {}],
    {"Unknown": "field"},
)
"""What may stand where something else belongs; other texts are the business of those who show them."""

MOST_DEEP: Final = 8


class Noted(dict[str, Any]):
    """A structure of an answer that records which of its members are read."""

    def __init__(self, members: Mapping[str, Any], path: Path, seen: dict[Path, None]) -> None:
        super().__init__(members)
        self._path, self._seen = path, seen

    def get(self, name: str, default: Any = None) -> Any:
        self._seen[(*self._path, name)] = None
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self._seen[(*self._path, name)] = None
        return super().__getitem__(name)


class AlteredConnection:
    """A connection that answers each call with a complete answer, altered in places.

    Args:
        known: the values of members by name, where a reader goes by them.
        bends: what stands where instead.
        needed: by operation, the answers without what is never read; `None` = complete ones.
        rate: the share of values that are altered at random, with `chance`.
    """

    def __init__(
        self,
        known: Mapping[str, Any],
        alterations: Mapping[Path, object] | None = None,
        *,
        needed: Mapping[str, Any] | None = None,
        rate: float = 0.0,
        chance: random.Random | None = None,
    ) -> None:
        self.known, self.alterations, self.needed = known, alterations or {}, needed
        self.rate, self.chance = rate, chance or random.Random(0)
        self.target = AwsTarget()
        self.seen: dict[Path, None] = {}
        """The members that were read, in their order."""
        self._calls = 0

    async def call(self, region: str, operation: str, action: str, **parameters: Any) -> Any:
        return await self.service_call("ec2", region, operation, action, **parameters)

    async def service_call(self, service: str, region: str, operation: str, action: str, **parameters: Any) -> Any:
        del region, action, parameters
        self._calls += 1
        assert self._calls < 200, "it asks without end"
        whole = answer(service, operation) if self.needed is None else self.needed.get(operation, {})
        return self._made(whole, (operation,), "")

    def _made(self, value: Any, path: Path, name: str) -> Any:
        if path in self.alterations:
            return self.alterations[path]
        if len(path) > 1 and self.rate and self.chance.random() < self.rate:
            return self.chance.choice(ALTERATIONS)
        if name in self.known and not isinstance(value, dict | list):
            return self.known[name]
        if isinstance(value, dict):
            made = {member: self._made(one, (*path, member), member) for member, one in value.items()}
            return Noted({n: one for n, one in made.items() if one is not REMOVED}, path, self.seen)
        if isinstance(value, list):
            entries = [self._made(one, (*path, position), name) for position, one in enumerate(value)]
            return [one for one in entries if one is not REMOVED]
        return value


@cache
def answer(service: str, operation: str) -> Any:
    """An answer with every member that botocore's model has; lists have two entries."""
    model = _model(service)
    named = next(name for name in model.operation_names if xform_name(name) == operation)
    shape = model.operation_model(named).output_shape
    _ANSWERS[operation] = {} if shape is None else _sample(shape, 0)
    return _ANSWERS[operation]


_ANSWERS: Final[dict[Any, Any]] = {}


@cache
def _model(service: str) -> Any:
    session = botocore.session.Session()
    add_newer_shapes(session.get_component("data_loader"))
    return session.get_service_model(service)


def _sample(shape: Any, depth: int, name: str = "") -> Any:
    kind = shape.type_name
    if kind == "structure":
        if depth > MOST_DEEP:
            return {}
        members = {member: _sample(one, depth + 1, member) for member, one in shape.members.items()}
        # The end of a list is where a reader stops.
        return {n: one for n, one in members.items() if n not in ("NextToken", "Marker", "NextMarker")}
    if kind == "list":
        return [_sample(shape.member, depth + 1, name), _sample(shape.member, depth + 1, name)]
    if kind == "map":
        return {"key": _sample(shape.value, depth + 1)}
    if kind == "boolean":
        return False
    if kind in ("integer", "long"):
        return 8
    if kind in ("float", "double"):
        return 8.0
    if kind == "timestamp":
        return "2026-03-04T05:06:07.000Z"
    return shape.enum[0] if getattr(shape, "enum", None) else f"a {name}"


Read = Callable[[AlteredConnection], Awaitable[object]]


class Reader(NamedTuple):
    """A function that calls AWS and reads the answers."""

    name: str
    read: Read
    known: Mapping[str, Any]


def needed(seen: Iterable[Path]) -> dict[str, Any]:
    """By operation, answers without the structures and lists that are never read."""
    kept = {path[:length] for path in seen for length in range(1, len(path) + 1)}
    whole = {path[0]: _ANSWERS[path[0]] for path in kept}
    return {str(operation): _without(one, (operation,), kept) for operation, one in whole.items()}


def _without(value: Any, path: Path, kept: Container[Path]) -> Any:
    if isinstance(value, dict):
        there = {
            name: one for name, one in value.items() if not isinstance(one, dict | list) or (*path, name) in kept
        }
        return {name: _without(one, (*path, name), kept) for name, one in there.items()}
    if isinstance(value, list):
        return [_without(one, (*path, position), kept) for position, one in enumerate(value)]
    return value


def altered(seen: Iterable[Path]) -> Iterator[Mapping[Path, object]]:
    """Each bend in each place, one at a time; of the entries of a list in the first."""
    for path in seen:
        if 1 not in path:
            for bend in ALTERATIONS:
                yield {path: bend}
