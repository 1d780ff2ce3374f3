"""Answers of AWS without what is in them: which members there are, and of what form their values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

RECORDED: Final = Path(__file__).with_name("shapes.txt")

_FORMS: Final = (
    ("time.000Z", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    ("timeZ", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    ("account", r"\d{12}"),
    ("percent", r"\d{1,3}%"),
    ("empty", r""),
    ("arn", r"arn:aws[\w-]*:.*"),
    ("number", r"-?\d+"),
)
_ID: Final = re.compile(r"(ami|snap|vol|i|lt|r|sg|subnet|vpc|eni|aki|ari)-[0-9a-f]{8}([0-9a-f]{9})?")


class Digest:
    """Members and forms of answers, by operation."""

    def __init__(self) -> None:
        self.members: dict[str, dict[str, set[str]]] = {}
        """By operation (`ec2:CopyImage`) and path (`Images[].Name`), the forms of the values there."""

    def add(self, operation: str, shape: Any, answer: Mapping[str, Any]) -> None:
        """Add an answer, as botocore parses it by its shape."""
        found = self.members.setdefault(operation, {})
        for path, form in forms(shape, answer, ""):
            found.setdefault(path, set()).add(form)


def read_recorded() -> Digest:
    """The answers that others published; `README.md` beside the file says whose and how they were read."""
    digest, operation = Digest(), ""
    for line in RECORDED.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line:
            continue
        if not line.startswith(" "):
            operation = line.split()[0]
            digest.members[operation] = {}
        else:
            path, *found = line.split()
            digest.members[operation][path] = set(found)
    return digest


def forms(shape: Any, value: object, path: str) -> Iterator[tuple[str, str]]:
    """The paths of all values below one, each with its form: `=` and the value where the shape lists values."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        for name, member in value.items():
            if name in shape.members and member is not None:
                yield from forms(shape.members[name], member, f"{path}.{name}".removeprefix("."))
    elif kind == "list" and isinstance(value, list):
        for entry in value:
            yield from forms(shape.member, entry, f"{path}[]")
    elif kind == "map":
        yield path, "map"
    elif getattr(shape, "enum", None):
        yield path, f"={value}".replace(" ", "_")
    else:
        yield path, form_of(value)


def form_of(value: object) -> str:
    """The form of one value."""
    if isinstance(value, datetime):
        return "time"
    for kind, name in ((bool, "yes-no"), (int, "integer"), (float, "decimal")):
        if isinstance(value, kind):
            return name
    text = str(value)
    found = _ID.fullmatch(text)
    if found:
        return f"{found[1]}-{17 if found[2] else 8}"
    return next((name for name, pattern in _FORMS if re.fullmatch(pattern, text, re.DOTALL)), "text")
