"""`amitui find --fresh`: each image that is printed has been confirmed by EC2 a moment ago, by its id."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from amitui.catalog.locks import shard_lock
from amitui.cli import fresh, main
from amitui.domain.catalogue.shard import Shard
from amitui.paths import locate
from tests.support.fake_ec2 import FakeEc2, fake_ec2
from tests.support.isolation import move_home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REGION = "us-east-1"
ME = "123456789012"
Find: TypeAlias = "Callable[..., tuple[int, list[str], str]]"


def image_id(number: int) -> str:
    return f"ami-{number:017x}"


def image(number: int, **more: Any) -> dict[str, Any]:
    return {
        "ImageId": image_id(number),
        "Name": f"web-{number}",
        "OwnerId": ME,
        "Public": False,
        "State": "available",
        "Architecture": "arm64",
        "CreationDate": f"2026-01-01T00:{number // 60:02d}:{number % 60:02d}.000Z",
        **more,
    }


@pytest.fixture
def ec2() -> Iterator[FakeEc2]:
    with fake_ec2() as running:
        running.account = ME
        running.images = [image(number) for number in range(1, 6)]
        yield running


@pytest.fixture
def find(
    ec2: FakeEc2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Find:
    """`amitui find` on a cache that holds what EC2 had at first; no request so far counts."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    move_home(monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    where = ["--region", REGION, "--endpoint-url", ec2.url, "--cache-dir", str(tmp_path / "cache")]

    def call(*words: str) -> tuple[int, list[str], str]:
        code = main(["find", *words, *where, "--scope", "mine"])
        out, err = capsys.readouterr()
        return code, out.splitlines(), err

    assert call("web", "-o", "id")[0] == 0
    ec2.requests.clear()
    return call


def asked_ids(ec2: FakeEc2) -> list[set[str]]:
    return [
        {value for name, value in query.items() if name.startswith("ImageId.")}
        for query in ec2.calls("DescribeImages")
    ]


def test_what_is_as_it_was_costs_one_call_and_is_printed(find: Find, ec2: FakeEc2) -> None:
    before = find("web", "-o", "id")
    assert ec2.requests == []
    assert find("web", "-o", "id", "--fresh") == before
    assert asked_ids(ec2) == [{image_id(number) for number in range(1, 6)}]


def test_what_changed_is_printed_as_it_is_now_and_stays_so(find: Find, ec2: FakeEc2) -> None:
    ec2.images[2] = image(3, Name="web-renamed", State="disabled")
    assert "web-renamed" in "".join(find("web", "--fresh")[1])
    ec2.requests.clear()
    assert find("state:disabled", "-o", "id", "--offline")[:2] == (0, [image_id(3)])
    assert ec2.requests == []


def test_a_terminal_reads_how_many_were_confirmed_and_what_had_changed(
    find: Find, ec2: FakeEc2, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find("web", "--fresh")[2] == "", "in a script nothing is said of what is as it was"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert find("web", "--fresh")[2] == "amitui: 5 images confirmed with EC2\n"
    assert find(image_id(2), "--fresh")[2] == "amitui: 1 image confirmed with EC2\n"
    ec2.images[2] = image(3, Name="web-renamed", State="disabled")
    ec2.images[1] = image(2, Name="other")
    assert find("web", "--fresh")[2].splitlines() == [
        "amitui: 4 images confirmed with EC2; 1 of them changed since the last fetch",
        f"amitui: {image_id(3)} in {REGION} has changed: name, state",
        f"amitui: {image_id(2)} in {REGION} has changed and no longer matches",
    ]
    assert find("web", "--fresh")[2] == "amitui: 4 images confirmed with EC2\n"


def test_what_no_longer_matches_is_not_printed(find: Find, ec2: FakeEc2) -> None:
    ec2.images[2] = image(3, Name="other")
    assert image_id(3) in find("web", "-o", "id")[1]
    assert image_id(3) not in find("web", "-o", "id", "--fresh")[1]


def test_what_vanished_is_left_out_and_named_on_stderr(find: Find, ec2: FakeEc2) -> None:
    del ec2.images[4]
    code, ids, said = find("web", "-o", "id", "--fresh")
    assert (code, ids) == (0, [image_id(number) for number in (4, 3, 2, 1)])
    assert f"amitui: {image_id(5)} (web-5) in {REGION} is left out: it was deregistered or made private" in said


def test_what_takes_the_place_of_a_vanished_image_is_confirmed_too(find: Find, ec2: FakeEc2) -> None:
    del ec2.images[3:]
    assert find("web", "-o", "id", "--limit", "1", "--fresh")[1] == [image_id(3)]
    # The first one, and those that came up in its place.
    assert set().union(*asked_ids(ec2)) == {image_id(number) for number in (5, 4, 3)}


def test_nothing_is_left_when_all_vanished(find: Find, ec2: FakeEc2) -> None:
    ec2.images = []
    assert find(image_id(1), "-o", "id", "--fresh")[:2] == (1, [])


def test_an_image_that_was_made_private_is_left_out_and_the_others_are_confirmed(find: Find, ec2: FakeEc2) -> None:
    ec2.fail("DescribeImages", 403, "AuthFailure", f"Not authorized for images: [{image_id(2)}]")
    code, ids, said = find("web", "-o", "id", "--fresh")
    assert (code, ids) == (0, [image_id(number) for number in (5, 4, 3, 1)])
    assert "made private, or is no longer shared with you" in said


def test_offline_excludes_it(find: Find, capsys: pytest.CaptureFixture[str]) -> None:
    code, ids, said = find("web", "--fresh", "--offline")
    assert (code, ids) == (2, [])
    assert "--fresh and --offline exclude each other" in said


def test_without_an_answer_of_aws_it_fails_and_says_why(find: Find, ec2: FakeEc2) -> None:
    ec2.fail("DescribeImages", 403, "UnauthorizedOperation", "no")
    code, ids, said = find("web", "--fresh")
    assert (code, ids) == (3, [])
    assert "ec2:DescribeImages" in said
    ec2.fail("GetCallerIdentity", 403, "ExpiredToken", "expired")
    assert find("web", "--fresh")[:2] == (3, [])
    assert find("web", "-o", "id")[1] == [image_id(number) for number in (5, 4, 3, 2, 1)]


def test_too_many_images_are_refused_before_they_are_asked_for(
    find: Find, ec2: FakeEc2, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "MOST_IMAGES", 4)
    code, _, said = find("web", "-o", "id", "--fresh")
    assert code == 2
    assert "--limit" in said
    assert ec2.calls("DescribeImages") == []


def test_images_that_another_amitui_is_fetching_are_not_taken_for_confirmed(
    find: Find, tmp_path: Path, ec2: FakeEc2, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "_BUSY_TRIES", 1)
    where = locate({"HOME": str(tmp_path)}, cache_dir=str(tmp_path / "cache"), endpoint_url=ec2.url)
    with shard_lock(where.locks_dir, Shard("aws", ME, REGION, "mine")):
        code, ids, said = find("web", "--fresh")
    assert (code, ids) == (4, [])
    assert "fetched by another amitui" in said


def test_what_went_is_remembered_for_whoever_asks_for_its_id(find: Find, ec2: FakeEc2) -> None:
    del ec2.images[4]
    find("web", "--fresh")
    code, _, said = find(image_id(5))
    assert code == 1
    assert f"{image_id(5)} (web-5, owner {ME}) was deregistered or made private, in {REGION}; last seen 20" in said
    assert "never was there" not in said
    ec2.requests.clear()
    assert (
        f"{image_id(5)} (web-5, owner {ME}) was deregistered or made private" in find(image_id(5), "--offline")[2]
    )
    assert ec2.requests == []


def test_what_is_there_again_is_no_longer_said_to_be_gone(find: Find, ec2: FakeEc2) -> None:
    back = ec2.images.pop()
    find("web", "--fresh")
    ec2.images.append(back)
    assert find(image_id(5), "-o", "id", "--fresh")[:2] == (1, [])
    assert "is in us-east-1, among images that are not fetched: web-5" in find(image_id(5))[2]


def test_a_setting_keeps_nothing_of_what_went(
    find: Find, ec2: FakeEc2, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AMITUI_GONE_DAYS", "0")
    del ec2.images[4]
    find("web", "--fresh")
    assert "never was there" in find(image_id(5))[2]
    assert list(tmp_path.rglob("gone.json")) == []


def test_what_may_lack_the_right_image_is_printed_and_no_success(
    ec2: FakeEc2, find: Find, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Publishers were never fetched and cannot be: the best of the rest may be a stranger's."""
    stranger = image(9, Name="web-9-ubuntu", OwnerId="555566667777", Public=True)
    ec2.images = [stranger]
    where = ["--region", REGION, "--endpoint-url", ec2.url, "--cache-dir", str(tmp_path / "cache")]
    assert main(["sync", *where, "--scope", "community"]) == 0
    ec2.fail("DescribeImages", 403, "UnauthorizedOperation", times=50)
    capsys.readouterr()
    assert main(["find", "web-9", "-o", "id", *where]) == 3
    out, err = capsys.readouterr()
    assert out.split() == [stranger["ImageId"]]
    assert (
        f"Amazon of {REGION}, Publishers of {REGION} could not be fetched, so the right image may be missing"
        in err
    )
    assert main(["find", "ubuntu", "-o", "id", *where]) == 3
    assert f"Canonical (099720109477) of {REGION} could not be fetched" in capsys.readouterr().err
    ec2.recover()
    assert main(["find", "web-9", "-o", "id", *where]) == 0
