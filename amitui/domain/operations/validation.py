"""What EC2 and S3 demand of what a user types, checked before any call.

Each `…_problem` answers with what is wrong in words, or with an empty text when nothing is. botocore checks little
more than the least length of a name, so the rest would only come back as an error after the call.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias

from amitui.domain.visible import is_unambiguous

Tag: TypeAlias = tuple[str, str]
"""(key, value)."""

LONGEST_NAME: Final = 128
LONGEST_DESCRIPTION: Final = 255
MOST_TAGS: Final = 50
MOST_OBJECT_TAGS: Final = 10
"""Of an object in S3."""
LEAST_DURATION: Final = 15
MOST_DURATION: Final = 48 * 60
"""Minutes of a time-based copy, in steps of `LEAST_DURATION`."""
MOST_YEARS_AHEAD: Final = 10
MOST_YEARS_PUBLIC: Final = 2
"""From the creation of a public image to its deprecation."""

_SHORTEST_NAME: Final = 3
_LONGEST_KEY: Final = 127
_LONGEST_VALUE: Final = 256
_MOST_OBJECT_KEY_BYTES: Final = 1024
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9()\[\] ./\-'@_]")
_NOT_IN_TAGS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot carry, and so no answer of EC2."""
_IMAGE_ID: Final = re.compile(r"ami-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_SNAPSHOT_ID: Final = re.compile(r"snap-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_RESERVED_STARTS: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS: Final = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_KEY_ARN: Final = re.compile(r"arn:[a-z-]+:kms:([a-z0-9-]+):[0-9]{12}:(?:key|alias)/.+")
_KEY_ID: Final = re.compile(
    r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|alias/[\w/-]+)", re.ASCII
)
_MANIFEST: Final = ".manifest.xml"
_NEEDS_IOPS: Final = frozenset({"io1", "io2"})
_TAKES_IOPS: Final = _NEEDS_IOPS | {"gp3"}
_MODERN: Final = frozenset({"arm64", "x86_64_mac", "arm64_mac"})
"""Architectures that came after paravirtual images and BIOS."""


def name_problem(text: str) -> str:
    """What is wrong with the name of a new image."""
    if not text:
        return "a name is required"
    if not _SHORTEST_NAME <= len(text) <= LONGEST_NAME:
        return f"a name has {_SHORTEST_NAME} to {LONGEST_NAME} characters, this one has {len(text)}"
    wrong = _NOT_IN_NAMES.search(text)
    if wrong:
        return f"{_shown(wrong[0])} cannot be in a name: letters a-z, digits and ( ) [ ] space . / - ' @ _"
    return ""


def description_problem(text: str) -> str:
    """What is wrong with a description, which may be empty."""
    if len(text) > LONGEST_DESCRIPTION:
        return f"a description has at most {LONGEST_DESCRIPTION} characters, this one has {len(text)}"
    return ""


def tags_problem(tags: Sequence[Tag], *, most: int = MOST_TAGS) -> str:
    """What is wrong with the tags that are to be set on one resource."""
    keys = [key for key, _ in tags]
    for key, value in tags:
        if not key:
            return "a tag requires a key"
        if len(key) > _LONGEST_KEY:
            return f"a tag's key has at most {_LONGEST_KEY} characters, {key[:20]}… has {len(key)}"
        if len(value) > _LONGEST_VALUE:
            return f"a tag's value has at most {_LONGEST_VALUE} characters, that of {key} has {len(value)}"
        if wrong := _NOT_IN_TAGS.search(key) or _NOT_IN_TAGS.search(value):
            return f"{_shown(wrong[0])} cannot be in a tag: {_NOT_IN_TAGS.sub('?', key)[:20]}"
        if key.lower().startswith("aws:"):
            return f"{key} is reserved: only AWS can set tags that begin with aws:"
        if keys.count(key) > 1:
            return f"the tag {key} is entered twice"
    if len(tags) > most:
        return f"at most {most} tags, these are {len(tags)}"
    return ""


def object_tags_problem(tags: Sequence[Tag]) -> str:
    """What is wrong with the tags of an object in S3."""
    return tags_problem(tags, most=MOST_OBJECT_TAGS)


def deprecation_problem(at: float, *, now: float, public: bool, created: float | None) -> str:
    """What is wrong with a time of deprecation; all times are seconds since the epoch.

    Args:
        public: whether everyone may launch the image.
        created: when the image was made, `None` when EC2 does not say.
    """
    when, today = _minute(at), datetime.fromtimestamp(now, UTC)
    if when <= today:
        return "the date must be in the future"
    if when > _years_after(today, MOST_YEARS_AHEAD):
        return f"the date can be at most {MOST_YEARS_AHEAD} years ahead"
    if public and created is not None:
        last = _years_after(datetime.fromtimestamp(created, UTC), MOST_YEARS_PUBLIC)
        if when > last:
            years = f"at most {MOST_YEARS_PUBLIC} years after its creation"
            return f"a public image is deprecated {years}: until {last:%Y-%m-%d}"
    return ""


def duration_problem(minutes: int) -> str:
    """What is wrong with the minutes in which a time-based copy is to be complete."""
    if not LEAST_DURATION <= minutes <= MOST_DURATION or minutes % LEAST_DURATION:
        return f"15 minutes to 48 hours in steps of 15 minutes: {LEAST_DURATION}, 30, 45 … {MOST_DURATION}"
    return ""


def bucket_problem(text: str) -> str:
    """What is wrong with the name of a bucket."""
    if not text:
        return "a bucket is required"
    if text.startswith("s3://") or "/" in text:
        return "enter the bucket name only, without s3:// or a path"
    if not _BUCKET.fullmatch(text):
        return "a bucket's name has 3 to 63 of a-z, 0-9, . and -, and begins and ends with a letter or digit"
    if ".." in text or _ADDRESS.fullmatch(text):
        return "a bucket name cannot be an IP address or contain two dots in a row"
    if text.startswith(_RESERVED_STARTS) or text.endswith(_RESERVED_ENDS):
        return "AWS reserves such names"
    return ""


def object_key_problem(text: str) -> str:
    """What is wrong with the key of an object in S3."""
    if not text:
        return "an object key is required, such as ami-0123456789abcdef0.bin"
    size = len(text.encode(errors="surrogatepass"))
    if size > _MOST_OBJECT_KEY_BYTES:
        return f"a key has at most {_MOST_OBJECT_KEY_BYTES} bytes, this one has {size}"
    return ""


def manifest_problem(text: str) -> str:
    """What is wrong with the place of an instance-store image's manifest: `bucket/path/image.manifest.xml`."""
    bucket, slash, path = text.partition("/")
    if text.startswith("s3://"):
        return "without s3://, as in bucket/path/image.manifest.xml"
    if not slash or not path.endswith(_MANIFEST):
        return f"enter the bucket and the path of the manifest, which ends with {_MANIFEST}"
    return bucket_problem(bucket)


def image_id_problem(text: str) -> str:
    """What is wrong with an image's id."""
    return "" if _IMAGE_ID.fullmatch(text) else "an image ID is ami- and 8 or 17 characters of 0-9 and a-f"


def snapshot_id_problem(text: str) -> str:
    """What is wrong with a snapshot's id."""
    return "" if _SNAPSHOT_ID.fullmatch(text) else "a snapshot ID is snap- and 8 or 17 characters of 0-9 and a-f"


def volume_problem(
    volume_type: str,
    gib: int | None,
    *,
    snapshot_gib: int = 0,
    iops: int | None = None,
    throughput: int | None = None,
) -> str:
    """What is wrong with a volume that an image will have.

    Args:
        gib: its size, `None` = the snapshot's.
        snapshot_gib: the size of the snapshot it is made from, 0 = made from none.
        throughput: MiB/s.
    """
    if gib is None and not snapshot_gib:
        return "a volume without a snapshot requires a size"
    if gib is not None and gib < max(1, snapshot_gib):
        return f"at least {max(1, snapshot_gib)} GiB" + (", as its snapshot has" if snapshot_gib else "")
    if iops is None and volume_type in _NEEDS_IOPS:
        return f"{volume_type} requires IOPS"
    if iops is not None and volume_type not in _TAKES_IOPS:
        return f"{volume_type} does not support IOPS; gp3, io1 and io2 do"
    if throughput is not None and volume_type != "gp3":
        return f"{volume_type} does not support throughput; gp3 does"
    return ""


def firmware_problem(*, architecture: str, virtualization: str, boot_mode: str, tpm: bool, ena: bool) -> str:
    """What does not go together of an image's firmware and drivers; `boot_mode` may be empty."""
    hvm = virtualization == "hvm"
    wrong = (
        (architecture in _MODERN and not hvm, f"{architecture} requires hvm"),
        (architecture in _MODERN and boot_mode == "legacy-bios", f"{architecture} does not boot with legacy-bios"),
        (bool(boot_mode) and not hvm, "a boot mode requires hvm"),
        (ena and not hvm, "ENA requires hvm"),
        (
            tpm and boot_mode != "uefi",
            "NitroTPM requires boot mode uefi, not uefi-preferred or the type's default",
        ),
    )
    return next((words for is_wrong, words in wrong if is_wrong), "")


def key_problem(text: str, region: str) -> str:
    """What is wrong with a KMS key for volumes in a region: an id, an alias or an ARN; empty = the default key."""
    arn = _KEY_ARN.fullmatch(text)
    if arn and arn[1] != region:
        return f"that key is in {arn[1]}; the copy requires a key in {region}"
    if text and not arn and not _KEY_ID.fullmatch(text):
        return "enter a key ID, alias/NAME, or an ARN"
    return ""


def typed_confirmation_problem(typed: str, expected: str) -> str:
    """What is wrong with what was typed to confirm; blanks at the ends do not count."""
    if typed.strip() == expected.strip():
        return ""
    return f"type {expected} to confirm" if not typed.strip() else f"this does not match {expected}"


def _shown(character: str) -> str:
    return character if is_unambiguous(character) else f"U+{ord(character):04X}"


def _minute(at: float) -> datetime:
    """The beginning of the minute: EC2 knows no seconds of a deprecation, and would round half of them up."""
    return datetime.fromtimestamp(at // 60 * 60, UTC)


def _years_after(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)
