"""The smoke test of a real account, against the simulated one: nothing here says anything about AWS."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY, READER_ACCESS_KEY
from amitui.ec2.policy import actions_in
from bench.smoke.leftovers import TAG
from bench.smoke.policies import read_policy, write_policy
from tests.support.boto3_account import HOME, Boto3Account
from tests.support.fake_ec2 import fake_ec2
from tests.support.isolation import isolated_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

FLAG: Final = "--use-my-credentials"
SPEED: Final = 200
_SECONDS: Final = 300
_FILTERS: Final[Any] = [{"Name": "tag-key", "Values": [TAG]}]


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    with DemoProcess(speed=SPEED) as demo:
        yield demo.url


class Person:
    """Somebody with credentials who runs the smoke test from a checkout."""

    def __init__(self, folder: Path, url: str, key: str = MAIN_ACCESS_KEY) -> None:
        root = str(Path(__file__).parents[2])
        self._environment = isolated_environment(folder) | {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": "demo",
            "PYTHONPATH": root,
        }
        self._command = [sys.executable, "-m", "bench.real_aws", "--endpoint-url", url, "--speed", str(SPEED)]

    def run(self, *options: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._command, *options], env=self._environment, input=typed, capture_output=True, text=True,
            timeout=_SECONDS, check=False,
        )  # fmt: skip

    @contextmanager
    def writing_until(self, line: str) -> Iterator[subprocess.Popen[str]]:
        """The life of an image under way, from the moment at which it prints a line that ends like this."""
        command = [*self._command, FLAG, "--write", "--skip-reads", "--region", HOME]
        with subprocess.Popen(
            command, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{HOME}\n")
            process.stdin.close()
            try:
                assert any(line in printed for printed in process.stdout)
                yield process
            finally:
                process.kill()


def tagged(url: str) -> list[str]:
    """Ids of what carries the test's tag."""
    with Boto3Account(url) as account:
        ec2 = account.ec2(HOME)
        images = ec2.describe_images(
            Owners=["self"], Filters=_FILTERS, IncludeDeprecated=True, IncludeDisabled=True
        )["Images"]
        snapshots = ec2.describe_snapshots(OwnerIds=["self"], Filters=_FILTERS)["Snapshots"]
        volumes = ec2.describe_volumes(Filters=_FILTERS)["Volumes"]
    return [
        *(one["ImageId"] for one in images),
        *(one["SnapshotId"] for one in snapshots),
        *(one["VolumeId"] for one in volumes),
    ]


def test_nothing_is_called_without_the_flag(tmp_path: Path) -> None:
    with fake_ec2() as ec2:
        said = Person(tmp_path, ec2.url).run("--region", HOME)
        assert not ec2.requests
    assert (said.returncode, said.stdout) == (2, "")
    assert FLAG in said.stderr


def test_a_whole_life_is_as_expected_and_leaves_nothing(tmp_path: Path, cloud: str) -> None:
    said = Person(tmp_path, cloud).run(FLAG, "--write", "--region", HOME, typed=f"{HOME}\n")
    assert said.returncode == 0, said.stdout + said.stderr
    announced, _, rest = said.stdout.partition("as expected")
    assert "sts GetCallerIdentity ≤ 1" in announced
    assert "less than 0.01 USD" in rest
    _, _, summary = rest.partition("--- to paste")
    assert "24 as expected\n" in summary
    for secret in ("123456789012", "AKIA", "ami-0", "snap-0", "vol-0", "amitui-demo"):
        assert secret not in summary
    assert tagged(cloud) == []
    (calls,) = re.findall(r"^Calls: \d+ \((.+)\)$", summary, re.MULTILINE)
    made = {one.split()[0] for one in calls.split(", ")} - {"GetCallerIdentity"}
    allowed = actions_in(read_policy(HOME)) | actions_in(write_policy(HOME))
    assert made <= {action.partition(":")[2] for action in allowed}


@pytest.mark.parametrize("typed", ["", "eu-west-1\n"])
def test_nothing_is_changed_unless_the_region_is_typed(tmp_path: Path, cloud: str, typed: str) -> None:
    said = Person(tmp_path, cloud).run(FLAG, "--clean-up", "--region", HOME, typed=typed)
    assert said.returncode == 2
    assert "nothing was changed" in said.stdout
    assert "clean-up" not in said.stdout.partition("--- to paste")[2]


def test_who_may_change_nothing_learns_the_iam_action(tmp_path: Path, cloud: str) -> None:
    person = Person(tmp_path, cloud, READER_ACCESS_KEY)
    said = person.run(FLAG, "--write", "--skip-reads", "--region", HOME, typed=f"{HOME}\n")
    assert said.returncode == 1, said.stdout + said.stderr
    assert "denied       volume and snapshot of 1 GiB\n             allow ec2:CreateVolume\n" in said.stdout
    assert "not tried    register the image: there is no snapshot: an earlier step failed\n" in said.stdout
    assert tagged(cloud) == []


@pytest.mark.parametrize(
    ("signal_", "line"),
    [(signal.SIGINT, "register the image"), (signal.SIGTERM, "what an earlier run left")],
    ids=["Ctrl+C after registering", "SIGTERM while the snapshot is made"],
)
def test_a_run_that_is_stopped_removes_what_it_made(
    tmp_path: Path, cloud: str, signal_: signal.Signals, line: str
) -> None:
    with Person(tmp_path, cloud).writing_until(line) as process:
        process.send_signal(signal_)
        assert process.stdout is not None
        rest = process.stdout.read()
        assert process.wait(_SECONDS) == 130, rest
    assert "as expected  clean-up: nothing is left\n" in rest
    assert tagged(cloud) == []


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path, cloud: str) -> None:
    person = Person(tmp_path, cloud)
    with person.writing_until("copy the image in the Region") as process:
        os.kill(process.pid, signal.SIGKILL)
    assert {one.partition("-")[0] for one in tagged(cloud)} == {"ami", "snap"}
    said = person.run(FLAG, "--clean-up", "--region", HOME, typed=f"{HOME}\n")
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.count("\nremoved ami-") >= 2
    assert tagged(cloud) == []


def test_expired_credentials_end_it_with_what_helps(tmp_path: Path) -> None:
    with fake_ec2() as ec2:
        ec2.fail("DescribeRegions", 400, "RequestExpired", "Request has expired.")
        said = Person(tmp_path, ec2.url).run(FLAG, "--region", HOME)
    assert said.returncode == 3, said.stdout + said.stderr
    assert "credentials of the environment have expired" in said.stdout
    assert "Result: 1 as expected\n" in said.stdout


def test_a_denied_read_names_the_iam_action_and_the_others_go_on(tmp_path: Path) -> None:
    with fake_ec2() as ec2:
        words = f"You are not authorized. User: arn:aws:iam::{ec2.account}:user/alice.of.acme"
        ec2.fail("DescribeRegions", 403, "UnauthorizedOperation", words)
        said = Person(tmp_path, ec2.url).run(FLAG, "--region", HOME)
    assert "denied       Regions\n             allow ec2:DescribeRegions\n" in said.stdout
    assert "own images: 0 own images\n" in said.stdout
    summary = said.stdout.partition("--- to paste")[2]
    assert "alice" not in summary
    assert ec2.account not in summary
