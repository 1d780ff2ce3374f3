"""Views of random small catalogues, compared with a matcher that looks at every image in plain Python.

The matcher is written from the description of the query language and knows nothing of the index.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.search.region_file import OutOfTime, RegionFile
from amitui.catalog.search.view import CatalogReader
from amitui.domain.catalogue.scope import SCOPE_TITLES, Scope
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.image.family import family_of
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.publishers import accounts_named, publisher_name
from amitui.domain.image.row import ImageRow, ImageSummary
from amitui.domain.image.trust import Trust, trust_of
from amitui.domain.image.worst_finding import SHIFT, worst_finding_of
from amitui.domain.query.parser import Query, SortOrder, parse_query
from amitui.domain.query.terms import (
    BEST,
    SORT_COLUMNS,
    Account,
    Created,
    Equals,
    Family,
    Flag,
    Glob,
    Os,
    Owner,
    Predicate,
    Tag,
    Word,
)

NOW = 1_780_000_000
DAY = 86_400
VIEWER = "111122223333"
OTHER = "444455556666"
THIRD = "777788889999"
REGIONS = ("eu-west-1", "us-east-1")

# The catalogue


@dataclass(frozen=True)
class Listed:
    """An image as one shard lists it."""

    shard: Shard
    origin: str
    image: ImageSummary


NAMES = (
    "ubuntu/images/hvm-ssd/ubuntu-noble-24.04-amd64-server-20250101",
    "ubuntu/images/hvm-ssd/ubuntu-noble-24.04-amd64-server-20250601",
    "ubuntu/images/hvm-ssd/ubuntu-noble-24.04-arm64-server-20250601",
    "al2023-ami-2023.5.20250101.0-kernel-6.1-x86_64",
    "Windows_Server-2022-English-Full-Base-2025.01.01",
    "RHEL-9.4.0_HVM-20240605-x86_64-82-Hourly2-GP3",
    "PMM Server [2017-12-05 0124]",
    "100%_legit \\n \\l",
    "arch-linux-hvm-2025.01.01.x86_64-ebs",
    "copy_src_is_ami-2feab638",
    'say "hi"',
    "Übung Größe",
    "AMI",
    "",
)
DESCRIPTIONS = ("", "", "Canonical, Ubuntu, 24.04", "[**NOT HARDENED**]", "AMI", "provided by Red Hat, Inc.")
OWNERS = (
    ("099720109477", "amazon"),
    ("099720109477", ""),
    ("137112412989", "amazon"),
    ("309956199498", ""),
    ("679593333241", "aws-marketplace"),
    ("555566667777", ""),
    ("555566667777", "555566667777"),
    (VIEWER, ""),
    (OTHER, ""),
)


def image_of(number: int, draw: st.DrawFn) -> ImageSummary:
    owner_id, owner_alias = draw(st.sampled_from(OWNERS))
    flags = ImageFlag(0)
    for flag in (ImageFlag.PAID, ImageFlag.ENCRYPTED, ImageFlag.IMDS_V2, ImageFlag.LOOKALIKE, ImageFlag.PUBLIC):
        if draw(st.booleans()):
            flags |= flag
    flags = ImageFlag(flags | draw(st.sampled_from((0, 0, 1, 3, 5, 6))) << SHIFT)
    created = draw(st.none() | st.just(NOW - number * 20 * DAY))
    name = draw(st.sampled_from(NAMES))
    return ImageSummary(
        image_id=draw(st.sampled_from((f"ami-0a1b{number:013x}", f"ami-{number:08x}"))),
        name=name,
        description=draw(st.sampled_from((*DESCRIPTIONS, name))),
        owner_id=owner_id,
        owner_alias=owner_alias,
        architecture=draw(st.sampled_from(("x86_64", "arm64", "i386", "arm64_mac"))),
        platform=draw(st.sampled_from(("Linux/UNIX", "Windows", "Red Hat Enterprise Linux", "Ubuntu Pro"))),
        created=created,
        deprecated=draw(st.none() | st.just(NOW - DAY) | st.just(NOW + DAY)),
        last_launched=draw(st.none() | st.just(NOW - number)),
        state=draw(st.sampled_from(("available", "disabled"))),
        state_reason="",
        image_type="machine",
        root_device_type=draw(st.sampled_from(("ebs", "instance-store", ""))),
        virtualization="hvm",
        boot_mode=draw(st.sampled_from(("", "uefi"))),
        size_gib=draw(st.sampled_from((0, 8, 30))),
        flags=flags,
        tags=draw(st.sampled_from(((), (("Env", "prod"),), (("env", "Dev"), ("Name", "a b"))))),
    )


SHARDS = (
    (PUBLIC, "amazon", "ec2"),
    (PUBLIC, "community", "ec2"),
    (PUBLIC, "publishers", "import"),
    (PUBLIC, "555566667777", "ec2"),
    (VIEWER, "mine", "ec2"),
    (VIEWER, "shared", "ec2"),
    (OTHER, "shared", "import"),
    (OTHER, "mine", "ec2"),
    (OTHER, VIEWER, "ec2"),
    (THIRD, "shared", "ec2"),
)


@st.composite
def catalogues(draw: st.DrawFn) -> list[Listed]:
    listed: list[Listed] = []
    for number in range(draw(st.integers(0, 10))):
        image = image_of(number, draw)
        region = draw(st.sampled_from(REGIONS))
        for visibility, scope, origin in draw(
            st.lists(st.sampled_from(SHARDS), min_size=1, max_size=3, unique=True)
        ):
            shard = Shard("aws", visibility, region, scope)
            # What everybody sees comes without tags, and is public.
            seen = image._replace(tags=(), flags=image.flags | ImageFlag.PUBLIC) if visibility == PUBLIC else image
            listed.append(Listed(shard, origin, seen))
    return listed


# Words that mean something are quoted: what they mean is `test_best.py`'s.
TERMS = st.sampled_from(
    (
        "u",
        '"2"',
        "ub",
        "mi",
        '"_"',
        '"%"',
        '"ami"',
        '"ubuntu"',
        '"24.04"',
        '"amd64"',
        '"arm64"',
        '"x86_64"',
        '"64"',
        '"arch"',
        '"linux"',
        '"windows"',
        '"canonical"',
        '"amazon"',
        '"mac"',
        "marketplace",
        '"red"',
        "099720",
        "0997201",
        "555566",
        '"server"',
        '"hardened"',
        "provided",
        "ami-",
        "ami-0",
        "ami-0a1b",
        "0a1b0",
        "a1b00",
        "0a1b00",
        "2feab638",
        "ami-2feab638",
        "ami-00000003",
        '"20250101"',
        '"2017"',
        '"SSD"',
        "ÜBU",
        "größe",
        "zzz",
        '"24.04"',
        '"pmm server ["',
        '"%_"',
        '"amd64"',
        '"\\n \\l"',
        '"say \\"hi"',
        '"aws marketplace"',
        '"red hat"',
        "owner:canonical",
        "owner:self",
        "owner:amazon",
        "owner:aws",
        "owner:marketplace",
        "owner:5555",
        "owner:99720109477",
        "owner:nobody,redhat",
        f"account:{VIEWER}",
        f"account:{OTHER},{THIRD}",
        "account:1234-5678-9012",
        "arch:arm64",
        "arch:amd64,i386",
        "arch:mac",
        "root:ebs",
        "boot:none",
        "virt:pv",
        "state:disabled,failed",
        "type:machine",
        "severity:<critical",
        "severity:>=medium",
        "severity:unknown,none",
        "severity:high",
        "os:linux",
        "os:windows",
        "os:ubuntu",
        "os:rhel,windows",
        "os:amazon",
        'os:"windows 2022"',
        "os:mac",
        'os:"linux/unix"',
        'os:"red hat enterprise linux",windows',
        'os:"windows byol"',
        'family:"ubuntu 24.04 x86_64"',
        'family:"PMM Server [*]",AMI',
        "os:go",
        "name:ubuntu*24.04*",
        "name:*2?.04*",
        "name:u*",
        "name:ub",
        'name:"[2017"',
        "name:100%",
        "name:*",
        "description:not*",
        "description:*hat*",
        "description:ubuntu",
        "description:AMI",
        "description:a?i",
        "id:ami-0a*",
        "id:*3",
        "ubuntu*24.04",
        "-*amd64*",
        "created:>2026-03",
        "created:<2026",
        "created:2026-04",
        "created:100d",
        "age:>60d",
        "tag:Env",
        "tag:env=prod",
        'tag:name="A B",x',
        "tag:env=*d*",
        "public:yes",
        "paid:no",
        "encrypted:yes",
        "imds:v2",
        "trusted:yes",
        "trusted:no",
        "lookalike:yes",
        "look-alike",
        "deprecated:yes",
        "deprecated:no",
    )
)


@st.composite
def queries(draw: st.DrawFn) -> str:
    clauses = []
    for _ in range(draw(st.integers(0, 3))):
        alternatives = [
            ("-" if not term.startswith("-") and draw(st.integers(0, 4)) == 0 else "") + term
            for term in draw(st.lists(TERMS, min_size=1, max_size=2))
        ]
        clauses.append(" | ".join(alternatives))
    if draw(st.integers(0, 4)) == 0:
        clauses.append("latest:yes")
    if draw(st.integers(0, 2)) == 0:
        column = draw(st.sampled_from(SORT_COLUMNS))
        clauses.append(f"sort:{'-' if column != BEST and draw(st.booleans()) else ''}{column}")
    return " ".join(clauses)


@st.composite
def requests(draw: st.DrawFn) -> ViewRequest:
    scopes = draw(
        st.just(["all"])
        | st.lists(
            st.sampled_from((*SCOPE_TITLES, "555566667777", "099720109477", VIEWER)), min_size=1, max_size=3
        )
    )
    return ViewRequest(
        query=parse_query(draw(queries()), now=NOW),
        regions=draw(st.sampled_from((REGIONS, REGIONS[:1], ("nowhere", *REGIONS[::-1])))),
        scopes=tuple(Scope(name) for name in scopes),
        accounts=draw(
            st.sampled_from(((VIEWER,), (VIEWER,), (OTHER,), ()))
            | st.lists(st.sampled_from((VIEWER, OTHER, THIRD, "555566667777")), max_size=4, unique=True).map(tuple)
        ),
        show_deprecated=draw(st.booleans()),
        now=NOW,
        sort=draw(st.none() | st.just(SortOrder("name", descending=False))),
    )


# The plain matcher


def texts_have(image: ImageSummary, text: str) -> bool:
    return text in image.name.lower() or text in image.description.lower()


def word_matches(word: Word, image: ImageSummary) -> bool:
    text = word.text
    if len(text) < 3:
        return text in image.name.lower()
    known_alias = publisher_name("", image.owner_alias)
    other_names = {"x86_64": ("amd64", "x64", "x86-64"), "arm64": ("aarch64",), "i386": ("i686",)}
    hexadecimal = re.fullmatch("[0-9a-f]+", text)
    mixed = bool(hexadecimal and re.search("[0-9]", text) and re.search("[a-f]", text))
    return (
        texts_have(image, text)
        or text in publisher_name(image.owner_id, "").lower()
        or bool(known_alias and (text in image.owner_alias or text in known_alias.lower()))
        or (text.isdigit() and len(text) >= 6 and image.owner_id.startswith(text))
        or text in image.architecture
        or (not word.quoted and any(n.startswith(text) for n in other_names.get(image.architecture, ())))
        or text in image.platform.lower()
        or (text.startswith("ami-") and image.image_id.startswith(text))
        or (mixed and len(text) >= 5 and image.image_id.startswith((f"ami-{text}", f"ami-0{text}")))
        or (mixed and len(text) >= 6 and text in image.image_id)
    )


def owner_matches(value: str, image: ImageSummary, accounts: tuple[str, ...]) -> bool:
    if value == "self":
        return image.owner_id in accounts
    if value.isdigit():
        return image.owner_id.lstrip("0").startswith(value.lstrip("0")) and (
            len(value) >= 10 or image.owner_id.startswith(value)
        )
    known_alias = publisher_name("", image.owner_alias)
    in_alias = ("amazon" if value == "aws" else value) in image.owner_alias
    return image.owner_id in accounts_named(value) or bool(known_alias and in_alias)


def system_matches(word: str, image: ImageSummary) -> bool:
    name, platform, mac = image.name.lower(), image.platform.lower(), image.architecture.endswith("_mac")
    match word:
        case "linux":
            return "windows" not in platform and not mac
        case "windows":
            return "windows" in platform
        case "rhel":
            return "red hat" in platform or "rhel" in name
        case "ubuntu":
            return "ubuntu" in platform or "ubuntu" in name
        case "mac":
            return mac or "macos" in name
        case "amazon":
            return any(text in name for text in ("amzn", "al2023-ami", "amazon linux", "amazon-linux"))
    return word in name


def glob_matches(pattern: str, text: str) -> bool:
    expression = ""
    escaped = False
    for character in pattern:
        if character == "\\" and not escaped:
            escaped = True
            continue
        wild = {"*": ".*", "?": "."}.get(character) if not escaped else None
        expression += wild or re.escape(character)
        escaped = False
    return re.fullmatch(expression, text.lower(), re.DOTALL) is not None


def predicate_holds(predicate: Predicate, image: ImageSummary, accounts: tuple[str, ...], seen_by: str) -> bool:
    match predicate:
        case Account(values):
            return seen_by in values
        case Word():
            return word_matches(predicate, image)
        case Owner(values):
            return any(owner_matches(value, image, accounts) for value in values)
        case Equals(field, values):
            fields = {
                "arch": image.architecture,
                "root": image.root_device_type,
                "virt": image.virtualization,
                "boot": image.boot_mode,
                "state": image.state,
                "type": image.image_type,
                "severity": worst_finding_of(image.flags).word,
            }
            return fields[field] in values
        case Os(values):
            return any(
                image.platform.lower() == value
                if value in ("linux/unix", "red hat enterprise linux", "windows byol", "ubuntu pro")
                else all(system_matches(word, image) for word in value.split())
                for value in values
            )
        case Family(values):
            family = family_of(image.name) or image.image_id
            return any(family in (value, value.lower()) for value in values)
        case Glob(field, patterns):
            text = {"name": image.name, "description": image.description, "id": image.image_id}[field]
            return any(glob_matches(pattern, text) for pattern in patterns)
        case Created(since, before):
            if image.created is None:
                return False
            return (since is None or image.created >= since) and (before is None or image.created < before)
        case Tag(wanted, values):
            return any(
                key.lower() == wanted and (not values or any(glob_matches(one, value) for one in values))
                for key, value in image.tags
            )
        case Flag(name, on):
            facts = {
                "public": ImageFlag.PUBLIC in image.flags,
                "paid": ImageFlag.PAID in image.flags,
                "encrypted": ImageFlag.ENCRYPTED in image.flags,
                "imds": ImageFlag.IMDS_V2 in image.flags,
                "deprecated": image.deprecated is not None and image.deprecated <= NOW,
                "trusted": trust_of(image.owner_id, image.owner_alias, image.flags, accounts) >= Trust.MARKETPLACE,
                "lookalike": trust_of(image.owner_id, image.owner_alias, image.flags, accounts) == Trust.LOOKALIKE,
            }
            return facts[name] == on


def query_holds(query: Query, image: ImageSummary, accounts: tuple[str, ...], seen_by: str) -> bool:
    """Whether a row is found; `seen_by`: the account whose private row it is, empty for one that all see."""
    return all(
        any(predicate_holds(literal.predicate, image, accounts, seen_by) != literal.negated for literal in clause)
        for clause in query.clauses
    )


def in_scope(catalogue: list[Listed], request: ViewRequest, region: str) -> list[tuple[str, ImageSummary]]:
    """Images in the request's scopes that the viewer may see, each with whose row it is; one for each row."""
    accounts = request.accounts

    def allowed(one: Listed) -> bool:
        return one.shard.visibility in (PUBLIC, *accounts) or (not accounts and one.origin == "import")

    by_name: dict[tuple[str, str], ImageSummary] = {}
    by_owner: dict[tuple[str, str], ImageSummary] = {}
    names = {scope.name for scope in request.scopes if not scope.account_id}
    owners = {scope.account_id for scope in request.scopes if scope.account_id}
    for one in catalogue:
        if one.shard.region != region or not allowed(one):
            continue
        if one.shard.visibility == PUBLIC and one.image.owner_id in accounts:
            continue
        key = (one.shard.visibility, one.image.image_id)
        if "all" in names or one.shard.owner_scope in names:
            by_name[key] = one.image
        by_owner[key] = one.image
    chosen = without_shadowed(by_name, accounts)
    chosen |= {
        key: image for key, image in without_shadowed(by_owner, accounts).items() if image.owner_id in owners
    }
    return seen_once(chosen, accounts)


def seen_once(
    rows: dict[tuple[str, str], ImageSummary], accounts: tuple[str, ...]
) -> list[tuple[str, ImageSummary]]:
    """Of an image that several of the viewer's accounts see the owner's row, else that of the first of them."""
    best: dict[str, tuple[int, str, ImageSummary]] = {}
    found: list[tuple[str, ImageSummary]] = []
    for (visibility, image_id), image in rows.items():
        if visibility not in accounts:
            found.append(("" if visibility == PUBLIC else visibility, image))
            continue
        place = -1 if visibility == image.owner_id else accounts.index(visibility)
        if image_id not in best or place < best[image_id][0]:
            best[image_id] = place, visibility, image
    return found + [(visibility, image) for _, visibility, image in best.values()]


def without_shadowed(
    rows: dict[tuple[str, str], ImageSummary], accounts: tuple[str, ...]
) -> dict[tuple[str, str], ImageSummary]:
    """Without public rows of images that are there privately too, as public ones."""
    private = {
        image.image_id
        for (visibility, _), image in rows.items()
        if visibility != PUBLIC and ImageFlag.PUBLIC in image.flags and image.owner_id not in accounts
    }
    return {
        (visibility, image_id): image
        for (visibility, image_id), image in rows.items()
        if visibility != PUBLIC or image_id not in private
    }


def newest_of_each(images: list[ImageSummary]) -> list[ImageSummary]:
    newest: dict[tuple[str, str, str], ImageSummary] = {}
    for image in images:
        product = (image.owner_id, family_of(image.name) or image.image_id, image.architecture)
        known = newest.get(product)
        if known is None or (image.created or 0) > (known.created or 0):
            newest[product] = image
    return list(newest.values())


# The comparison


def write(folder: str, catalogue: list[Listed]) -> None:
    for region in REGIONS:
        with CatalogIndex.open(f"{folder}/{region}.sqlite", region) as index:
            shards = dict.fromkeys((one.shard, one.origin) for one in catalogue if one.shard.region == region)
            for shard, origin in shards:
                index.begin_shard(shard, 1, origin=origin)
                index.add_rows(shard, 1, [one.image for one in catalogue if one.shard == shard], "chunk")
                index.finish_shard(shard, 1, NOW)


def sort_value(column: str, row: ImageRow) -> str | int | None:
    match column:
        case "publisher":
            return row.publisher.lower() or None
        case "trust":
            return int(row.trust)
        case "created":
            return row.created
        case "owner":
            return row.owner_id
        case "id":
            return row.image_id
        case "size":
            return row.size_gib or None
        case "severity":
            return worst_finding_of(row.flags).value or None
        case "deprecated":
            return row.deprecated
        case "launched":
            return row.last_launched
        case "region":
            return row.region
        case "name" | "description":
            # SQLite folds the case of ASCII letters alone.
            text = row.name if column == "name" else row.description
            return re.sub("[A-Z]", lambda letter: letter[0].lower(), text) or None
    fields = {
        "arch": row.architecture,
        "platform": row.platform,
        "state": row.state,
        "root": row.root_device_type,
        "virt": row.virtualization,
        "boot": row.boot_mode,
    }
    return fields[column].lower() or None


def is_ordered(rows: list[ImageRow], order: SortOrder) -> bool:
    """By the column, rows without a value last, equals newest first."""
    if order.column == BEST:
        return True  # see test_best.py
    values = [sort_value(order.column, row) for row in rows]
    if order.column == "created":
        known = [row.created for row in rows if row.created is not None]
        first = [row.created is None for row in rows]
        return known == sorted(known, reverse=order.descending) and first == sorted(
            first, reverse=not order.descending
        )
    known_values = [value for value in values if value is not None]
    if values[: len(known_values)] != known_values:
        return False
    strings = [value for value in known_values if isinstance(value, str)]
    numbers = [value for value in known_values if isinstance(value, int)]
    if strings != sorted(strings, reverse=order.descending):
        return False
    if numbers != sorted(numbers, reverse=order.descending):
        return False
    return all(
        (one.created or 0) >= (next_one.created or 0)
        for (one, value), (next_one, next_value) in pairwise(zip(rows, values, strict=True))
        if value == next_value
    )


def expected_rows(
    catalogue: list[Listed], request: ViewRequest, region: str
) -> tuple[list[ImageSummary], int, int]:
    """The images of a view in one region, how many deprecated ones it hides, and the total of the scope."""
    hides = not request.show_deprecated and not request.query.asks_for_deprecated

    def gone(image: ImageSummary) -> bool:
        return hides and image.deprecated is not None and image.deprecated <= NOW

    seen = in_scope(catalogue, request, region)
    request = request.carried_out()
    matching = [image for seen_by, image in seen if query_holds(request.query, image, request.accounts, seen_by)]
    shown = [image for image in matching if not gone(image)]
    if request.query.latest:
        shown = newest_of_each(shown)
    return shown, sum(map(gone, matching)), sum(not gone(image) for _, image in seen)


def fingerprint(request: ViewRequest, region: str, image: ImageSummary | ImageRow) -> tuple[str, ...]:
    """What tells rows apart; of undated builds of one product any may be the latest, and the best need not be."""
    if request.query.latest and (image.created is None or request.order.column == BEST):
        return (region, image.owner_id, family_of(image.name) or image.image_id, image.architecture)
    return (region, image.image_id)


def out_of_time(*_: object) -> NoReturn:
    raise OutOfTime


@pytest.mark.parametrize("large", [False, True], ids=["as-few-rows", "as-many-rows"])
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(catalogue=catalogues(), asked=st.lists(requests(), min_size=1, max_size=12))
def test_a_view_is_what_a_look_at_every_image_finds(
    large: bool, catalogue: list[Listed], asked: list[ViewRequest]
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        if large:
            # Plans for many rows, and first pages that cannot be had by testing rows one by one.
            patch.setattr("amitui.catalog.search.plan.FEW_ROWS", -1)
            patch.setattr("amitui.catalog.search.region_search.FEW_ROWS", -1)
            patch.setattr("amitui.catalog.search.region_search.SOME_ROWS", -1)
            patch.setattr("amitui.catalog.search.conditions._LISTED", -1)
            # Shards of several accounts share their bits.
            patch.setattr("amitui.catalog.index.writer.PRIVATE_BITS", range(31, 34))
            patch.setattr(RegionFile, "fetch_within", out_of_time)
        write(folder, catalogue)
        with CatalogReader(folder) as reader:
            for request in asked:
                answers = {region: expected_rows(catalogue, request, region) for region in request.regions}
                keys, deprecated_hidden = reader.keys(request)
                rows = [row for row in reader.rows(keys, request.accounts) if row is not None]
                assert Counter(fingerprint(request, row.region, row) for row in rows) == Counter(
                    fingerprint(request, region, image)
                    for region, (shown, _, _) in answers.items()
                    for image in shown
                )
                assert deprecated_hidden == sum(hidden for _, hidden, _ in answers.values())
                assert reader.total(request) == sum(total for _, _, total in answers.values())
                assert is_ordered(rows, request.order)
                first_keys, first_rows = reader.first(request, 4)
                assert first_keys == list(keys[:4])
                assert first_rows == rows[:4]
