"""What EC2 will refuse of a share, and what will not be enough for those who get it, by its documented rules.

Sources: the EC2 User Guide on sharing images, on Block Public Access, on encryption with shared images.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from amitui.domain.region import partition_of
from amitui.domain.sharing.grantees import EVERYONE, Kind, counted, kind_of, partition_of_arn, short_words
from amitui.domain.sharing.permissions import (
    AWS_MANAGED,
    BLOCKED,
    BY_POLICY,
    CUSTOMER_MANAGED,
    MOST_GRANTEES,
    MOST_PUBLIC,
    Difference,
    Sharing,
    Wanted,
    effective,
)
from amitui.domain.shell import quoted
from amitui.domain.tags.shared import PREFIX


class Level(StrEnum):
    """How much an obstacle is one."""

    NO = "no"
    """EC2 refuses it."""
    CAREFUL = "careful"
    """It may be refused, or it is not enough, or it cannot be taken back."""
    NOTE = "note"
    """Good to know."""


class Obstacle(NamedTuple):
    """A finding about a share, shown before it is submitted."""

    level: Level
    words: str
    remedy: str = ""
    """What helps; empty = nothing, or nothing is needed."""

    @property
    def sentence(self) -> str:
        """Words and remedy."""
        return f"{self.words} {self.remedy}".strip()


Rule: TypeAlias = Callable[[Sharing, Wanted, Difference, float], Iterator[Obstacle]]

_ORDER: Final = (Level.NO, Level.CAREFUL, Level.NOTE)
_PUBLIC_YEARS_S: Final = 2 * 365 * 86_400
_LIFT: Final = "{setup}aws ec2 disable-image-block-public-access --region {region}{options}"


def obstacles(sharing: Sharing, wanted: Wanted, *, now: float) -> tuple[Obstacle, ...]:
    """Everything there is to say about a change, the gravest first; nothing about a change of nothing."""
    change = effective(sharing, wanted)
    if not change.added and not change.removed:
        return ()
    found = [obstacle for rule in _RULES for obstacle in rule(sharing, wanted, change, now)]
    return tuple(sorted(dict.fromkeys(found), key=lambda obstacle: _ORDER.index(obstacle.level)))


def _state(sharing: Sharing, _: Wanted, __: Difference, ___: float) -> Iterator[Obstacle]:
    if sharing.state == "available":
        return
    remedies = {
        "disabled": "Enable it first; the shares that it had before do not come back by that.",
        "pending": "Wait until it is available.",
    }
    words = f"It is {sharing.state or 'in no known state'}: only available images can be shared."
    yield Obstacle(Level.NO, words, remedies.get(sharing.state, ""))


def _default_key(sharing: Sharing, _: Wanted, change: Difference, __: float) -> Iterator[Obstacle]:
    if not change.added:
        return
    bad = [volume.snapshot_id for volume in sharing.encrypted if volume.manager == AWS_MANAGED]
    if bad:
        yield Obstacle(
            Level.NO,
            f"{', '.join(bad)} {'is' if len(bad) == 1 else 'are'} encrypted with the default key aws/ebs, which "
            "nobody else can use: EC2 refuses to share it.",
            "Copy the image with a key of your own, and share the copy.",
        )


def _customer_key(sharing: Sharing, _: Wanted, change: Difference, __: float) -> Iterator[Obstacle]:
    others = [grantee for grantee in change.added if grantee != EVERYONE]
    if not others:
        return
    for key in sharing.customer_keys:
        managers = {volume.manager for volume in sharing.encrypted if volume.key == key}
        if CUSTOMER_MANAGED in managers:
            words = f"It is encrypted with the key {key}: without a grant of it they cannot launch the image."
        else:
            words = (
                f"It is encrypted with the key {key}, whose owner is not known: EC2 refuses the default key "
                "aws/ebs."
            )
        yield Obstacle(Level.CAREFUL, words, "Paste the statement for it into the key's policy.")
    if any(not volume.key and volume.manager != AWS_MANAGED for volume in sharing.encrypted):
        words = "It is encrypted, with a key that is not known: EC2 refuses if it is the default key aws/ebs."
        yield Obstacle(Level.CAREFUL, words, "With another key, its policy must let them use it.")


def _public(sharing: Sharing, _: Wanted, change: Difference, __: float) -> Iterator[Obstacle]:
    if EVERYONE not in change.added:
        return
    if sharing.encrypted:
        yield Obstacle(
            Level.NO, "It is encrypted: such images cannot be public.", "Share it with accounts instead."
        )
    if sharing.product_codes:
        codes = ", ".join(sharing.product_codes)
        yield Obstacle(Level.NO, f"It has the product code {codes}: such images cannot be public.")
    if sharing.watermarks:
        marks = ", ".join(sharing.watermarks)
        yield Obstacle(
            Level.NO, f"It has the watermark {marks}: such images cannot be public.", "Detach it first."
        )


def _blocked(sharing: Sharing, _: Wanted, change: Difference, __: float) -> Iterator[Obstacle]:
    if EVERYONE in change.removed and sharing.block_public == BLOCKED:
        yield Obstacle(
            Level.CAREFUL,
            f"Block Public Access is on in {sharing.region}: once private, it cannot be made public again.",
        )
    if EVERYONE not in change.added:
        return
    if sharing.block_public == BLOCKED and sharing.block_manager == BY_POLICY:
        yield Obstacle(
            Level.NO,
            f"Block Public Access is on in {sharing.region}, by a declarative policy of your organization.",
            "Only who manages that policy can lift it.",
        )
    elif sharing.block_public == BLOCKED:
        command = _LIFT.format(
            setup=sharing.command_setup, region=quoted(sharing.region), options=sharing.command_options
        )
        yield Obstacle(
            Level.NO,
            f"Block Public Access is on in {sharing.region} for this account: no image can be made public.",
            f"To lift it for all images there: {command} (takes up to 10 minutes).",
        )
    elif not sharing.block_public:
        words = f"Whether Block Public Access is on in {sharing.region} is not known: EC2 refuses if it is."
        yield Obstacle(Level.CAREFUL, words)


def _quotas(sharing: Sharing, _: Wanted, change: Difference, __: float) -> Iterator[Obstacle]:
    after = [one for one in (*change.kept, *change.added) if one != EVERYONE]
    before = len(sharing.granted or ())
    if len(after) > MOST_GRANTEES and len(after) > before:
        yield Obstacle(
            Level.CAREFUL,
            f"It would be shared with {len(after):,}; the quota is {MOST_GRANTEES:,}, unless yours was raised.",
            "An organization or a unit counts once, whatever accounts it has.",
        )
    count = sharing.public_images
    if EVERYONE in change.added and count is not None and count >= MOST_PUBLIC:
        yield Obstacle(
            Level.CAREFUL,
            f"{count} images are public in {sharing.region}; the quota is {MOST_PUBLIC}, unless yours was raised.",
            "Make another one private first.",
        )


def _deprecation(sharing: Sharing, _: Wanted, change: Difference, now: float) -> Iterator[Obstacle]:
    if not change.added:
        return
    if sharing.deprecated is not None and sharing.deprecated <= now:
        words = "It is deprecated: others do not see it in lists, and can launch it only by its ID."
        yield Obstacle(Level.CAREFUL, words, "Cancel the deprecation, or tell them the ID.")
    elif EVERYONE in change.added:
        limit = None if sharing.created is None else sharing.created + _PUBLIC_YEARS_S
        if limit is not None and limit <= now:
            words = "It is older than two years: as a public image it is deprecated at once."
            yield Obstacle(Level.CAREFUL, words)
        elif sharing.deprecated is None or limit is None or sharing.deprecated > limit:
            words = "As a public image it gets a date of deprecation, two years after it was made."
            yield Obstacle(Level.CAREFUL, words, "That date can be cancelled only once it is private again.")


def _partition(sharing: Sharing, _: Wanted, change: Difference, __: float) -> Iterator[Obstacle]:
    here = partition_of(sharing.region)
    for grantee in change.added:
        named = partition_of_arn(grantee)
        if named and named != here:
            words = f"{short_words(grantee)} belongs to the partition {named}, {sharing.region} to {here}."
            yield Obstacle(Level.NO, words, "Store the image in S3 there, and restore it.")


def _already_public(_: Sharing, __: Wanted, change: Difference, ___: float) -> Iterator[Obstacle]:
    public = EVERYONE in change.kept
    if public and change.added:
        yield Obstacle(Level.NOTE, "It is public: everyone can launch it already.")
    if public and change.removed:
        words = "It stays public: who is removed can launch it all the same."
        yield Obstacle(Level.CAREFUL, words, "Take it from everyone too.")


def _snapshots(sharing: Sharing, wanted: Wanted, change: Difference, _: float) -> Iterator[Obstacle]:
    if not sharing.volumes:
        return
    accounts = [one for one in change.added if kind_of(one) is Kind.ACCOUNT]
    wider = [one for one in change.added if kind_of(one) in (Kind.ORGANIZATION, Kind.UNIT)]
    if accounts and not wanted.snapshots:
        yield Obstacle(Level.NOTE, "They can launch it; to copy it they need its snapshots too.")
    if wider and wanted.snapshots:
        words = f"Snapshots are shared with accounts alone: {counted(wider)} can launch it, not copy it."
        yield Obstacle(Level.CAREFUL, words)
    if EVERYONE in change.added and wanted.snapshots:
        yield Obstacle(Level.CAREFUL, "Its snapshots are not made public by this: others cannot copy it.")
    readers = {reader for volume in sharing.volumes for reader in volume.readers or ()}
    left = [one for one in change.removed if one in readers]
    if left and not wanted.snapshots:
        words = f"{', '.join(left)} can still read its snapshots, and make an image of them."
        yield Obstacle(Level.CAREFUL, words, "Take the snapshots from them too.")


def _other_side(sharing: Sharing, _: Wanted, change: Difference, __: float) -> Iterator[Obstacle]:
    if change.removed:
        words = "Instances that run keep running; launch templates of those removed fail from then on."
        yield Obstacle(Level.NOTE, words)
    if not change.added:
        return
    yield Obstacle(
        Level.NOTE,
        f"It is shared in {sharing.region} only: copies in other Regions have their own shares.",
        "To reach one, copy it there and share the copy.",
    )
    if any(one != EVERYONE for one in change.added):
        words = f"If they restrict Allowed AMIs, {sharing.owner_id} must be among their providers."
        yield Obstacle(Level.NOTE, words)
    yield _tags_seen(sharing, public=EVERYONE in change.added)


def _tags_seen(sharing: Sharing, *, public: bool) -> Obstacle:
    """Which of its tags become visible: those that EC2 shows to everybody it is shared with."""
    if not sharing.shared_tags:
        return Obstacle(Level.NOTE, f"Tags do not go with it, but for those whose key begins with {PREFIX}.")
    listed = ", ".join(f"{key}={value}" for key, value in sharing.shared_tags)
    who = "Everybody sees" if public else "They see"
    level = Level.CAREFUL if public else Level.NOTE
    return Obstacle(level, f"{who} its shared tags: {listed}.", "Its other tags do not go with it.")


_RULES: Final[tuple[Rule, ...]] = (
    _state,
    _partition,
    _default_key,
    _public,
    _blocked,
    _quotas,
    _customer_key,
    _deprecation,
    _already_public,
    _snapshots,
    _other_side,
)
