"""Reads images from EC2: the request for a shard, its pages, and which of their images belong to the shard.

DescribeImages has traps that are dealt with here: an unpaginated call is throttled and times out, a page may be
empty without being the last, ids exclude pages, and one unknown id fails a call for a thousand.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, TypeVar

from amitui.domain.catalogue.shard import CHUNK_RECORDS, Shard
from amitui.domain.catalogue.slices import WHOLE, Slice
from amitui.domain.catalogue.whereabouts import Fate
from amitui.domain.image.image import RawRecord
from amitui.domain.image.publishers import AMAZON_ALIAS, MARKETPLACE_ALIAS, publisher_accounts
from amitui.ec2.answer_reader import READ, AnswerReader, answers_read_by
from amitui.ec2.convert import is_record
from amitui.ec2.kept import keeps as keeps
from amitui.ec2.parse import RECEIVED_BYTES
from amitui.ec2.query import Tokens, batches, dicts, part, whole
from amitui.ec2.session import Ec2Connection
from amitui.errors import AmituiError, AwsError

IDS_PER_CALL: Final = 200
"""Ids in one call; AWS advises at most 1,000, and one unknown id makes the call fail for all of them."""

T = TypeVar("T")

_ACTION: Final = "list the images"
_PUBLIC_ONLY: Final = ("is-public", ("true",))
_UNAUTHORIZED: Final = "Not authorized for images"
"""What EC2 says of another account's private image; its code is that of refused credentials."""
_NAMED_IDS = re.compile(r"[a-z]{3}-[0-9A-Za-z]+")


@dataclass(frozen=True, slots=True)
class ImagesRequest:
    """A request to DescribeImages, in its own terms."""

    owners: tuple[str, ...] = ()
    executable_users: tuple[str, ...] = ()
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(name, values): values of one filter are alternatives, all filters must hold."""
    include_deprecated: bool = True
    include_disabled: bool = False
    page_size: int = CHUNK_RECORDS

    def parameters(self) -> dict[str, Any]:
        """The call's parameters but for its page."""
        parameters: dict[str, Any] = {
            "IncludeDeprecated": self.include_deprecated,
            "IncludeDisabled": self.include_disabled,
        }
        if self.owners:
            parameters["Owners"] = list(self.owners)
        if self.executable_users:
            parameters["ExecutableUsers"] = list(self.executable_users)
        if self.filters:
            parameters["Filters"] = [{"Name": name, "Values": list(values)} for name, values in self.filters]
        return parameters


@dataclass(frozen=True, slots=True)
class ImagePage:
    """One page of an answer. It may be empty without being the last."""

    records: list[RawRecord]
    next_token: str | None
    """Where the next page begins; `None` after the last."""
    received_bytes: int
    """Size of the answer on the wire."""


def request_for(shard: Shard, part: Slice = WHOLE) -> ImagesRequest:
    """The request whose answer holds a slice of the shard; `keeps` and the slice's `holds` drop the rest of it.

    Whose images they are is asked for by `Owners`, which the API reference prefers to the filters `owner-id` and
    `owner-alias` (DescribeImages, "Filters"). This is the one place that decides it.

    Raises:
        ValueError: no shard has such an owner scope.
    """
    period = _period_of(shard, part)
    scope = shard.owner_scope
    if scope == "mine":
        return ImagesRequest(owners=("self",), filters=period, include_disabled=True)
    if scope == "shared":
        return ImagesRequest(executable_users=("self",), filters=(("is-public", ("false",)), *period))
    if scope == "community":
        return ImagesRequest(filters=(_PUBLIC_ONLY, *period))
    owners = _owners_of(scope, shard.partition)
    # Seen through an account, an owner's images include those it shared with that account.
    return ImagesRequest(owners=owners, filters=(_PUBLIC_ONLY, *period) if shard.is_public else period)


def by_owner_filter(request: ImagesRequest) -> ImagesRequest:
    """The same images, with their owners' accounts as a filter: to measure which of the two EC2 answers faster."""
    return replace(request, owners=(), filters=(("owner-id", request.owners), *request.filters))


def _period_of(shard: Shard, slice_: Slice) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if slice_.is_dateless:
        return (("root-device-type", ("instance-store",)),)
    if slice_.patterns:
        return (("creation-date", slice_.patterns),)
    return (("creation-date", (shard.period,)),) if shard.period else ()


async def image_page(
    connection: Ec2Connection, region: str, request: ImagesRequest, token: str | None = None
) -> ImagePage:
    """One page of an answer, in one call.

    Args:
        connection: the AWS target.
        region: where.
        request: which images.
        token: `next_token` of the page before; `None`: the first.

    Raises:
        AwsError: in words. `faults.is_stale_token` tells whether EC2 has forgotten `token`.
    """
    parameters = request.parameters() | {"MaxResults": request.page_size}
    if token:
        parameters["NextToken"] = token
    answer = await connection.call(region, "describe_images", _ACTION, **parameters)
    received = whole(part(answer, "ResponseMetadata").get(RECEIVED_BYTES)) or 0
    following = answer.get("NextToken")
    return ImagePage(dicts(answer.get("Images")), following if isinstance(following, str) else None, received)


async def image_pages(
    connection: Ec2Connection, region: str, request: ImagesRequest, token: str | None = None
) -> AsyncGenerator[ImagePage, None]:
    """The pages of an answer, one call each, until EC2 gives no further token.

    Args:
        connection: the AWS target.
        region: where.
        request: which images.
        token: `next_token` of an earlier page to go on after.

    Raises:
        AwsError: in words. `faults.is_stale_token` tells whether EC2 has forgotten `token`.
    """
    tokens = Tokens(_ACTION, token)
    while True:
        page = await image_page(connection, region, request, token)
        try:
            token = tokens.after({"NextToken": page.next_token}, empty=not page.records)
        except AwsError:
            # What came is kept; the token that would be followed for ever is not.
            yield replace(page, next_token=None)
            raise
        yield page
        if token is None:
            return


async def read_image_page(
    connection: Ec2Connection,
    region: str,
    request: ImagesRequest,
    reader: AnswerReader[T],
    token: str | None = None,
) -> T:
    """One page of an answer, as a reader reads it.

    Args:
        token: of an earlier page to go on after.

    Raises:
        AwsError: in words. `faults.is_stale_token` tells whether EC2 has forgotten `token`.
    """
    parameters = request.parameters() | {"MaxResults": request.page_size}
    if token:
        parameters["NextToken"] = token
    with answers_read_by(reader):
        answer = await connection.call(region, "describe_images", _ACTION, **parameters)
    page: T = answer[READ]
    return page


class NamedImages(NamedTuple):
    """The images that were asked for by a pattern of their names."""

    records: list[RawRecord]
    is_whole: bool
    """Whether there are no others."""


async def images_named(
    connection: Ec2Connection,
    region: str,
    owners: tuple[str, ...],
    patterns: tuple[str, ...],
    architecture: str,
    *,
    most_pages: int = 5,
) -> NamedImages:
    """The owners' images whose names match any of some patterns, deprecated ones too.

    Args:
        owners: accounts, `self` or `amazon`; one at least.
        patterns: of the filter `name`; 200 at most.
        architecture: in EC2's words; empty = any.
        most_pages: pages that are read; what lies beyond is left out.

    Raises:
        AwsError: in words.
    """
    filters = [("name", patterns)] + ([("architecture", (architecture,))] if architecture else [])
    request = ImagesRequest(owners=owners, filters=tuple(filters))
    records: list[RawRecord] = []
    async for page in image_pages(connection, region, request):
        records += [record for record in page.records if is_record(record)]
        most_pages -= 1
        if not most_pages:
            return NamedImages(records, is_whole=page.next_token is None)
    return NamedImages(records, is_whole=True)


class ImagesById(NamedTuple):
    """What EC2 says of images that were asked for by their ids."""

    records: list[RawRecord]
    """In any order, deprecated and disabled images too."""
    gone: dict[str, Fate]
    """By id, what EC2 says of those that it did not describe."""


async def describe_image_ids(connection: Ec2Connection, region: str, image_ids: Sequence[str]) -> list[RawRecord]:
    """The records of the images with these ids, deprecated and disabled ones too; ids that are gone are left out.

    Raises:
        AwsError: in words.
    """
    return (await images_by_id(connection, region, image_ids)).records


async def images_by_id(connection: Ec2Connection, region: str, image_ids: Sequence[str]) -> ImagesById:
    """What EC2 says of each of these ids, in calls of at most `IDS_PER_CALL`.

    One id that EC2 does not know, or does not show to this account, makes a call fail for all: it is made again
    without those that the error names, or for each half.

    Raises:
        AwsError: in words.
    """
    records: list[RawRecord] = []
    unique = list(dict.fromkeys(image_ids))
    gone: dict[str, Fate] = {}
    left = list(batches(unique, IDS_PER_CALL))
    while left:
        batch = left.pop()
        try:
            # An empty list of ids would request all images.
            answer = await connection.call(
                region,
                "describe_images",
                "read the images",
                ImageIds=batch,
                IncludeDeprecated=True,
                IncludeDisabled=True,
            )
        except AwsError as error:
            fate = fate_of(error)
            if fate is None:
                raise
            again = _without_missing(batch, error)
            asked = {image_id for each in again for image_id in each}
            gone.update((image_id, fate) for image_id in batch if image_id not in asked)
            left += again
        else:
            found = [record for record in dicts(answer.get("Images")) if is_record(record)]
            records += found
            described = {record["ImageId"] for record in found}
            gone.update((image_id, Fate.NOT_THERE) for image_id in batch if image_id not in described)
    return ImagesById(records, gone)


def fate_of(error: AmituiError) -> Fate | None:
    """What a refused call says of the ids that it asked for; `None`: it says nothing of them."""
    code = getattr(error, "code", "")
    if code == "InvalidAMIID.Unavailable":
        return Fate.DEREGISTERED
    if code in ("InvalidAMIID.NotFound", "InvalidAMIID.Malformed"):
        return Fate.NOT_THERE
    # EC2's own message: `AuthFailure` is said of bad credentials as well.
    return Fate.NOT_SHARED if _UNAUTHORIZED in str(error.__cause__ or error.why) else None


def _without_missing(batch: list[str], error: AwsError) -> list[list[str]]:
    """The batches to read after EC2 did not know some ids: all but those it names, or else halves."""
    # EC2's own message: the explained one is shortened.
    named = set(_NAMED_IDS.findall(str(error.__cause__ or error.why)))
    rest = [image_id for image_id in batch if image_id not in named]
    if len(rest) < len(batch):
        return [rest] if rest else []
    if len(batch) == 1:
        return []
    middle = len(batch) // 2
    return [batch[:middle], batch[middle:]]


def _owners_of(scope: str, partition: str) -> tuple[str, ...]:
    if scope == "amazon":
        return (AMAZON_ALIAS,)
    if scope == "marketplace":
        return (MARKETPLACE_ALIAS,)
    if scope == "publishers":
        # No owners at all would request all images; partners that Amazon verified carry its alias.
        return publisher_accounts(partition) or (AMAZON_ALIAS,)
    if len(scope) == 12 and scope.isascii() and scope.isdigit():
        return (scope,)
    raise ValueError(f"no shard has the owner scope {scope!r}")
