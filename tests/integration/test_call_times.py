"""`sync --time`: what each call for images took, by what was asked for, without parsing and pauses."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from amitui.cli import main
from amitui.domain.catalogue.call_times import CallTimes, ImagesCall, narrowing, summed
from amitui.ec2.call_timer import CallTimer
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.errors import NetworkError
from amitui.presentation.call_times import table
from tests.support.fake_ec2 import fake_ec2

if TYPE_CHECKING:
    from pathlib import Path

REGION = "eu-west-1"
AMAZON = ImagesCall(REGION, "Owners=amazon", ("2024*",))


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    from aiobotocore.endpoint import AioEndpoint

    async def go_on(_endpoint: object, _seconds: float) -> None:
        return

    monkeypatch.setattr(AioEndpoint, "_sleep", go_on)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.mark.parametrize(
    ("parameters", "narrowed_by", "created"),
    [
        ({"MaxResults": "1000"}, "all public", ()),
        ({"Filter.1.Name": "is-public", "Filter.1.Value.1": "true"}, "all public", ()),
        ({"Owner.1": "amazon"}, "Owners=amazon", ()),
        ({"Owner.1": "1", "Owner.2": "2", "Owner.3": "3"}, "Owners=1 (+2)", ()),
        ({"ExecutableBy.1": "self"}, "ExecutableUsers=self", ()),
        (
            {
                "Filter.1.Name": "is-public",
                "Filter.1.Value.1": "true",
                "Filter.2.Name": "owner-id",
                "Filter.2.Value.1": "099720109477",
                "Filter.3.Name": "creation-date",
                "Filter.3.Value.1": "2024*",
                "Filter.3.Value.2": "2023*",
            },
            "owner-id=099720109477",
            ("2024*", "2023*"),
        ),
        ({"Filter.1.Value.1": "instance-store", "Filter.1.Name": "root-device-type"},
         "root-device-type=instance-store", ()),
    ],
)  # fmt: skip
def test_a_call_is_named_by_what_it_sends(
    parameters: dict[str, str], narrowed_by: str, created: tuple[str, ...]
) -> None:
    assert narrowing(parameters.items()) == (narrowed_by, created)


async def test_calls_are_timed_from_sending_to_answer_and_tries_count_each() -> None:
    ticks = itertools.count(0.0, 0.5)
    timer = CallTimer(now=lambda: next(ticks))
    with fake_ec2([{"ImageId": "ami-1"}, {"ImageId": "ami-2"}]) as fake:
        fake.fail("DescribeImages", 503, "RequestLimitExceeded", times=2)
        async with Ec2Connection(AwsTarget(endpoint_url=fake.url), timer=timer) as connection:
            dates = [{"Name": "creation-date", "Values": ["2024*"]}]
            call: dict[str, Any] = {"Owners": ["amazon"], "Filters": dates, "MaxResults": 1000}
            await connection.call(REGION, "describe_images", "list the images", **call)
            await connection.call(REGION, "describe_regions", "list the Regions")
            fake.break_off("DescribeImages", times=2)
            with pytest.raises(NetworkError):
                await connection.call(REGION, "describe_images", "list the images", **call)
    assert list(timer.times) == [AMAZON]
    times = timer.times[AMAZON]
    assert (times.sent, times.failed, times.throttled, times.images) == (5, 2, 2, 2)
    assert times.seconds == [0.5, 0.5, 0.5]
    assert times.waited == 1.0, "from a refusal to the next try"
    assert times.received_bytes > 300


def test_the_table_has_each_list_with_its_periods_below_it_the_slowest_first_in_80_columns() -> None:
    earlier = AMAZON._replace(created=("2023*", "2022*"))
    publishers = "Owners=099720109477 (+13)"
    without_date = ImagesCall(REGION, "Owners=amazon root-device-type=instance-store")
    times = {
        AMAZON: CallTimes(
            [0.1, 0.3, 0.2], sent=4, throttled=1, waited=1.25, received_bytes=1_234_567, images=2500
        ),
        earlier: CallTimes([5.0], sent=1, images=1_000_007),
        ImagesCall(REGION, publishers): CallTimes([0.5], sent=1, received_bytes=123_456_789, images=31_000),
        without_date: CallTimes([0.25], sent=1),
        ImagesCall("us-east-1", "all public"): CallTimes([], sent=2),
    }
    assert summed([times[AMAZON], times[earlier]]).spread == (0.1, 0.25, 5.0)
    lines = table(times)
    assert lines == [
        "eu-west-1                  calls     images     MB  median s  max s  refused",
        "Owners=amazon                  6  1,002,507    1.2     0.250  5.000        1",
        "  2022–2023                    1  1,000,007    0.0     5.000  5.000        0",
        "  2024                         4      2,500    1.2     0.200  0.300        1",
        "  without a date               1          0    0.0     0.250  0.250        0",
        "Owners=099720109477 (+13)      1     31,000  123.5     0.500  0.500        0",
        "  1 call refused by EC2's throttling, 1.2 s waited because of it",
        "  1 call without an answer",
        "us-east-1   calls  images   MB  median s  max s  refused",
        "all public      2       0  0.0         -      -        0",
        "  2 calls without an answer",
    ]
    assert max(map(len, lines)) < 80
    assert table({}) == ["no images were asked for"]


def test_sync_prints_the_table_on_stdout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with fake_ec2([{"ImageId": f"ami-{number:017x}", "Public": True} for number in range(30)]) as fake:
        words = ["--region", REGION, "--scope", "amazon", "--cache-dir", str(tmp_path / "c"), "--endpoint-url"]
        assert main(["sync", "--time", *words, fake.url]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.startswith(f"{REGION}  ")
    assert rows[0].startswith("Owners=amazon  ")
    compared = fake.calls("DescribeImages")[-6:]
    assert [bool(one.get("Owner.1")) for one in compared] == [True, False] * 3
    assert [one.get("Filter.1.Name") for one in compared[1::2]] == ["owner-id"] * 3
    assert compared[0]["Owner.1"] == compared[1]["Filter.1.Value.1"]
    assert [line.rsplit(None, 2)[0].strip() for line in rows[-2:]] == [
        "Owners parameter, which amitui uses",
        "owner-id filter",
    ]
