"""Reading EC2's answers: lists that come in pages, and single values, each made safe where it is taken out.

EC2 documents which fields there are, not that they are there. A value that is missing, or of another kind than EC2
documents, is none: `text_of` gives an empty text, `whole` and `yes_no` give `None`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar, runtime_checkable

from amitui.domain.operations.services import EC2
from amitui.ec2.convert import dicts as dicts
from amitui.ec2.convert import sanitize
from amitui.errors import AwsError

T = TypeVar("T")

MakeCall = Callable[..., Awaitable[dict[str, Any]]]
"""`Ec2Connection.call`, `service_call`, or a part of one: makes one call with the parameters that it is given."""

MOST_PAGES: Final = 20_000
"""Of one list; EC2's longest have some hundreds."""
MOST_EMPTY_PAGES: Final = 1_000
"""Pages without an entry, one after the other. EC2 may leave pages empty, but not all of them for ever."""

ENDLESS: Final = "EndlessList"
"""The code of the error about a list that does not come to an end."""


class Ec2Client(Protocol):
    """Makes calls to EC2: `Ec2Connection`, or a fake in tests."""

    async def call(
        self, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        """One call and its answer.

        Args:
            operation: the client's method: `describe_images`.
            action: what it does in words, for errors: `list the images`.
            once: never send it a second time, as is right for what changes something.
            parameters: by EC2's names.
        """
        ...


@runtime_checkable
class ServiceClient(Ec2Client, Protocol):
    """Makes calls to other services too: `Ec2Connection`, or a fake in tests."""

    async def service_call(
        self, service: str, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        """One call and its answer, as `call` makes it of EC2.

        Args:
            service: as botocore names it: `autoscaling`, `ssm`.
        """
        ...


async def call_service(
    connection: Ec2Client,
    service: str,
    region: str,
    operation: str,
    action: str,
    *,
    once: bool = False,
    **parameters: Any,
) -> dict[str, Any]:
    """One call of a service, EC2 among them, and its answer; see `Ec2Client.call`.

    Raises:
        AwsError: in words.
        TypeError: the client makes calls to EC2 only.
    """
    if service == EC2:
        return await connection.call(region, operation, action, once=once, **parameters)
    if not isinstance(connection, ServiceClient):
        raise TypeError(f"{type(connection).__name__} cannot call {service}")
    return await connection.service_call(service, region, operation, action, once=once, **parameters)


class Tokens:
    """Where the next page of a list begins. A token that comes again would be followed for ever.

    Args:
        action: what is being done, in words: "list the images".
        first: the token that the list is begun with, if any.
    """

    def __init__(self, action: str, first: str | None = None) -> None:
        self._action = action
        self._used = {first} if first else set()
        self._empty = 0

    def after(self, answer: Mapping[str, Any], name: str = "NextToken", *, empty: bool = False) -> str | None:
        """The token that an answer ends with; `None` after the last page. An empty one is none.

        Args:
            name: what the answer calls it.
            empty: whether the page has no entries.

        Raises:
            AwsError: the list goes round in circles.
        """
        token = answer.get(name)
        if not isinstance(token, str) or not token:
            return None
        self._empty = self._empty + 1 if empty else 0
        why = ""
        if token in self._used:
            why = f"the same {name} was returned twice"
        elif self._empty >= MOST_EMPTY_PAGES or len(self._used) >= MOST_PAGES:
            what = "empty pages" if empty else "pages"
            why = f"it did not end within {MOST_EMPTY_PAGES if empty else MOST_PAGES:,} {what}"
        if why:
            raise AwsError(
                f"could not {self._action}: the list did not end",
                why=why,
                remedy="the pages received so far are kept; try again later",
                code=ENDLESS,
            )
        self._used.add(token)
        return token


async def pages(
    call: MakeCall, *what: str, most: int = 0, **parameters: Any
) -> AsyncGenerator[dict[str, Any], None]:
    """The pages of a list, one call each; an empty one need not be the last.

    Args:
        call: makes the calls.
        what: its arguments in front of the parameters: service if it takes one, region, operation, words.
        most: pages at most; 0 = all.
        parameters: as EC2 names them, `MaxResults` among them where the operation takes it.

    Raises:
        AwsError: in words.
    """
    tokens = Tokens(what[-1])
    count = 0
    while True:
        answer = await call(*what, **parameters)
        yield answer
        count += 1
        if count == most:
            return
        token = tokens.after(answer)
        if token is None:
            return
        parameters["NextToken"] = token


async def listed(
    call: MakeCall, member: str, *what: str, most: int = 0, **parameters: Any
) -> list[dict[str, Any]]:
    """The entries of all pages; the arguments are those of `pages`.

    Args:
        member: what an answer calls the list.
    """
    answers = pages(call, *what, most=most, **parameters)
    return [entry async for answer in answers for entry in dicts(answer.get(member))]


def text(value: object) -> str:
    """A text or a whole number as text."""
    if isinstance(value, str):
        return sanitize(value)
    return "" if isinstance(value, bool) or not isinstance(value, int) else str(value)


def text_of(entry: Mapping[str, Any], name: str) -> str:
    """The text that an entry has under a name."""
    return text(entry.get(name))


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(sanitize(one) for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def whole(value: object) -> int | None:
    """A whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def yes_no(value: object) -> bool | None:
    """A truth value."""
    return value if isinstance(value, bool) else None


def per_cent(value: object) -> int | None:
    """`62%` as 62."""
    digits = value.strip().removesuffix("%") if isinstance(value, str) else ""
    return min(100, int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None


def part(entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The structure that an entry has under a name; an empty one without it."""
    value = entry.get(name)
    return value if isinstance(value, dict) else {}


def tags_of(entry: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The tags of an entry, in their order; keys without a name are none."""
    tags = ((text_of(tag, "Key"), text_of(tag, "Value")) for tag in dicts(entry.get("Tags")))
    return tuple(sorted((key, value) for key, value in tags if key))


def name_of(entry: Mapping[str, Any]) -> str:
    """The tag `Name`; empty without one."""
    return dict(tags_of(entry)).get("Name", "")


def instances_of(answer: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The instances of all reservations of an answer."""
    for reservation in dicts(answer.get("Reservations")):
        yield from dicts(reservation.get("Instances"))


def batches(entries: Sequence[T], size: int) -> Iterator[list[T]]:
    """The entries in lists of `size` at most."""
    return (list(entries[start : start + size]) for start in range(0, len(entries), size))
