"""A launch as it was chosen, and what EC2 will refuse of it, checked before any call.

What is chosen here becomes a plan in `plans/launch.py`, a text in `infrastructure_text.py`, a preset in
`presets.py`; all of them read the same request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from amitui.domain.launch.security_group import NewGroup, Rule, group_problem
from amitui.domain.launch.storage import VolumeChoice, volume_problems
from amitui.domain.launch.user_data import user_data_problem
from amitui.domain.operations.validation import Tag, image_id_problem, tags_problem
from amitui.domain.visible import is_unambiguous

__all__ = ["LaunchRequest", "NewGroup", "Problem", "Rule", "problems", "template_name_problem"]

ON_DEMAND: Final = "on-demand"
SPOT: Final = "spot"
MARKETS: Final = (ON_DEMAND, SPOT)
MOST_INSTANCES: Final = 1_000
MOST_HOPS: Final = 64
DEFAULT_HOPS: Final = 2
"""One more than the instance itself, so that containers reach the metadata too."""
MOST_GROUPS: Final = 16
"""Security groups of an interface: 5 by default, which EC2 raises up to this on request."""

_TYPE: Final = re.compile(r"[a-z][a-z0-9-]*\.[a-z0-9-]+")
_TEMPLATE_NAME: Final = re.compile(r"[a-zA-Z0-9().\-/_]+")
_LONGEST_KEY_NAME: Final = 255


class Problem(NamedTuple):
    """What EC2 would refuse."""

    field: str
    """The name of a field of `LaunchRequest`."""
    words: str


class LaunchRequest(NamedTuple):
    """What was chosen for new instances of an image."""

    region: str
    image_id: str
    image_name: str
    instance_type: str
    min_count: int = 1
    """With less than that to be had, nothing is launched."""
    max_count: int = 1
    key_name: str = ""
    """Empty = none: nobody can log in, unless the image has another way."""
    subnet_id: str = ""
    """Empty = the default subnet of the zone."""
    zone: str = ""
    """Empty = the subnet's, or one that EC2 chooses."""
    security_group_ids: tuple[str, ...] = ()
    """With none and no new one, the default group of the VPC."""
    new_group: NewGroup | None = None
    public_address: bool | None = None
    """`None` = as the subnet is set up."""
    profile_arn_or_name: str = ""
    """Of an instance profile; empty = the instance has no rights."""
    imds_v2: bool = True
    """False = IMDSv1 is answered too."""
    hop_limit: int = DEFAULT_HOPS
    market: str = ON_DEMAND
    """One of `MARKETS`."""
    spot_max_price: str = ""
    """US dollars an hour; empty = up to the on-demand price."""
    volumes_before: tuple[VolumeChoice, ...] = ()
    """What the image brings: `launch_storage.volumes_of`."""
    volumes_after: tuple[VolumeChoice, ...] = ()
    """What is to be; the same = as the image brings them."""
    instance_tags: tuple[Tag, ...] = ()
    volume_tags: tuple[Tag, ...] = ()
    termination_protection: bool = False
    user_data: str = ""
    """Plain text, never encoded."""
    template_id: str = ""
    """A launch template that says what the request leaves open; empty = none."""
    template_version: str = ""
    """A number, `$Default` or `$Latest`; empty = `$Default`."""
    trusted: bool = True
    """False = the owner's id has to be typed."""
    owner_id: str = ""
    windows: bool | None = None
    """Whether the image is one of Windows; `None` = not known."""

    @property
    def image_label(self) -> str:
        """What to call the image."""
        return self.image_name or self.image_id

    @property
    def count_words(self) -> str:
        """`1 instance`, `2 to 5 instances`."""
        if self.min_count == self.max_count:
            return "1 instance" if self.max_count == 1 else f"{self.max_count} instances"
        return f"{self.min_count} to {self.max_count} instances"


def problems(request: LaunchRequest) -> tuple[Problem, ...]:
    """What EC2 will refuse, as far as it can be known here; at most one for each field."""
    found = (Problem(field, words) for field, words in _problems(request) if words)
    first: dict[str, Problem] = {}
    for problem in found:
        first.setdefault(problem.field, problem)
    return tuple(first.values())


def template_name_problem(name: str) -> str:
    """What is wrong with the name of a new launch template."""
    if not 3 <= len(name) <= 128:
        return f"a launch template name has 3 to 128 characters, this one has {len(name)}"
    return "" if _TEMPLATE_NAME.fullmatch(name) else "letters a-z, digits and ( ) . - / _"


def _problems(request: LaunchRequest) -> Iterator[tuple[str, str]]:
    yield "image_id", image_id_problem(request.image_id)
    if request.instance_type or not request.template_id:
        wrong = not _TYPE.fullmatch(request.instance_type)
        yield "instance_type", "an instance type is required, such as t3.micro" if wrong else ""
    yield "min_count", _count_problem(request.min_count)
    yield "max_count", _count_problem(request.max_count)
    if request.max_count < request.min_count:
        yield "max_count", f"at least {request.min_count}, the minimum count"
    yield from _access(request)
    yield from _market(request)
    for device, words in volume_problems(request.volumes_before, request.volumes_after, region=request.region):
        yield "volumes_after", f"{device or 'a volume'}: {words}"
    yield "instance_tags", tags_problem(request.instance_tags)
    yield "volume_tags", tags_problem(request.volume_tags)
    yield "user_data", user_data_problem(request.user_data)


def _count_problem(count: int) -> str:
    return "" if 1 <= count <= MOST_INSTANCES else f"from 1 to {MOST_INSTANCES:,} instances"


def _access(request: LaunchRequest) -> Iterator[tuple[str, str]]:
    if len(request.key_name) > _LONGEST_KEY_NAME or not is_unambiguous(request.key_name):
        yield "key_name", f"a key pair name has at most {_LONGEST_KEY_NAME} characters, all printable"
    if len(request.security_group_ids) + (request.new_group is not None) > MOST_GROUPS:
        yield "security_group_ids", f"at most {MOST_GROUPS} security groups"
    if request.new_group is not None:
        yield "new_group", group_problem(request.new_group)
    if not 1 <= request.hop_limit <= MOST_HOPS:
        yield "hop_limit", f"from 1 to {MOST_HOPS} hops"


def _market(request: LaunchRequest) -> Iterator[tuple[str, str]]:
    spot = request.market == SPOT
    if request.market not in MARKETS:
        yield "market", f"one of {', '.join(MARKETS)}"
    if request.spot_max_price:
        yield (
            "spot_max_price",
            _price_problem(request.spot_max_price) if spot else "only Spot Instances have a maximum price",
        )
    if spot and request.termination_protection:
        yield "termination_protection", "Spot Instances do not support termination protection"


def _price_problem(text: str) -> str:
    try:
        price = Decimal(text)
    except InvalidOperation:
        return "US dollars an hour, such as 0.05"
    if not price.is_finite() or price <= 0:
        return "more than 0 US dollars an hour"
    return "" if -price.as_tuple().exponent <= 6 else "at most 6 digits after the point"  # type: ignore[operator]
