"""Instance types as EC2 describes them, and the search among them.

A search is a few words that must all hold: beginnings of a name's parts (`m7i`, `metal`, `flex`), names with `*`
(`c*gn.*`), several with commas between them (`m7i,m7a`), facts (`gpu`, `free`, `nitro`), comparisons (`vcpu>=4`,
`mem<=16`, `gen>=6`), and each of them denied by a `-` in front.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

_MIB_A_GIB: Final = 1024


class Accelerator(NamedTuple):
    """What an instance of a type has beside its processors; all of one kind."""

    kind: str
    """`gpu`, `fpga`, `neuron`, `inference` or `media`."""
    maker: str
    name: str
    number: int
    share: float
    """Which part of each belongs to the instance: 1.0, or less where several instances share one."""
    memory_mib: int
    """Of each one; 0 = not known."""

    @property
    def words(self) -> str:
        """`4 × NVIDIA T4`; `1/8 of NVIDIA L4`."""
        # Some names begin with their maker already.
        named = self.name if self.name.startswith(self.maker) else f"{self.maker} {self.name}"
        if 0 < self.share < 1:
            return f"1/{round(1 / self.share)} of {named}"
        return named if self.number == 1 else f"{self.number} × {named}"


class InstanceType(NamedTuple):
    """One instance type of a region. All text is sanitized; an empty tuple or text = EC2 did not say."""

    name: str
    """`m7i.large`"""
    vcpus: int
    memory_mib: int
    architectures: tuple[str, ...]
    """`i386`, `x86_64`, `arm64`, `x86_64_mac`, `arm64_mac`."""
    virtualization_types: tuple[str, ...]
    """`hvm`, `paravirtual`."""
    root_device_types: tuple[str, ...]
    """`ebs`, `instance-store`."""
    boot_modes: tuple[str, ...]
    """`legacy-bios`, `uefi`."""
    ena: str
    """`unsupported`, `supported` or `required`."""
    nitro_tpm: bool
    encryption: bool
    """Whether encrypted EBS volumes can be attached."""
    hypervisor: str
    """`nitro` or `xen`; empty for bare metal."""
    bare_metal: bool
    current_generation: bool
    free_tier: bool
    burstable: bool
    accelerators: tuple[Accelerator, ...]
    instance_storage_gb: int
    """All disks of the instance store together, in GB as EC2 counts them; 0 = it has none."""
    network: str
    """EC2's words: `Up to 12.5 Gigabit`."""
    usage_classes: tuple[str, ...]
    """`on-demand`, `spot`, `capacity-block`."""
    processor: str
    """Who makes it: `Intel`, `AMD`, `AWS` (Graviton), `Apple`."""

    @property
    def family(self) -> str:
        """`m7i` of `m7i.large`"""
        return self.name.partition(".")[0]

    @property
    def size(self) -> str:
        """`large` of `m7i.large`"""
        return self.name.partition(".")[2]

    @property
    def generation(self) -> int:
        """7 of `m7i.large`; 0 where the name has none, as `mac-m4.metal`."""
        found = _GENERATION.match(self.name)
        return int(found[1]) if found else 0

    @property
    def nitro(self) -> bool:
        """Whether it is built on the Nitro System: bare metal is, though no hypervisor runs there."""
        return self.hypervisor == "nitro" or self.bare_metal

    @property
    def mac(self) -> bool:
        """Whether it is a Mac: those run on Dedicated Hosts only, and boot by firmware of their own."""
        return any(architecture.endswith("_mac") for architecture in self.architectures)

    @property
    def gpus(self) -> int:
        """How many GPUs it has, shared ones too."""
        return sum(one.number for one in self.accelerators if one.kind == "gpu")

    @property
    def memory_words(self) -> str:
        """`16 GiB`, `0.5 GiB`"""
        return f"{round(self.memory_mib / _MIB_A_GIB, 2):g} GiB"

    @property
    def accelerator_words(self) -> str:
        """`4 × NVIDIA T4`; empty when it has none."""
        return ", ".join(one.words for one in self.accelerators)


_GENERATION: Final = re.compile(r"[a-z]+(?:-[0-9]+tb)?([0-9]{1,9})")
_Fact: TypeAlias = Callable[[InstanceType], bool]
_Number: TypeAlias = Callable[[InstanceType], float]

FACTS: Final[Mapping[str, _Fact]] = {
    "free": lambda one: one.free_tier,
    "current": lambda one: one.current_generation,
    "previous": lambda one: not one.current_generation,
    "nitro": lambda one: one.nitro,
    "xen": lambda one: one.hypervisor == "xen",
    "burstable": lambda one: one.burstable,
    "spot": lambda one: "spot" in one.usage_classes,
    "gpu": lambda one: one.gpus > 0,
    "accelerator": lambda one: bool(one.accelerators),
    "disk": lambda one: one.instance_storage_gb > 0,
    "tpm": lambda one: one.nitro_tpm,
    "uefi": lambda one: "uefi" in one.boot_modes,
    "bios": lambda one: "legacy-bios" in one.boot_modes,
    "ena": lambda one: one.ena in ("supported", "required"),
    "pv": lambda one: "paravirtual" in one.virtualization_types,
    "arm": lambda one: "arm64" in one.architectures,
    "arm64": lambda one: "arm64" in one.architectures,
    "x86": lambda one: "x86_64" in one.architectures,
    "x86_64": lambda one: "x86_64" in one.architectures,
    "i386": lambda one: "i386" in one.architectures,
    "intel": lambda one: one.processor == "Intel",
    "amd": lambda one: one.processor == "AMD",
    "graviton": lambda one: one.processor == "AWS",
    "metal": lambda one: one.bare_metal,
    "mac": lambda one: one.mac,
}
"""Words of a search that are yes or no."""

NUMBERS: Final[Mapping[str, _Number]] = {
    "vcpu": lambda one: one.vcpus,
    "mem": lambda one: one.memory_mib / _MIB_A_GIB,
    "gpu": lambda one: one.gpus,
    "disk": lambda one: one.instance_storage_gb,
    "gen": lambda one: one.generation,
}
"""What is compared with a number: memory in GiB, the instance store's disks in GB."""

_OTHER_NAMES: Final = {
    "vcpus": "vcpu",
    "cpu": "vcpu",
    "cpus": "vcpu",
    "memory": "mem",
    "ram": "mem",
    "gpus": "gpu",
    "disks": "disk",
    "store": "disk",
    "generation": "gen",
    "burst": "burstable",
    "accelerators": "accelerator",
}
_COMPARED: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">=": lambda have, want: have >= want,
    "<=": lambda have, want: have <= want,
    ">": lambda have, want: have > want,
    "<": lambda have, want: have < want,
    "!=": lambda have, want: have != want,
    "=": lambda have, want: have == want,
}
_COMPARISON: Final = re.compile(r"(?P<field>[^<>=!]+)(?P<sign>>=|<=|!=|>|<|=)(?P<value>.*)")
_AROUND_SIGN: Final = re.compile(r"\s*(>=|<=|!=|>|<|=)\s*")
_NUMBER: Final = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?P<unit>[gmt]?)(?:i?b)?")
_CHUNKS: Final = re.compile(r"[0-9]+|[^0-9]+")
_STARS: Final = re.compile(r"[*]+")
_PARTS: Final = re.compile(r"[.\s-]+")
_UNITS: Final = {"": 1.0, "g": 1.0, "m": 1 / _MIB_A_GIB, "t": float(_MIB_A_GIB)}
_WITH_UNIT: Final = ("mem", "disk")


def find_types(types: Sequence[InstanceType], text: str) -> list[InstanceType]:
    """The types that a search finds: one of exactly that name first, then by family and size.

    A comparison that is not typed to its end holds for all; one that means nothing holds for none, and
    `search_problem` says why.
    """
    words = _words(text)
    found = list(types)
    # Names last: the T4 is a GPU and the beginning of t4g, and `gpu` shows which is meant.
    for word in sorted(words, key=lambda word: not _is_fact(word)):
        found = _kept(found, word)
    exact = set(words)
    return sorted(found, key=lambda one: (one.name not in exact, _order(one.name), _size(one)))


def search_problem(text: str) -> str:
    """What a search says that means nothing; empty when all of it is understood."""
    for word in _words(text):
        compared = _COMPARISON.fullmatch(word.removeprefix("-"))
        if compared is None or not compared["value"]:
            continue
        field = _named(compared["field"])
        if field not in NUMBERS:
            return f"cannot compare types by {compared['field']}; use one of {', '.join(NUMBERS)}"
        if _number(field, compared["value"]) is None:
            return f"{word}: a number is required after {compared['sign']}"
    return ""


def sorted_types(types: Iterable[InstanceType]) -> list[InstanceType]:
    """The types by family, and the smallest of a family first."""
    return sorted(types, key=lambda one: (_order(one.name), _size(one)))


def _words(text: str) -> list[str]:
    return _AROUND_SIGN.sub(r"\1", text.casefold()).split()


def _is_fact(word: str) -> bool:
    word = word.removeprefix("-")
    return _named(word) in FACTS or _COMPARISON.fullmatch(word) is not None


def _kept(found: list[InstanceType], word: str) -> list[InstanceType]:
    """Those of the types for which one word of the search holds."""
    denied = word.startswith("-")
    word = word.removeprefix("-")
    compared = _COMPARISON.fullmatch(word)
    if not word or (compared and not compared["value"]):
        return found
    if compared:
        field = _named(compared["field"])
        number = _number(field, compared["value"]) if field in NUMBERS else None
        if number is None:
            return []
        have, sign = NUMBERS[field], _COMPARED[compared["sign"]]
        return [one for one in found if sign(have(one), number) != denied]
    choices = [part for part in word.split(",") if part]
    if not choices:
        return found
    named = {one.name for choice in choices for one in _having(found, choice)}
    return [one for one in found if (one.name in named) != denied]


def _having(types: Sequence[InstanceType], word: str) -> list[InstanceType]:
    """The types that a word means: by a fact, by their name, else by their accelerators."""
    fact = FACTS.get(_named(word))
    if fact is not None:
        return [one for one in types if fact(one)]
    if "*" in word:
        pattern = wildcard(word)
        return [one for one in types if pattern.fullmatch(one.name)]
    named = [one for one in types if _begins(one.name, word)]
    return named or [
        one for one in types if any(_begins(device.words.casefold(), word) for device in one.accelerators)
    ]


def _begins(text: str, word: str) -> bool:
    """Whether the text or one of its parts begins with the word: `r6` means r6g.large and not gr6.4xlarge."""
    return text.startswith(word) or any(part.startswith(word) for part in _PARTS.split(text))


@lru_cache(maxsize=256)
def wildcard(text: str) -> re.Pattern[str]:
    """The pattern of a name in which `*` stands for anything, as in an image's list of types."""
    return re.compile(".*".join(re.escape(part) for part in _STARS.split(text.casefold())))


def _named(field: str) -> str:
    return _OTHER_NAMES.get(field, field)


def _number(field: str, text: str) -> float | None:
    """The number in a comparison: `16`, and with a unit where there is one: `16g`, `512m`, `1.5tb`."""
    found = _NUMBER.fullmatch(text)
    if found is None or (found["number"] != text and field not in _WITH_UNIT):
        return None
    return float(found["number"]) * _UNITS[found["unit"]]


@lru_cache(maxsize=4096)
def _order(name: str) -> tuple[tuple[bool, int, str], ...]:
    """Sorts families as people count: m5 before m10."""
    family = name.partition(".")[0]
    # Of two numbers the longer one is the larger one: Python reads none of more than 4,300 digits.
    return tuple(
        (True, len(number), number) if (number := part.lstrip("0") or "0").isdecimal() else (False, 0, part)
        for part in _CHUNKS.findall(family)
    )


def _size(one: InstanceType) -> tuple[int, int, bool, str]:
    return one.vcpus, one.memory_mib, one.bare_metal, one.name


def instance_type_names(entries: object) -> list[str]:
    """The names (with `*` wildcards) in one list of an InstanceTypeSpecification."""
    if not isinstance(entries, list):
        return []
    names = (entry.get("InstanceType") if isinstance(entry, dict) else entry for entry in entries)
    return [name for name in names if isinstance(name, str)]
