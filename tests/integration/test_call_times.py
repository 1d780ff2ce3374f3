"""`sync --time`: what each call for images took, by what was asked for, without parsing and pauses."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from amitui.cli import main
from amitui.domain.catalogue.call_times import CallTimes, ImagesCall, by_owner, narrowing
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


def test_the_table_has_sums_over_all_dates_and_then_each_slice_the_slowest_first() -> None:
    earlier = AMAZON._replace(created=("2023*", "2022*"))
    times = {
        AMAZON: CallTimes([0.1, 0.3, 0.2], sent=4, throttled=1, waited=1.25, received_bytes=123_456, images=2500),
        earlier: CallTimes([5.0], sent=1, images=7),
        ImagesCall(REGION, "all public"): CallTimes([], sent=2),
    }
    sums = by_owner(times)
    assert sums[AMAZON._replace(created=())].spread == (0.1, 0.25, 5.0)
    head, *rows = (line.split("  ") for line in table(times))
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert cells == [
        [REGION, "Owners=amazon", "all", "5", "1", "0.100", "0.250", "5.000", "123", "2,507", "1", "1.2"],
        [REGION, "all public", "all", "2", "2", "-", "-", "-", "0", "0", "0", "0.0"],
        [REGION, "Owners=amazon", "2023* (+1)", "1", "0", "5.000", "5.000", "5.000", "0", "7", "0", "0.0"],
        [REGION, "Owners=amazon", "2024*", "4", "1", "0.100", "0.200", "0.300", "123", "2,500", "1", "1.2"],
        [REGION, "all public", "any", "2", "2", "-", "-", "-", "0", "0", "0", "0.0"],
    ]
    assert [word.strip() for word in head if word.strip()][:4] == ["Region", "asked for", "created", "calls"]
    assert table({}) == ["no images were asked for"]


def test_sync_prints_the_table_on_stdout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with fake_ec2([{"ImageId": f"ami-{number:017x}", "Public": True} for number in range(30)]) as fake:
        words = ["--region", REGION, "--scope", "amazon", "--cache-dir", str(tmp_path / "c"), "--endpoint-url"]
        assert main(["sync", "--time", *words, fake.url]) == 0
    _, *rows = capsys.readouterr().out.splitlines()
    assert rows
    assert all(row.startswith(f"{REGION}  ") for row in rows)
    assert "amazon" in rows[0]
