"""Whose cloud the simulated one is: its accounts, access keys and regions. None of them exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAIN_ACCOUNT: Final = "123456789012"
"""The account that a caller is unless its access key says otherwise; moto's default account too."""

SECOND_ACCOUNT: Final = "210987654321"
"""Another account of the same person, to see that nothing private crosses over."""

PLATFORM_ACCOUNT: Final = "444455556666"
"""A stranger's account that shares images with the main one, some of them through its organization."""

RESEARCH_ACCOUNT: Final = "055566677788"
"""A second account that shares images with the main one, always by its account id."""

MAIN_ACCESS_KEY: Final = "AKIADEMOMAIN00000000"
SECOND_ACCESS_KEY: Final = "AKIADEMOSECOND000000"
READER_ACCESS_KEY: Final = "AKIADEMOREADER000000"
"""A user of the main account that may look at everything and change nothing."""

ORGANIZATION_ARN: Final = "arn:aws:organizations::444455556666:organization/o-demo4t2k9x"
ORGANIZATIONAL_UNIT_ARN: Final = "arn:aws:organizations::444455556666:ou/o-demo4t2k9x/ou-demo-eng1neer5"
"""The unit of the organization in which the main account is."""
ORGANIZATION_MEMBERS: Final = frozenset({PLATFORM_ACCOUNT, MAIN_ACCOUNT})

_ACCOUNT_OF_KEY: Final = {MAIN_ACCESS_KEY: MAIN_ACCOUNT, SECOND_ACCESS_KEY: SECOND_ACCOUNT}


_ASSUMED: Final = "ASIADEMO"
_READS: Final = "R"
_CHANGES: Final = "W"


def assumed_key(account: str, *, read_only: bool) -> str:
    """The access key of a role that was assumed in an account."""
    return f"{_ASSUMED}{_READS if read_only else _CHANGES}{account}"


def account_of(access_key_id: str) -> str:
    """The account behind an access key; any key that is not known belongs to the main account."""
    if access_key_id.startswith(_ASSUMED):
        return access_key_id[len(_ASSUMED) + 1 :]
    return _ACCOUNT_OF_KEY.get(access_key_id, MAIN_ACCOUNT)


def caller_of(access_key_id: str, region: str) -> Caller:
    """Who asks with that key."""
    is_role = access_key_id.startswith(_ASSUMED)
    return Caller(account_of(access_key_id), region, _is_reader(access_key_id), is_role)


def _is_reader(access_key_id: str) -> bool:
    return access_key_id == READER_ACCESS_KEY or access_key_id.startswith(_ASSUMED + _READS)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and in which region: what EC2 reads from a request's signature."""

    account: str
    region: str
    read_only: bool = False
    """The key's policy allows nothing that changes anything."""
    is_role: bool = False
    """The key is one of a role that was assumed."""


@dataclass(frozen=True, slots=True)
class RegionSeed:
    """A region of the simulated cloud and how much of the rest of the world has settled there."""

    name: str
    opt_in: str
    """OptInStatus, as DescribeRegions says it."""
    community: int
    """Public images of strangers, beside those of publishers, which are the same everywhere."""
    marketplace: int
    own_share: int
    """The main account copies one in this many of its builds here; 0 means it has nothing here."""

    @property
    def enabled(self) -> bool:
        return self.opt_in != "not-opted-in"


REGIONS: Final[dict[str, RegionSeed]] = {
    seed.name: seed
    for seed in (
        RegionSeed("us-east-1", "opt-in-not-required", 2100, 420, 1),
        RegionSeed("us-east-2", "opt-in-not-required", 280, 90, 4),
        RegionSeed("us-west-2", "opt-in-not-required", 640, 180, 2),
        RegionSeed("eu-west-1", "opt-in-not-required", 460, 140, 3),
        RegionSeed("eu-central-1", "opt-in-not-required", 320, 110, 3),
        RegionSeed("ap-northeast-1", "opt-in-not-required", 260, 90, 6),
        RegionSeed("ap-southeast-2", "opt-in-not-required", 200, 80, 6),
        RegionSeed("ap-east-1", "opted-in", 60, 40, 0),
        RegionSeed("af-south-1", "not-opted-in", 0, 0, 0),
        RegionSeed("eu-south-1", "not-opted-in", 0, 0, 0),
        RegionSeed("me-south-1", "not-opted-in", 0, 0, 0),
    )
}
