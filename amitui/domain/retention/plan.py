"""What a rule makes of the images of an account: a decision on each, with its reasons, and the plan's hash.

Pure: what is used comes in as `Uses`, what was found out about single images as `checked`. An image goes only if
nothing speaks for it; what could not be read speaks for it.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from amitui.domain.fleet.uses import Use, UseKind, Uses, image_uses
from amitui.domain.retention.own_image import BROKEN, UNFINISHED, OwnImage
from amitui.domain.retention.release import releases
from amitui.domain.retention.rule import DAY, Means, RetentionRule, count_words, span

HASH_DIGITS: Final = 16
_STAGES: Final = (None, Means.DEPRECATE, Means.DISABLE, Means.DEREGISTER)
"""How far an image has come, or may be brought."""


def is_hash(text: str) -> bool:
    """Whether a text can be the hash of a plan."""
    return len(text) == HASH_DIGITS and set(text) <= set("0123456789abcdef")


class Decision(NamedTuple):
    """What becomes of one image."""

    image: OwnImage
    means: Means | None
    """`None` = it stays as it is."""
    reasons: tuple[str, ...]
    """Why it goes, or why it stays; at least one."""
    uses: tuple[Use, ...] = ()
    """What needs it, or may."""


class RetentionPlan(NamedTuple):
    """What a rule makes of the images that it covers."""

    rule: RetentionRule
    account: str
    decisions: tuple[Decision, ...]
    """By family, Region and age, the newest first."""
    left_alone: int = 0
    """How many images the rule does not cover."""

    @property
    def going(self) -> tuple[Decision, ...]:
        """Those that something is to be done to."""
        return tuple(one for one in self.decisions if one.means is not None)

    @property
    def steps(self) -> dict[str, Means]:
        """What is to be done, by the key of the image."""
        return {one.image.key: one.means for one in self.decisions if one.means is not None}

    @property
    def hash(self) -> str:
        """Alike for plans that do the same to the same images of the same account by the same rule."""
        known = {
            "account": self.account,
            "rule": self.rule._asdict(),
            "steps": sorted([key, str(means)] for key, means in self.steps.items()),
        }
        text = json.dumps(known, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]


def make_plan(
    rule: RetentionRule,
    images: Sequence[OwnImage],
    uses: Mapping[str, Uses],
    *,
    account: str,
    now: float,
    checked: Mapping[str, tuple[Use, ...]] | None = None,
) -> RetentionPlan:
    """Decide about all images that the rule covers.

    Args:
        images: all own images of the Regions that were read; those of other Regions are not known of.
        uses: by Region; an image of a Region that is missing stays.
        now: seconds since the epoch.
        checked: by the key of the image, what was found out about that image alone.
    """
    covered = [image for image in images if rule.covers(image)]
    newer = _newer_builds(covered)
    found: dict[str, Decision] = {}
    for release in releases(covered):
        judged = [
            _judged(rule, image, newer[image.key], uses, (checked or {}).get(image.key, ()), now)
            for image in release
        ]
        for decision in _together(judged, rule, now):
            found[decision.image.key] = decision
    order = sorted(
        covered, key=lambda image: (*image.product, image.region, -(image.created or 0), image.image_id)
    )
    return RetentionPlan(rule, account, tuple(found[image.key] for image in order), len(images) - len(covered))


def changed_steps(before: Mapping[str, str], plan: RetentionPlan, labels: Mapping[str, str]) -> list[str]:
    """What differs from a plan that was read earlier, a sentence each.

    Args:
        before: what that plan was to do, by the key of the image.
        labels: names of images that may no longer be there, by key.
    """
    after = {one.image.key: one for one in plan.decisions}
    sentences = []
    for key, means in before.items():
        now = after.get(key)
        if now is None:
            sentences.append(f"{labels.get(key, key)} ({key}) was to be {_done(means)} and is no longer there.")
        elif now.means is None:
            sentences.append(
                f"{now.image.label} ({key}) was to be {_done(means)} and now stays: {now.reasons[0]}."
            )
        elif now.means != means:
            sentences.append(f"{now.image.label} ({key}) was to be {_done(means)}, now {_done(now.means)}.")
    return sentences + [
        f"{one.image.label} ({one.image.key}) is to be {_done(one.means)} as well."
        for one in plan.going
        if one.image.key not in before and one.means is not None
    ]


def _done(means: str) -> str:
    return f"{means}d" if means.endswith("e") else f"{means}ed"


def _newer_builds(images: Sequence[OwnImage]) -> dict[str, int]:
    """By the key of each image, how many available builds of its family, Region and architecture are newer."""
    groups: dict[tuple[str, str, str], list[OwnImage]] = {}
    for image in images:
        groups.setdefault((*image.product, image.region), []).append(image)
    found: dict[str, int] = {}
    for group in groups.values():
        newer = 0
        # One whose age is not known may be the newest.
        for image in sorted(group, key=_newest_first):
            found[image.key] = newer
            newer += image.state == "available" and image.created is not None
    return found


def _newest_first(image: OwnImage) -> tuple[bool, int, str]:
    return image.created is not None, -(image.created or 0), image.image_id


class _Judged(NamedTuple):
    image: OwnImage
    keeps: tuple[str, ...]
    """Why it stays, whatever its copies do."""
    goes: tuple[str, ...]
    uses: tuple[Use, ...]


def _judged(
    rule: RetentionRule,
    image: OwnImage,
    newer: int,
    uses: Mapping[str, Uses],
    checked: tuple[Use, ...],
    now: float,
) -> _Judged:
    there = uses.get(image.region)
    unread = Use(UseKind.UNKNOWN, "", f"cannot tell what stands on images in {image.region}: it was not read")
    needed = tuple(
        dict.fromkeys(
            (
                *image_uses(protected=image.protected, backup=image.backup),
                *(there.of(image.image_id) if there is not None else (unread,)),
                *checked,
            )
        )
    )
    keeps = (*(use.words for use in needed), *_keeping(rule, image, newer, now))
    return _Judged(image, keeps, tuple(_going(rule, image, newer, now)), needed)


def _keeping(rule: RetentionRule, image: OwnImage, newer: int, now: float) -> Iterator[str]:
    """Why the rule itself keeps an image."""
    if image.state in UNFINISHED:
        yield f"it is {image.state}: still being created"
    if newer < rule.keep:
        yield f"it is among the {count_words(rule.keep)} of its family there"
    if image.created is None:
        yield "EC2 does not say when it was created"
    elif rule.older_than is not None and now - image.created < rule.older_than:
        yield f"not older than {span(rule.older_than)}: created {_age(image.created, now)}"
    if rule.not_launched_for is not None:
        if image.last_launched is None:
            yield "EC2 does not say when it was last launched"
        elif now - image.last_launched < rule.not_launched_for:
            yield f"launched within {span(rule.not_launched_for)}: {_age(image.last_launched, now)}"


def _going(rule: RetentionRule, image: OwnImage, newer: int, now: float) -> Iterator[str]:
    """Why the rule lets an image go."""
    yield f"{newer} newer build{'' if newer == 1 else 's'} there (rule: keep {rule.keep})"
    if image.created is not None:
        than = f" (rule: older than {span(rule.older_than)})" if rule.older_than is not None else ""
        yield f"created {_age(image.created, now)}{than}"
    if rule.not_launched_for is not None and image.last_launched is not None:
        yield f"last launched {_age(image.last_launched, now)} (rule: not for {span(rule.not_launched_for)})"
    yield "nothing that uses it was found"


def _together(judged: Sequence[_Judged], rule: RetentionRule, now: float) -> Iterator[Decision]:
    """The decisions about the copies of one release: all go as far as the one that may go the least far."""
    keeper = next((one for one in judged if one.keeps), None)
    common = 0 if keeper is not None else min(_due(one.image, rule, now) for one in judged)
    for one in judged:
        image = one.image
        if one.keeps:
            yield Decision(image, None, one.keeps, one.uses)
        elif keeper is not None:
            words = f"its copy {keeper.image.image_id} in {keeper.image.region} stays: {keeper.keeps[0]}"
            yield Decision(image, None, (words,), one.uses)
        elif _stage(image, now) >= common:
            yield Decision(image, None, (_waiting(image, rule, common, judged, now),), one.uses)
        else:
            yield Decision(image, _STAGES[common], one.goes, one.uses)


def _stage(image: OwnImage, now: float) -> int:
    """How far an image has come; one that is disabled without a deprecation date has its date still to get."""
    if image.deprecated is None or image.deprecated > now:
        return 0
    return _STAGES.index(Means.DISABLE if image.state == "disabled" else Means.DEPRECATE)


def _due(image: OwnImage, rule: RetentionRule, now: float) -> int:
    """How far the rule brings an image by now."""
    deregister, disable, deprecate = map(_STAGES.index, (Means.DEREGISTER, Means.DISABLE, Means.DEPRECATE))
    if not rule.gradual or (image.state in BROKEN and rule.farthest is Means.DEREGISTER):
        return deregister
    if image.state in BROKEN:
        return 0
    if image.deprecated is None or image.deprecated > now:
        return deprecate
    since = now - image.deprecated
    is_next = rule.disable_after is None or image.state == "disabled"
    if rule.deregister_after is not None and since >= rule.deregister_after and is_next:
        return deregister
    return disable if rule.disable_after is not None and since >= rule.disable_after else deprecate


def _waiting(image: OwnImage, rule: RetentionRule, common: int, judged: Sequence[_Judged], now: float) -> str:
    """Why nothing is due for an image that would go."""
    behind = next((one.image for one in judged if _due(one.image, rule, now) == common), image)
    if _due(image, rule, now) > common and behind.key != image.key:
        return f"it waits for its copy {behind.image_id} in {behind.region}, which has not come as far"
    if image.state in BROKEN:
        return f"it is {image.state}, so it can only be deregistered: the rule does not go so far"
    stage = _stage(image, now)
    nexts = ((Means.DISABLE, rule.disable_after), (Means.DEREGISTER, rule.deregister_after))
    for means, after in nexts:
        if after is not None and _STAGES.index(means) > stage and image.deprecated is not None:
            from_then = _date(image.deprecated + after)
            return f"deprecated {_date(image.deprecated)}: the rule has it {_done(means)} from {from_then} on"
    return f"it is {_done(_STAGES[stage] or Means.DEPRECATE)}: the rule goes no further"


def _age(then: int, now: float) -> str:
    days = int((now - then) // DAY)
    ago = "today" if days < 1 else f"{days:,} day{'' if days == 1 else 's'} ago"
    return f"{_date(then)}, {ago}"


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
