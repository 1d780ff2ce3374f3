"""What stands in the cells of the image table: one function for each column."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from amitui.domain.image.billing import is_charged
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.worst_finding import WorstFinding, worst_finding_of
from amitui.presentation.facts import TRUST_WORDS, age, cause, day, region_code
from amitui.presentation.image_label import image_label
from amitui.presentation.text import cell_width, fit, short_name

if TYPE_CHECKING:
    from amitui.domain.image.row import ImageRow
    from amitui.presentation.columns import Look

_PAID: Final = int(ImageFlag.PAID)

_NAME_AND_ID: Final = re.compile(r"(.+) (\d{12})", re.DOTALL)

_SHORT_ARCHITECTURES: Final = {"x86_64_mac": "macx86", "arm64_mac": "macarm"}

_SHORT_PUBLISHERS: Final = {"AWS Marketplace": "Marketplace"}

_SHORT_PLATFORMS: Final = (
    ("Linux/UNIX", "Linux"),
    ("Red Hat Enterprise Linux", "RHEL"),
    ("Red Hat BYOL Linux", "RHEL BYOL"),
    ("SUSE Linux", "SUSE"),
    ("Ubuntu Pro Linux", "UbuntuPro"),
    ("Ubuntu Pro", "UbuntuPro"),
    ("Windows with SQL Server", "WinSQL"),
    ("Windows BYOL", "WinBYOL"),
    (" with HA", " HA"),
    (" with SQL Server", " SQL"),
    (" Enterprise", " Ent"),
    (" Standard", " Std"),
)


def name_cell(row: ImageRow, look: Look, width: int) -> str:
    return short_name(row.name, width, look.glyphs.ellipsis)


def image_cell(row: ImageRow, look: Look, width: int) -> str:
    label = image_label(row)
    return short_name(row.name, width, look.glyphs.ellipsis) if label is None else label.text


def build_cell(row: ImageRow, _look: Look, _width: int) -> str:
    label = image_label(row)
    return (label.build if label is not None else "") or day(row.created)


def more_cell(row: ImageRow, look: Look, width: int) -> str:
    more = look.families.builds.get(row.key, 1) - 1 if look.families is not None else 0
    exact = f"+{more}" if more else ""
    # A number that is cut is another number.
    return exact if len(exact) <= width else f"+{more // 1000}k" if more < 100_000 else ">99k"


def origin_cell(row: ImageRow, look: Look, _width: int) -> str:
    return look.glyphs.trust[row.trust] + (look.glyphs.charged if charged(row) else "")


def charged(row: ImageRow) -> bool:
    """Whether more than the instance is paid for."""
    return is_charged(row.platform, bool(int(row.flags) & _PAID))


def publisher_cell(row: ImageRow, look: Look, width: int) -> str:
    who = row.publisher or row.owner_id
    return f"{look.glyphs.trust[row.trust]} {who if len(who) + 2 <= width else _SHORT_PUBLISHERS.get(who, who)}"


def virt_cell(row: ImageRow, _look: Look, width: int) -> str:
    return "pv" if row.virtualization == "paravirtual" and width < 11 else row.virtualization


def trust_cell(row: ImageRow, look: Look, _width: int) -> str:
    return f"{look.glyphs.trust[row.trust]} {TRUST_WORDS[row.trust]}"


def architecture_cell(row: ImageRow, _look: Look, width: int) -> str:
    full = row.architecture
    return full if len(full) <= width else _SHORT_ARCHITECTURES.get(full, full)


def platform_cell(row: ImageRow, _look: Look, width: int) -> str:
    text = row.platform
    if text == "Linux/UNIX":
        return "Linux"
    if len(text) > width:
        for full, short in _SHORT_PLATFORMS:
            text = text.replace(full, short)
    return text


def created_cell(row: ImageRow, look: Look, _width: int) -> str:
    return "" if row.created is None else age(look.now - row.created)


def state_cell(row: ImageRow, look: Look, width: int) -> str:
    found = cause(row, look.now, look.progress(row))
    return "" if found is None else found.words(width)


def region_cell(row: ImageRow, _look: Look, width: int) -> str:
    return row.region if width >= 14 else region_code(row.region)


def account_cell(row: ImageRow, look: Look, width: int) -> str:
    name = look.account_name(row)
    if cell_width(name) <= width:
        return name
    if numbered := _NAME_AND_ID.fullmatch(name):
        # Others are called like this one: the whole ID tells them apart, and the name has what room is left.
        room = width - len(numbered[2])
        before = fit(f"{numbered[1]} ", room, ellipsis=look.glyphs.ellipsis).rstrip() if room > 1 else ""
        return before + numbered[2]
    if not name.isascii():
        return name
    # `acme-production-eu` and `acme-production-us` differ at the end, `acme` and `beta` at the beginning.
    tail = (width - 1) // 2
    return f"{name[: width - 1 - tail]}{look.glyphs.ellipsis}{name[-tail:] if tail else ''}"


def root_cell(row: ImageRow, _look: Look, width: int) -> str:
    return "inst." if row.root_device_type == "instance-store" and width < 14 else row.root_device_type


def boot_cell(row: ImageRow, _look: Look, width: int) -> str:
    mode = row.boot_mode
    return mode if len(mode) <= width else mode.replace("legacy-", "").replace("preferred", "pref")


def description_cell(row: ImageRow, _look: Look, _width: int) -> str:
    return row.description


def launched_cell(row: ImageRow, look: Look, _width: int) -> str:
    return "" if row.last_launched is None else age(look.now - row.last_launched)


def severity_cell(row: ImageRow, _look: Look, width: int) -> str:
    found = worst_finding_of(row.flags)
    word = "" if found is WorstFinding.NOT_SCANNED else found.word
    return word if len(word) <= width else word[:4]
