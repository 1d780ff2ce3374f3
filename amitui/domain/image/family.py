"""Families: images that are builds of one product, found by their names alone.

Names hold dates in a dozen formats, serials, epochs, uuids, ids of other images and version numbers; what is left
without them names the product. Of one owner, family and architecture the newest by creation time is "the latest"
(never the last by name: dates in names are written in ways that do not sort, some of them wrong).
"""

from __future__ import annotations

import re
from typing import Final

from amitui.domain.image.systems import os_of
from amitui.domain.products.identify import Identity, identify
from amitui.domain.products.listing import Listed, without_tail

__all__ = ["ANY", "NAME_LIMIT", "family_of", "os_of"]

ANY: Final = "*"
"""Stands in a family for what varies, so that a family can be read, and used, as a glob over names."""

NAME_LIMIT: Final = 128
"""Longest name EC2 takes, in characters; Marketplace names are cut there, often through an id or a date."""


def family_of(name: str) -> str:
    """What the builds of one product have in common: by its publisher's own pattern, else the name without builds.

    Of a known product: its name, its release as far as that is a product of its own, and the variant
    (`ubuntu 24.04 minimal`). Of any other: the name with `*` for what varies between builds.

    A version of three parts or more counts as a build (`GitLab EE 9.4.3`), unless it is an operating system's
    (`RHEL-8.6.0`, of which the first two parts stay); one of two parts stays (`kernel-6.1`).
    """
    known = identify(name)
    if known is not None:
        return known.family
    listed = without_tail(name)
    known = identify(listed.name) if listed is not None else None
    return generic_family(name) if listed is None or known is None else listed_family(known, listed)


def listed_family(identity: Identity, listed: Listed) -> str:
    """The family of a known product's listing on the Marketplace: another one than the publisher's own."""
    return f"{identity.family} {listed.listing}"


def generic_family(name: str) -> str:
    """The family of a name that follows no known pattern: the name with `*` for what varies between builds."""
    family = name
    for rule, replacement in _RULES.get(name[:4].lower(), ()):
        family = _regex(rule).sub(replacement, family)
    if len(name) >= NAME_LIMIT:
        family = _regex(_CUT).sub(ANY, family)
    family = _regex(_VARYING).sub(_replace, family)
    if family.count(ANY) > 1:
        family = _regex(_RUN).sub(ANY, family)
    return family.strip()


_RULES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    # Amazon Linux 1 and Beanstalk roll on through releases; macOS through minor ones.
    "amzn": (
        (r"(?<=-)\d{4}\.\d\d(?:\.(?:\d+|[a-z]))*(?=-)", ANY),
        (r"^(amzn-ec2-macos-\d+)\.[\d.]+", r"\1.*"),
    ),
    "aws-": ((r"(?<=amzn-)\d{4}\.\d\d(?:\.\d+)*(?=\.)", ANY),),
    # RHEL-9.4.0_HVM-20240605-x86_64-82-Hourly2-GP3: the number before the billing is a build.
    "rhel": ((r"(?<=-)\d+(?=-(?:Hourly|Access))", ANY),),
    # Rocky, Alma: only the newest minor release is maintained, and the major one is in the name as well.
    "rock": ((r"(?<=-)\d+\.\d+(?=-\d{8})", ANY),),
    "alma": ((r"(?i)(AlmaLinux OS \d+)\.\d+(?:\.\d+)*", r"\1.*"),),
    # Fedora-Cloud-Base-AmazonEC2.x86_64-41-1.4, fedora-coreos-40.20240504.3.0: release, then compose.
    "fedo": ((r"(?<=-)(\d\d-)1\.\d+(?![\d.])|(?<=coreos-)(\d\d\.)[\d.]+", r"\1\2*"),),
    # CentOS Linux 7 … 1901_01, CentOS-7-2111-20220825_1: year and month in four digits.
    "cent": ((r"(?<!\d)\d{4}_\d\d(?!\d)|(?<=\d-)\d{4}(?=-\d{8})", ANY),),
    "deep": ((r"(?i)(?<=Version )\d+(?:\.\d+)*|(?<=- )\d+\.\d+(?=_|$)", ANY),),
    "turn": ((r"^(turnkey-.+?)-\d+\.\d+(?:rc\d+)?(?=-)", r"\1-*"), (r"(?<=\.ebs)_\d+", "")),
    "bitn": (
        (r"^(bitnami-.+?)-[\w.]*\d[\w.]*-\d+(?:-r\d+)?(?=-linux-)", r"\1-*"),
        (r"(?<=-linux-ubuntu-)(\d\d\.\d\d)\.\d+", r"\1"),
    ),
    "impo": ((r"^(import-ami-)\w+", r"\1*"),),
    "free": ((r"(?<=-)(RC|BETA|ALPHA)\d+", r"\1*"),),
}
"""What the general rule cannot know, by the first four letters of the name: (expression, replacement) pairs."""

_MONTH_TAIL: Final = (
    r"(?:(?<=j)(?:an(?:uary)?|une?|uly?)|(?<=f)eb(?:ruary)?|(?<=m)(?:ar(?:ch)?|ay)|(?<=a)(?:pr(?:il)?|ug(?:ust)?)"
    r"|(?<=s)ept?(?:ember)?|(?<=o)ct(?:ober)?|(?<=n)ov(?:ember)?|(?<=d)ec(?:ember)?)"
)
"""A month's name after its first letter."""

_TIME: Final = r"(?:[ T_.\-]+\d{1,4}(?:[\-.:]?\d\d){0,3}(?:[.,\-]\d{1,4})*Z?(?![0-9a-z]))?"
"""What may follow a day: a time of day in any punctuation, or the number of the day's build."""

_BUILD: Final = (
    r"(?:(?!-[0-9a-f]{8}-[0-9a-f]{4}-|-(?:19|20)\d\d[\-.]\d\d)-\d+(?:\.\d+)*(?![a-z\d_]))*"
    r"(?:[.\-][0-9a-f]{7,12}(?![a-z0-9]|-[0-9a-f]{4}-))?"
)
"""What may follow a version: a build number, a commit; not the start of a date or a uuid."""

# Each alternative begins with a set of characters, so that the matcher skips it without entering it.
_VARYING: Final = rf"""(?ix)
    # uuid
    [0-9a-f]{{8}} (?:-[0-9a-f]{{4}}){{3}} -[0-9a-f]{{12}}
    # id of an image
  | a(?<![a-z0-9].)mi-[0-9a-f]{{8}} (?:[0-9a-f]{{9}})? (?![0-9a-z]|-[0-9a-f]{{4}}-) (?:\.\d+)?
    # 2024-06-05, 2024.06.05, 2024/06/05, with a time; 2024-06
  | [12](?<![\d.].)(?:(?<=1)9|(?<=2)0)\d\d
      (?: (?P<mark>[\-./_ ])(?:0?[1-9]|1[0-2])(?P=mark)(?:0[1-9]|[12]\d|3[01]|[1-9])(?!\d){_TIME}
        | [\-_](?:0[1-9]|1[0-2])(?![\-._]?[0-9a-z]) )
    # 05.06.2024
  | [0-3](?<![\d.].)\d(?P<sign>[\-./_])[01]\d(?P=sign)(?:19|20)\d\d(?!\d)
    # commit, whole or short
  | [0-9a-f](?<![a-z0-9].)(?<=(?=[a-f]*\d)(?=\d*[a-f]).) (?:[0-9a-f]{{6,11}}|[0-9a-f]{{39}}) (?![a-z0-9])
    # version of three parts or more
  | [0-9](?<![\d.].)\d*(?:\.(?!\d+bit)\d+){{2,}} (?:[a-z]{{1,2}}(?![a-z0-9]))?
      (?:[\-._]?(?:rc|beta|alpha|dev)[\d.]*(?![a-z]))? {_BUILD} (?P<version>)
    # serial, epoch, 20240605, 202406051230, 20240605T123000Z, 20240605.1, 20240605-1230
  | [0-9](?<!\d\d)\d{{5,}} (?:T\d{{4,6}}Z?|[a-z](?![a-z0-9]))? (?:\.n)? (?:\.\d+(?![a-z\d]))*
      (?:[_\-]\d{{1,6}}(?![a-z0-9]))?
    # 5-Jun-2024, 05Jun2024
  | [0-9](?<!\d\d)\d?[\-_. ]?[jfmasond]{_MONTH_TAIL}[\-_. ]?(?:19|20)\d\d(?!\d)
    # June 2024, June 5, 2024
  | [jfmasond](?<![a-z].){_MONTH_TAIL}[\-_. ]?(?:\d{{1,2}}[\-_., ]+)?(?:19|20)\d\d(?!\d)
    # v5, v1.2
  | v(?<![a-z0-9].)\d+(?:\.\d+)*(?![a-z0-9]) (?:[\-._]?(?:rc|beta|alpha|dev)[\d.]*(?![a-z]))? {_BUILD} (?P<v>)
    # build1066
  | [bs](?<![a-z].)(?:(?<=b)uild|(?<=s)erial)[ _.\-]?\#?\d+
"""

_CUT: Final = (
    r"(?i)(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){0,3}-[0-9a-f]{0,12}|-(?=[a-f]*\d)[0-9a-f]{1,8}"
    r"|-a(?:m(?:i(?:-[0-9a-f.]*)?)?)?|(?<![0-9a-f])(?:19|20)\d\d[\-.][\d.\-]*)$"
)
"""The beginning of an id or a date at the end of a name that has been cut."""

_RUN: Final = r"\*(?:[\-_.:/ T]*\*)+"

_SYSTEM: Final = (
    r"(?i)(?:ubuntu|centos|rhel|red ?hat|debian|sles|suse|fedora|alma|linux|rocky|bsd|windows|server|mac ?os|nixos"
    r"|stream|k8s|kubernetes|kernel)[\-_ /.(]*(?:(?:OS|HA|Server|LTS)[\-_ ]+)?v?$"
)
"""What stands before a version that is a system's own."""


def _replace(match: re.Match[str]) -> str:
    """`*`, but a system's own version keeps the digits of its release."""
    if match.lastgroup in ("version", "v"):
        start = match.start()
        text = match.group()
        if _regex(_SYSTEM).search(match.string, max(0, start - 24), start):
            return ".".join(text.split(".")[:2]) + (".*" if text.count(".") > 1 else "")
    return ANY


_compiled: dict[str, re.Pattern[str]] = {}


def _regex(pattern: str) -> re.Pattern[str]:
    """The compiled expression, compiled at its first use: together they cost milliseconds."""
    compiled = _compiled.get(pattern)
    if compiled is None:
        compiled = _compiled[pattern] = re.compile(pattern)
    return compiled
