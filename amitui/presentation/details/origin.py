"""The groups of an image's details that are about people: Source, Permissions and Billing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from amitui.domain.image.image import Image, ImageFlag, RawRecord
from amitui.domain.image.publishers import Publisher, publisher_name
from amitui.domain.image.trust import Trust, imitated_publisher, trust_of
from amitui.domain.products.parameters import parameter_path
from amitui.domain.region import partition_of
from amitui.presentation.details import explain
from amitui.presentation.details.explain import DetailGroup, DetailLine, Severity
from amitui.presentation.details.machine import ABSENT
from amitui.presentation.details.record import scalar_text

SNAPSHOT_PRICE: Final = 0.05
"""US dollars for a GB-month of standard EBS snapshots: AWS's list example; Regions differ."""

_COPIED: Final = re.compile(r"\[Copied (ami-[0-9a-f]{8,17}) from ([a-z0-9-]{1,30})\]")
"""What the console's CopyImage puts before a description."""


def source_group(image: Image, viewer_account: str | None) -> DetailGroup:
    """Whose image it is, how sure that is, and what it was made from."""
    summary = image.summary
    publisher = publisher_name(summary.owner_id, summary.owner_alias)
    owner = " · ".join(part for part in (summary.owner_id, publisher) if part)
    lines = [DetailLine("Owner", owner or ABSENT), _origin_line(image, viewer_account)]
    if summary.owner_alias:
        lines.append(DetailLine("Owner alias", summary.owner_alias, explain.owner_alias(summary.owner_alias)))
    if image.location:
        note = "The bundle's manifest in S3." if summary.root_device_type == "instance-store" else ""
        lines.append(DetailLine("Location", image.location, note))
    lines.extend(_ancestry(image))
    return DetailGroup("Source", tuple(lines))


def _ancestry(image: Image) -> Iterator[DetailLine]:
    """What the image was made from, as far as the record says, and the public parameter behind which it stands."""
    summary = image.summary
    if image.source_image_id:
        region = f" in {image.source_image_region}" if image.source_image_region else ""
        yield DetailLine("Source image", image.source_image_id + region)
    else:
        if image.source_image_region:
            yield DetailLine("Source Region", image.source_image_region)
        copied = _COPIED.search(image.summary.description[:200])
        if copied is not None:
            note = "By its description, which anyone can write."
            yield DetailLine("Copied from", f"{copied[1]} in {copied[2]}", note)
    if image.source_instance_id:
        yield DetailLine("Source instance", image.source_instance_id, "Made with CreateImage.")
    parameter = scalar_text(image.record.get("PublicSsmParameterName"))
    if parameter:
        yield DetailLine("Public parameter", parameter, "A Systems Manager parameter that points to this image.")
    elif path := parameter_path(summary, trust_of(summary.owner_id, summary.owner_alias, summary.flags, ())):
        yield DetailLine("Public parameter", path, "Names the newest build of its family in every Region.")
    watermarks = image.record.get("ImageWatermarks")
    for mark in watermarks if isinstance(watermarks, list) else ():
        if isinstance(mark, dict):
            yield _watermark_line(mark)


def _watermark_line(mark: RawRecord) -> DetailLine:
    """One entry of ImageWatermarks: its key, and the image it was first attached to."""
    words = (
        ("on ", "SourceImageId"),
        ("in ", "SourceImageRegion"),
        ("made ", "SourceImageCreationTime"),
        ("attached ", "WatermarkCreationTime"),
    )
    texts = ((word, scalar_text(mark.get(field))) for word, field in words)
    note = ", ".join(word + text for word, text in texts if text)
    key = scalar_text(mark.get("WatermarkKey")) or ABSENT
    return DetailLine("Watermark", key, f"First {note}." if note else "")


def _origin_line(image: Image, viewer_account: str | None) -> DetailLine:
    """How far the origin can be trusted, and why."""
    summary = image.summary
    owner = summary.owner_id
    trust = trust_of(owner, summary.owner_alias, summary.flags, (viewer_account,) if viewer_account else ())
    if trust is Trust.LOOKALIKE:
        return _lookalike_line(image)
    if trust is Trust.PUBLISHER:
        publisher = publisher_name(owner, "")
        return DetailLine("Origin", publisher, f"The account is known to be {publisher}'s.", "good")
    if trust is Trust.UNVERIFIED and not owner:
        return DetailLine("Origin", "unknown", "The record names no owner.", "warn")
    value, note, severity = _ORIGINS[trust]
    return DetailLine("Origin", value, note, severity)


_ORIGINS: Final[dict[Trust, tuple[str, str, Severity]]] = {
    Trust.OWN: ("yours", "", "good"),
    Trust.AMAZON: ("Amazon or verified partner", "AWS verified the owner; owners cannot set an alias.", "good"),
    Trust.MARKETPLACE: (
        "AWS Marketplace",
        "Sold by a third party; all listings belong to one account, the seller is in the name.",
        "plain",
    ),
    Trust.SHARED: (
        "shared privately",
        "Unverified owner: make sure that you know the account.",
        "plain",
    ),
    Trust.UNVERIFIED: (
        "unverified",
        "Unverified account: anyone can publish an image under any name.",
        "warn",
    ),
}


def _lookalike_line(image: Image) -> DetailLine:
    """The warning for a known publisher's name under a stranger's account, with the genuine one beside it."""
    summary = image.summary
    publisher = imitated_publisher(summary.name)
    if publisher is None:
        return DetailLine("Origin", "look-alike", "Named like a known publisher's, under another account.", "bad")
    sentences = [_genuine(publisher, partition_of(image.region)), f"This one belongs to {summary.owner_id}."]
    if summary.flags & ImageFlag.PUBLIC:
        sentences.append("Looking an image up by name without an owner can pick it (whoAMI).")
    else:
        sentences.append("A copy that a colleague shares looks the same: make sure that you know the account.")
    return DetailLine("Origin", f"look-alike of {publisher.name}", " ".join(sentences), "bad")


def _genuine(publisher: Publisher, partition: str) -> str:
    """Where the genuine images of a publisher come from."""
    accounts = publisher.accounts_in(partition)
    if publisher.amazon:
        named = f"{publisher.name} is Amazon's: genuine images carry the alias amazon"
        return f"{named} (account {accounts[0]})." if len(accounts) == 1 else f"{named}."
    if not accounts:
        return f"Genuine images come from {publisher.name}, whose account in this partition is not known here."
    noun = "account" if len(accounts) == 1 else "accounts"
    return f"Genuine images come from {publisher.name}, {noun} {' and '.join(accounts)}."


def permissions_group(
    image: Image, viewer_account: str | None, shared_with: tuple[str, ...] | None
) -> DetailGroup:
    """Who may launch it, and what guards it."""
    summary = image.summary
    own = bool(viewer_account) and summary.owner_id == viewer_account
    lines = [_visibility_line(image, viewer_account, own)]
    if shared_with is not None:
        lines.extend(DetailLine("Shared with", words) for words in shared_with or ("nobody",))
    protection = image.deregistration_protection
    if protection or own:
        severity: Severity = "good" if protection.startswith("enabled") else "plain"
        words = explain.deregistration_protection(protection)
        lines.append(DetailLine("Deregistration protection", protection or ABSENT, words, severity))
    if image.image_allowed is not None:
        lines.append(_allowed_line(image.image_allowed))
    return DetailGroup("Permissions", tuple(lines))


def _visibility_line(image: Image, viewer_account: str | None, own: bool) -> DetailLine:
    """Public, private, or shared with the viewer."""
    if image.summary.flags & ImageFlag.PUBLIC:
        return DetailLine("Visibility", "public", "Every account can find and launch it.")
    if scalar_text(image.record.get("Public")).lower() != "false":
        return DetailLine("Visibility", ABSENT)
    if own:
        return DetailLine("Visibility", "private", "Only you and the accounts you share it with can launch it.")
    if viewer_account and image.summary.owner_id:
        return DetailLine("Visibility", "shared with you", "Private: its owner decides who may launch it.")
    return DetailLine("Visibility", "private", "Its owner decides who may launch it.")


def _allowed_line(allowed: bool) -> DetailLine:
    """What the account's Allowed AMIs setting makes of it."""
    if allowed:
        return DetailLine("Allowed AMIs", "meets the criteria", "", "good")
    note = "Where Allowed AMIs is enabled it can be neither found nor used; in audit mode it still can."
    return DetailLine("Allowed AMIs", "does not meet the criteria", note, "warn")


def billing_group(image: Image, viewer_account: str | None) -> DetailGroup:
    """Who pays for what."""
    summary = image.summary
    own = bool(viewer_account) and summary.owner_id == viewer_account
    lines = [_payer_line(image, own)]
    for code, kind in image.product_codes:
        lines.append(DetailLine("Product code", code or ABSENT, f"Type: {kind}." if kind else ""))
    lines.append(DetailLine("Platform details", scalar_text(image.record.get("PlatformDetails")) or ABSENT))
    platform = scalar_text(image.record.get("Platform"))
    if platform:
        lines.append(DetailLine("Platform", platform))
    operation = image.usage_operation
    lines.append(DetailLine("Usage operation", operation or ABSENT, explain.usage_operation(operation)))
    free_tier = scalar_text(image.record.get("FreeTierEligible")).lower()
    if free_tier in ("true", "false"):
        lines.append(DetailLine("Free tier", "eligible" if free_tier == "true" else "not eligible"))
    if own:
        lines.extend(_storage_cost(image))
    return DetailGroup("Billing", tuple(lines))


def _payer_line(image: Image, own: bool) -> DetailLine:
    """Whose money: the seller's rate, the instance, the storage."""
    if image.summary.flags & ImageFlag.PAID:
        note = (
            "Whoever launches it pays the seller's rate on top of EC2's, on a separate bill, and must subscribe "
            "first (else OptInRequired)."
        )
        return DetailLine("Who pays", "paid image", note, "warn")
    if own:
        return DetailLine(
            "Who pays", "you", "You pay for its storage; each account pays for the instances it launches."
        )
    note = "The owner pays for storage; the launching account pays for the instance."
    return DetailLine("Who pays", "no seller's charge", note)


def _storage_cost(image: Image) -> Iterator[DetailLine]:
    """An upper estimate of what an own image's storage costs."""
    if image.summary.root_device_type == "instance-store":
        note = "Until you delete the bundle: deregistering leaves it there."
        yield DetailLine("Storage cost", "S3 storage", note)
        return
    backed = sum(device.volume_size_gib or 0 for device in image.block_devices if device.snapshot_id)
    if backed:
        note = (
            f"Estimate at {SNAPSHOT_PRICE} USD per GB-month: snapshots hold only written blocks, Regions differ. "
            "Also while deprecated or disabled."
        )
        yield DetailLine("Storage cost", f"at most {backed * SNAPSHOT_PRICE:.2f} USD a month", note)
