"""Kinds of images: everything by which they are ranked, but for their age. The index keeps one row a kind.

Of a name that follows a known pattern the kind says product, release, variant and architecture; of all others just
how far they can be trusted.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from amitui.domain.image.image import ImageFlag
from amitui.domain.image.publishers import AMAZON_ALIAS, MARKETPLACE_ACCOUNT, publisher_of
from amitui.domain.image.trust import Trust, trust_of
from amitui.domain.products.atoms import atoms, glued, number, number_words
from amitui.domain.products.identify import Identity
from amitui.domain.products.known import Product, products
from amitui.domain.products.publisher_table import ENTRIES
from amitui.domain.products.reading import NameReading
from amitui.domain.products.tier import Tier
from amitui.domain.products.vocabulary import meanings


class Kind(NamedTuple):
    """What the index keeps of a kind."""

    tier: int
    product: str
    """Empty: the name follows no known pattern."""
    words: str
    """Between blanks, what searches can ask for: `ubuntu`, `=ubuntu` for the product's own name, `!ubuntu` for the
    product, `#24.04`, `#24`, `=#24` for the series itself, `minimal`, `@arm64`."""
    extras: str
    """Between blanks, what has to be asked for: the qualifiers that the plain build does not have."""
    release: str
    """Whole numbers joined by dots: the higher, the newer."""
    architecture: str


class Subject(NamedTuple):
    """What decides an image's kind; the same for all builds of it."""

    tier: Tier
    identity: Identity | None
    """Without its build."""
    architecture: str


_MARKETPLACE_PUBLISHERS: Final = frozenset(entry.name for entry in ENTRIES if entry.marketplace)
_AMAZON_PUBLISHERS: Final = frozenset(entry.name for entry in ENTRIES if entry.amazon)


def subject_of(
    reading: NameReading, owner_id: str, owner_alias: str, flags: ImageFlag, architecture: str
) -> Subject:
    """What decides an image's kind."""
    identity = reading.identity
    tier = tier_of(identity, owner_id, owner_alias, flags)
    return Subject(tier, None if identity is None else identity._replace(build=""), architecture)


def tier_of(identity: Identity | None, owner_id: str, owner_alias: str, flags: ImageFlag) -> Tier:
    """How near an owner is to the product that a name says, for everybody but the owner."""
    match trust_of(owner_id, owner_alias, flags, ()):
        case Trust.LOOKALIKE:
            return Tier.LOOKALIKE
        case Trust.UNVERIFIED:
            return Tier.STRANGER
        case Trust.SHARED:
            return Tier.SHARED
        case Trust.MARKETPLACE:
            return Tier.MARKETPLACE
    if identity is None or owner_id == MARKETPLACE_ACCOUNT:
        return Tier.VERIFIED
    owner = publisher_of(owner_id)
    # Bottlerocket's account, and those of opt-in Regions, are known by their alias alone.
    by_alias = owner_alias == AMAZON_ALIAS or (owner is not None and owner.amazon)
    if (owner is not None and owner.name == identity.publisher) or (
        by_alias and identity.publisher in _AMAZON_PUBLISHERS
    ):
        return Tier.PUBLISHER
    return Tier.VERIFIED


def kind_of(subject: Subject) -> Kind:
    """The kind of an image."""
    identity = subject.identity
    if identity is None:
        return Kind(subject.tier, "", f" {_of_architecture(subject.architecture)} ", "", "", subject.architecture)
    product = products()[identity.product]
    words: dict[str, None] = {}
    extras: dict[str, None] = dict.fromkeys(product.extras)
    words[f"!{identity.product}"] = None
    for word in product.words:
        words |= dict.fromkeys((word, f"={word}"))
    words |= dict.fromkeys((*product.also, *product.extras))
    release = [
        *_of_series(identity, product, words, extras),
        *(int(qualifier) for qualifier in identity.qualifiers if qualifier.isdecimal()),
        *_of_attributes(identity, product, words, extras),
        *_of_release(identity, product, words),
    ]
    _of_qualifiers(identity, product, words, extras)
    if not words.keys() & {"byos", "byol", "access2"}:
        words["payg"] = None
    words[_of_architecture(subject.architecture)] = None
    return Kind(
        subject.tier,
        identity.product,
        f" {' '.join(words)} ",
        " ".join(extras),
        ".".join(map(str, release)),
        subject.architecture,
    )


def _of_architecture(architecture: str) -> str:
    """A Mac's images are asked for by the plain names as well."""
    base = architecture.removesuffix("_mac")
    return f"@{base} @{architecture}" if base != architecture else f"@{architecture}"


def _integers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdecimal()]


def _of_series(identity: Identity, product: Product, words: dict[str, None], extras: dict[str, None]) -> list[int]:
    series = product.names.get(identity.series, identity.series)
    parts = series.split(".")
    for fact in product.facts:
        if "{" not in fact:
            for one in number_words(fact):
                words[one] = words[f"={one}"] = None
        elif len(parts) > 1:
            words[fact.format(*parts)] = None
    if series and not number(series):
        words |= dict.fromkeys((series.lower(), identity.series.lower()))
        extras[series.lower()] = None
        return []
    for one in number_words(series) if series else ():
        words[one] = words[f"={one}"] = None
    if identity.series != series:
        words[identity.series.lower()] = None
    return _integers(number(series))


def _of_attributes(
    identity: Identity, product: Product, words: dict[str, None], extras: dict[str, None]
) -> list[int]:
    versions: list[int] = []
    given = dict(identity.attributes)
    for role, value in identity.attributes:
        named = product.names.get(value, value)
        own = atoms(named)
        words |= dict.fromkeys(_described(own, glue=role not in product.defaults))
        if role in product.versions:
            versions += _integers(value)
            words |= dict.fromkeys(f"={one}" for one in number_words(value))
        if role in product.free or value in product.defaults.get(role, ()):
            continue
        if role in product.versions and role not in product.defaults:
            continue
        slug = "-".join(own)
        words[slug] = extras[slug] = None
    for role, usual in product.defaults.items():
        if role not in given and "" not in usual:
            absent = product.absent.get(role, f"no-{role}")
            extras[absent] = words[absent] = None
            words |= dict.fromkeys(number_words(absent) if number(absent) else ())
    return versions


def _described(own: list[str], *, glue: bool) -> list[str]:
    """Words for an attribute's value, and what the vocabulary makes of them (`amzn2023`, `Amazon Linux 2023`)."""
    found: list[str] = []
    for atom in own:
        found.append(atom)
        if number(atom):
            found += number_words(atom)
        elif glue and (parts := glued(atom)):
            found += [parts[0], *number_words(parts[1])]
            if len(parts[1]) in _GLUED_DIGITS:
                # python312 and php84 are 3.12 and 8.4.
                found += number_words(f"{parts[1][0]}.{parts[1][1:]}")
    for meaning in meanings(own):
        if len(meaning.alternatives) == 1 or any(one.startswith("#") for one in sum(meaning.alternatives, ())):
            found += sum(meaning.alternatives, ())
    return [word for word in found if not word.startswith("=")]


def _of_release(identity: Identity, product: Product, words: dict[str, None]) -> list[int]:
    release = identity.release
    if not release:
        return []
    series = product.names.get(identity.series, identity.series) or next(
        (fact for fact in product.facts if "{" not in fact), ""
    )
    whole = (
        release if not series or release == series or release.startswith(f"{series}.") else f"{series}.{release}"
    )
    words |= dict.fromkeys(number_words(whole))
    if release.count(".") > 1:
        words |= dict.fromkeys(number_words(release))  # a version of its own beside the series: Bottlerocket's
    return _integers(release)


def _of_qualifiers(identity: Identity, product: Product, words: dict[str, None], extras: dict[str, None]) -> None:
    for qualifier in identity.qualifiers:
        if qualifier in _SAYING_NOTHING:
            continue
        words[qualifier] = None
        if number(qualifier):
            words |= dict.fromkeys(number_words(qualifier))
        if qualifier not in product.usual:
            extras[qualifier] = None


_GLUED_DIGITS: Final = (2, 3)
_SAYING_NOTHING: Final = frozenset(("arm64", "x86", "64bit", "32bit", "with"))
"""Qualifiers of names that are architectures, or no words at all."""


def words_of_family(identity: Identity) -> tuple[str, ...]:
    """The words of a kind that just the kinds of one family have, whatever their release."""
    product = products()[identity.product]
    words: dict[str, None] = {f"!{identity.product}": None}
    extras: dict[str, None] = {}
    series: dict[str, None] = {}
    _of_series(identity, product, series, extras)
    words |= dict.fromkeys([word for word in series if word.startswith("=")][:1])
    _of_attributes(identity, product, {}, extras)
    _of_qualifiers(identity, product, {}, extras)
    words |= dict.fromkeys(extra for extra in extras if not extra.startswith("no-"))
    words |= dict.fromkeys(
        atom for role, value in identity.attributes if role not in product.defaults for atom in atoms(value)
    )
    if identity.architecture:
        words[f"@{identity.architecture}"] = None
    return tuple(words)
