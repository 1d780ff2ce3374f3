"""Which images a DescribeImages request of the fake EC2 is about, by the rules that its API reference gives."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import compress
from typing import Final

from amitui.demo.cloud.filters import image_filter, matcher
from amitui.demo.cloud.model import CloudError
from tests.support.catalogue_images import COLUMNS, NOBODY, Catalogue, Record
from tests.support.fake_ec2 import Query, numbered

OWNER_ALIASES: Final = ("amazon", "aws-backup-vault", "aws-marketplace")
_OF_A_PAGE: Final = frozenset({"NextToken", "MaxResults"})
_KEPT_MASKS: Final = 32
_AFTER_ALL: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of a request."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """What a request asks for, whatever page of it."""

    account: str
    """Who asks."""
    owners: tuple[str, ...] = ()
    executable_users: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    include_deprecated: bool = False
    include_disabled: bool = False

    @classmethod
    def of(cls, query: Query, account: str) -> Question:
        """Read a request.

        Raises:
            CloudError: EC2 would refuse it.
        """
        return _question(tuple((name, value) for name, value in query.items() if name not in _OF_A_PAGE), account)

    @classmethod
    def read(cls, query: Query, account: str) -> Question:
        """The same, each time anew."""
        filters: list[Filter] = []
        while (name := query.get(f"Filter.{len(filters) + 1}.Name")) is not None:
            filters.append(Filter(name, tuple(numbered(query, f"Filter.{len(filters) + 1}.Value"))))
        question = cls(
            account,
            owners=tuple(numbered(query, "Owner")),
            executable_users=tuple(numbered(query, "ExecutableBy")),
            filters=tuple(filters),
            include_deprecated=query.get("IncludeDeprecated") == "true",
            include_disabled=query.get("IncludeDisabled") == "true",
        )
        for user in question.owners:
            _check_user(user, ("self", *OWNER_ALIASES))
        for user in question.executable_users:
            _check_user(user, ("self", "all"))
        _ = question.tests
        return question

    @cached_property
    def tests(self) -> dict[Filter, Callable[[Record], bool]]:
        """What each filter requires of a whole record.

        Raises:
            CloudError: no such filter, or too many of them or of its values.
        """
        image_filter([_given(one) for one in self.filters])
        return {one: image_filter([_given(one)]) for one in self.filters}


@lru_cache(maxsize=1000)
def _question(members: tuple[tuple[str, str], ...], account: str) -> Question:
    """Kept: two hundred patterns a filter take milliseconds to compile, and come again with each page."""
    return Question.read(dict(members), account)


class Resolver:
    """Answers questions about one catalogue; what was found out is kept until the catalogue changes.

    Args:
        now: the time as the digits YYYYMMDDhhmm, by which images are deprecated.
    """

    def __init__(self, catalogue: Catalogue, now: Callable[[], int]) -> None:
        self._catalogue = catalogue
        self._now = now
        self._masks: dict[object, bytes] = {}
        self._known = -1

    def places(self, question: Question) -> array[int]:
        """The places of the images in question, ascending."""
        catalogue = self._catalogue
        self._forget_if_changed()
        dated = [one for one in question.filters if one.name == "creation-date"]
        rest = tuple(one for one in question.filters if one not in dated)
        mask = self._kept_mask((question.account, question.owners, question.executable_users, rest,
                                question.include_deprecated, question.include_disabled),
                               lambda: self._mask(question, rest))  # fmt: skip
        if not dated:
            return array("Q", compress(range(catalogue.places), mask))
        found = self._created(dated[0])
        for one in dated[1:]:
            found &= self._created(one)
        return array("Q", sorted(place for place in found if mask[place]))

    def visible(self, account: str) -> bytes:
        """A mask of what an account may launch or owns."""
        self._forget_if_changed()
        return self._kept_mask(("visible", account), lambda: self._visible(account))

    def owned(self, owner: str) -> bytes:
        """A mask of an account's own images."""
        return self._kept_mask(("owned", owner), lambda: bytes(map(owner.__eq__, self._catalogue.owners)))

    def _mask(self, question: Question, filters: Iterable[Filter]) -> bytes:
        catalogue, account = self._catalogue, question.account
        mask = self.visible(account)
        own = self.owned(account)
        disabled = catalogue.columns["state"].where("disabled".__eq__)
        mask = _without(mask, disabled if not question.include_disabled else _without(disabled, own))
        if not question.include_deprecated:
            now = self._now()
            over = bytes(0 < minute <= now for minute in catalogue.deprecated)
            mask = _without(mask, _without(over, own))
        if question.owners:
            mask = _both(mask, self._of_owners(question))
        if question.executable_users:
            mask = _both(mask, self._executable(question))
        slow = []
        for one in filters:
            quick = self._quick(one)
            if quick is None:
                slow.append(question.tests[one])
            else:
                mask = _both(mask, quick)
        for test in slow:
            places = compress(range(len(mask)), mask)
            mask = self._marked(place for place in places if test(catalogue.record(place)))
        return mask

    def _visible(self, account: str) -> bytes:
        catalogue = self._catalogue
        shared = self._marked(place for place, to in catalogue.shares.items() if to.reaches(account))
        return _both(bytes(catalogue.listed), _either(bytes(catalogue.public), self.owned(account), shared))

    def _of_owners(self, question: Question) -> bytes:
        aliases = {owner for owner in question.owners if owner in OWNER_ALIASES}
        accounts = {question.account if owner == "self" else owner for owner in question.owners} - aliases
        by_account = bytes(map(accounts.__contains__, self._catalogue.owners))
        return _either(by_account, self._catalogue.columns["owner-alias"].where(aliases.__contains__))

    def _executable(self, question: Question) -> bytes:
        catalogue, account = self._catalogue, question.account
        found: list[bytes] = []
        for user in question.executable_users:
            if user == "all":
                found.append(bytes(catalogue.public))
            elif user in ("self", account):
                shared = self._marked(place for place, to in catalogue.shares.items() if to.reaches(account))
                found.append(_without(shared, self.owned(account)))
            else:
                shares = catalogue.shares.items()
                found.append(self._marked(place for place, to in shares if user in to.accounts))
        return _either(*found)

    def _quick(self, one: Filter) -> bytes | None:
        """A mask without a look at the records; `None` for filters that need one."""
        catalogue, matches = self._catalogue, matcher(one.values)
        if one.name in COLUMNS:
            return catalogue.columns[one.name].where(matches)
        if one.name == "is-public":
            return bytes(catalogue.public.translate(bytes([matches("false"), matches("true")]) + bytes(254)))
        if one.name == "owner-id":
            return bytes(map(matches, catalogue.owners))
        if one.name == "image-id":
            return bytes(map(matches, catalogue.ids))
        return None

    def _created(self, one: Filter) -> set[int]:
        """The places whose CreationDate matches; one that is empty or missing matches nothing."""
        places, dates = self._catalogue.dates()
        found: set[int] = set()
        for pattern in one.values:
            head, rest = _literal_head(pattern)
            start = bisect_left(dates, head)
            end = bisect_left(dates, head + _AFTER_ALL, start) if rest else bisect_right(dates, head, start)
            if rest in ("", "*"):
                found.update(places[start:end])
            else:
                matches = matcher((pattern,))
                found.update(compress(places[start:end], map(matches, dates[start:end])))
        return found

    def _marked(self, places: Iterable[int]) -> bytes:
        mask = bytearray(self._catalogue.places)
        for place in places:
            mask[place] = 1
        return bytes(mask)

    def _kept_mask(self, key: object, make: Callable[[], bytes]) -> bytes:
        mask = self._masks.get(key)
        if mask is None:
            mask = make()
            while len(self._masks) >= _KEPT_MASKS:
                del self._masks[next(iter(self._masks))]
            self._masks[key] = mask
        return mask

    def _forget_if_changed(self) -> None:
        if self._known != self._catalogue.version:
            self._masks.clear()
            self._known = self._catalogue.version


def named(catalogue: Catalogue, question: Question, ids: Sequence[str], visible: bytes) -> list[int]:
    """The places of images that were asked for by id: deprecated ones too, and the caller's disabled ones.

    Raises:
        CloudError: an id is none, or of no image that the caller may see.
    """
    malformed = [one for one in ids if not one.startswith("ami-") or len(one) not in (12, 21)]
    if malformed:
        raise CloudError("InvalidAMIID.Malformed", f'Invalid id: "{malformed[0]}"')
    known = {one: place for one in ids if (place := catalogue.place(one)) is not None and visible[place]}
    missing = [one for one in ids if one not in known and one not in catalogue.lingering]
    if missing:
        ids_are = f"ids '[{', '.join(missing)}]' do" if len(missing) > 1 else f"id '[{missing[0]}]' does"
        raise CloudError("InvalidAMIID.NotFound", f"The image {ids_are} not exist")
    tests = question.tests.values()
    state = catalogue.columns["state"].where("disabled".__eq__)
    own = question.account
    return [
        place
        for place in known.values()
        if (not state[place] or catalogue.owners[place] == own)
        and all(test(_comparable(catalogue.record(place))) for test in tests)
        and _is_owned_by(catalogue, place, question)
    ]


def _comparable(record: Record) -> Record:
    """A record without an empty CreationDate: no pattern matches that, not even `*`."""
    return {name: value for name, value in record.items() if name != "CreationDate" or value}


def _is_owned_by(catalogue: Catalogue, place: int, question: Question) -> bool:
    if question.executable_users and not _is_shared_so(catalogue, place, question):
        return False
    if not question.owners:
        return True
    owners = {question.account if owner == "self" else owner for owner in question.owners}
    return catalogue.owners[place] in owners or catalogue.record(place).get("ImageOwnerAlias") in owners


def _is_shared_so(catalogue: Catalogue, place: int, question: Question) -> bool:
    to, account = catalogue.shares.get(place, NOBODY), question.account
    return any(
        (user == "all" and bool(catalogue.public[place]))
        or (user in ("self", account) and to.reaches(account) and catalogue.owners[place] != account)
        or user in to.accounts
        for user in question.executable_users
    )


def _literal_head(pattern: str) -> tuple[str, str]:
    """The text that whatever matches begins with, and what of the pattern comes after it."""
    head, at = "", 0
    while at < len(pattern) and pattern[at] not in "*?":
        at += pattern[at] == "\\" and at + 1 < len(pattern)
        head += pattern[at]
        at += 1
    return head, pattern[at:]


def _given(one: Filter) -> dict[str, object]:
    return {"Name": one.name, "Values": list(one.values)}


def _check_user(user: str, words: Sequence[str]) -> None:
    if user not in words and not (len(user) == 12 and user.isdigit()):
        raise CloudError("InvalidUserID.Malformed", f'Invalid user id: "{user}"')


def _either(first: bytes, *others: bytes) -> bytes:
    number = int.from_bytes(first, "little")
    for other in others:
        number |= int.from_bytes(other, "little")
    return number.to_bytes(len(first), "little")


def _both(first: bytes, other: bytes) -> bytes:
    return (int.from_bytes(first, "little") & int.from_bytes(other, "little")).to_bytes(len(first), "little")


def _without(first: bytes, other: bytes) -> bytes:
    """What is in the first and not in the other."""
    return (int.from_bytes(first, "little") & ~int.from_bytes(other, "little")).to_bytes(len(first), "little")
