"""The instance types of a region, read through the demo's EC2 and from scripted answers, and kept on disk."""

from __future__ import annotations

import asyncio
import os
import stat
from typing import TYPE_CHECKING, Any, Final

import pytest

from amitui.demo.launcher import DemoProcess
from amitui.domain.launch.instance_type import find_types, sorted_types
from amitui.ec2.reads import instance_types as source
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.errors import DeniedError, NetworkError, RegionError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from amitui.domain.launch.instance_type import InstanceType

REGION: Final = "us-east-1"
NOW: Final = 1_800_000_000.0
WEEK: Final = 7 * 24 * 3600


@pytest.fixture(scope="module")
def process() -> Iterator[DemoProcess]:
    with DemoProcess(speed=1000) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("cache") / "instance-types")


@pytest.fixture(scope="module")
def types(process: DemoProcess, folder: str) -> list[InstanceType]:
    """All types of the region; the demo takes two seconds for them, so they are asked for once."""
    found: list[InstanceType] = asked(
        process.url, lambda it: source.instance_types(it, REGION, folder=folder, now=NOW)
    )
    return found


@pytest.fixture(scope="module")
def by_name(types: list[InstanceType]) -> dict[str, InstanceType]:
    return {one.name: one for one in types}


def asked(url: str, read: Callable[[Ec2Connection], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with Ec2Connection(AwsTarget(endpoint_url=url, demo=True), attempts=1) as connection:
            return await read(connection)

    return asyncio.run(run())


class Scripted(Ec2Connection):
    """Gives what is scripted instead of asking: an answer or an error for each call of an operation, in turn."""

    def __init__(self, **scripts: Any) -> None:
        super().__init__(AwsTarget(demo=True))
        self.scripts = {name: list(answers) for name, answers in scripts.items()}
        self.requests: list[tuple[str, dict[str, Any]]] = []

    async def service_call(
        self, service: str, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        assert action
        self.requests.append((operation, parameters))
        answer = self.scripts[operation].pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


# Reading


def test_all_types_are_read_with_what_the_list_shows(types: list[InstanceType]) -> None:
    assert len(types) > 1_300
    assert len({one.name for one in types}) == len(types)
    assert types == sorted_types(types)
    for one in types:
        assert one.vcpus > 0, one
        assert one.memory_mib > 0, one
        assert one.architectures, one
        assert one.boot_modes, one
        assert one.ena in ("unsupported", "supported", "required"), one
        assert "on-demand" in one.usage_classes, one


def test_one_type_is_as_ec2_documents_it(by_name: dict[str, InstanceType]) -> None:
    one = by_name["g4dn.12xlarge"]
    assert (one.family, one.size, one.generation) == ("g4dn", "12xlarge", 4)
    assert (one.vcpus, one.memory_words, one.processor) == (48, "192 GiB", "Intel")
    assert (one.accelerator_words, one.gpus) == ("4 × NVIDIA T4", 4)
    assert (one.instance_storage_gb, one.network) == (900, "50 Gigabit")
    assert one.nitro
    assert not one.burstable
    assert by_name["g6f.large"].accelerator_words == "1/8 of NVIDIA L4"
    assert by_name["inf1.24xlarge"].accelerator_words == "16 × AWS Inferentia"


def test_a_second_reading_comes_from_the_disk_and_is_the_same(types: list[InstanceType], folder: str) -> None:
    silent = Scripted()

    again = asyncio.run(source.instance_types(silent, REGION, folder=folder, now=NOW + WEEK))

    assert again == types
    assert silent.requests == []
    path = source.types_file(folder, REGION)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


@pytest.mark.parametrize("age", [WEEK + 1, -1])
def test_types_older_than_a_week_or_from_the_future_are_asked_for_again(
    types: list[InstanceType], tmp_path: Path, age: int
) -> None:
    path = source.types_file(str(tmp_path), REGION)
    source.write_types(path, types, NOW - age)
    connection = Scripted(describe_instance_types=[{"InstanceTypes": [{"InstanceType": "m9.large"}]}])

    found = asyncio.run(source.instance_types(connection, REGION, folder=str(tmp_path), now=NOW))

    assert [one.name for one in found] == ["m9.large"]
    assert source.read_types(path, NOW) == (found, 0.0)


def test_old_types_are_better_than_none(types: list[InstanceType], tmp_path: Path) -> None:
    source.write_types(source.types_file(str(tmp_path), REGION), types, NOW - 10 * WEEK)
    connection = Scripted(describe_instance_types=[NetworkError("not reached")])

    assert asyncio.run(source.instance_types(connection, REGION, folder=str(tmp_path), now=NOW)) == types


@pytest.mark.parametrize("content", [b"", b"\x00", b"[]", b'{"fields":[]}', None])
def test_a_damaged_file_is_asked_for_again(tmp_path: Path, content: bytes | None) -> None:
    import zlib

    path = source.types_file(str(tmp_path), REGION)
    if content is None:
        source.write_types(path, [source.instance_type_of({"InstanceType": "m1.small"})], NOW)
        text = zlib.decompress((tmp_path / os.path.basename(path)).read_bytes())
        content = zlib.compress(text.replace(b'"m1.small",0', b'"m1.small","many"'))
    (tmp_path / os.path.basename(path)).write_bytes(content)
    connection = Scripted(describe_instance_types=[DeniedError("no")])

    with pytest.raises(DeniedError):
        asyncio.run(source.instance_types(connection, REGION, folder=str(tmp_path), now=NOW))


def test_a_cache_that_cannot_be_written_hides_no_types(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    connection = Scripted(describe_instance_types=[{"InstanceTypes": [{"InstanceType": "m9.large"}]}])

    found = asyncio.run(source.instance_types(connection, REGION, folder=str(tmp_path / "file" / "x"), now=NOW))

    assert [one.name for one in found] == ["m9.large"]


def test_every_page_is_read_and_hostile_text_is_made_safe(tmp_path: Path) -> None:
    pages = [
        {"InstanceTypes": [{"InstanceType": "m5.large"}, {"InstanceType": "far.1", "SupportedInRegion": False}]}
        | {"NextToken": "more"},
        {"InstanceTypes": [], "NextToken": "still more"},
        {"InstanceTypes": [{"InstanceType": "c5\x1b.large", "NetworkInfo": "x", "SupportedBootModes": [1]}]},
    ]
    connection = Scripted(describe_instance_types=pages)

    found = asyncio.run(source.instance_types(connection, REGION, folder=str(tmp_path), now=NOW))

    assert [one.name for one in found] == ["c5␦.large", "m5.large"]
    assert [parameters.get("NextToken") for _, parameters in connection.requests] == [None, "more", "still more"]
    assert {parameters["MaxResults"] for _, parameters in connection.requests} == {100}


def test_a_name_that_is_no_regions_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(RegionError):
        asyncio.run(source.instance_types(Scripted(), "../../x", folder=str(tmp_path), now=NOW))


def test_zones_say_whether_they_offer_a_type(process: DemoProcess) -> None:
    found = asked(process.url, lambda it: source.offered_zones(it, REGION, "m5.large"))

    assert found == {f"{REGION}{letter}": letter != "e" for letter in "abcdef"}


def test_zones_that_may_not_be_listed_leave_those_that_offer_it() -> None:
    entry = {"InstanceType": "m5.large", "Location": "us-east-1b"}
    connection = Scripted(
        describe_instance_type_offerings=[
            {"InstanceTypeOfferings": [], "NextToken": "x"},
            {"InstanceTypeOfferings": [entry]},
        ],
        describe_availability_zones=[DeniedError("no")],
    )

    assert asyncio.run(source.offered_zones(connection, REGION, "m5.large")) == {"us-east-1b": True}


def test_searching_all_types_finds_what_is_meant(types: list[InstanceType]) -> None:
    def names(text: str) -> list[str]:
        return [one.name for one in find_types(types, text)]

    assert names("m5.large") == ["m5.large"]
    assert names("t4")[0] == "t4g.nano"
    assert set(names("gpu t4 mem<=16")) == {"g4dn.xlarge", "g5g.xlarge", "g5g.2xlarge"}
    assert names("c7g. vcpu=4") == ["c7g.xlarge"]
    assert names("-current pv t1") == ["t1.micro"]
    assert "c7i-flex.large" in names("free")
