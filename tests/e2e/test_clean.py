"""`amitui clean` against the simulated EC2: plans, carrying them out, and processes that are killed meanwhile."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from amitui.domain.operations.awaited import IMAGE
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import EventKind, State, planned
from amitui.domain.operations.plan import Plan, Watch
from amitui.operations.journal import Journal, new_operation_id
from amitui.paths import locate
from tests.support.boto3_account import HOME, Boto3Account
from tests.support.terminal_forms import agree, review, says
from tests.support.terminal_steps import access_keys, hides, leave, shows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amitui.demo.launcher import DemoProcess
    from tests.e2e.conftest import OpenTerminal
    from tests.support.terminal_user import User

MAIN: Final = "AKIADEMOMAIN00000000"
ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 180
"""Seconds for a process that takes a few."""
KILLED_AFTER: Final = (2, 7, 12, 19)
"""Checkpoints: when nothing was sent, and in the midst of everything."""


class Cleaning:
    """The command with a config of its own."""

    def __init__(self, cloud: DemoProcess, folder: Path, environment: Mapping[str, str], rules: str) -> None:
        self.cloud = cloud
        self.config = folder / "config.toml"
        self.config.write_text(rules)
        self.environment = {**environment, **access_keys(MAIN)}
        self.options = ["--endpoint-url", cloud.url, "--region", HOME, "--config", str(self.config)]

    def run(self, *words: str, killed_after: int = 0) -> subprocess.CompletedProcess[str]:
        module = ["tests.support.killed_clean", str(killed_after)] if killed_after else ["amitui"]
        return subprocess.run(
            [sys.executable, "-m", *module, "clean", *words, *self.options],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def plan(self, rule: str) -> dict[str, Any]:
        done = self.run(rule, "--plan", "-o", "json")
        assert done.returncode in (0, 1), done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def leave_behind(self, image_id: str) -> None:
        """An operation of an amitui that died: it waits for what never comes."""
        endless = Plan(
            OperationKind.DEREGISTER, "Wait", HOME, image_id, (Watch(IMAGE, HOME, image_id, ("deregistered",)),)
        )
        now = time.time()
        event = planned(new_operation_id(now), endless, now, account="", profile="", batch="b", driver="died")
        where = locate(self.environment, config_file=str(self.config), endpoint_url=self.cloud.url)
        with Journal.open(where.journal_file, driver="died") as journal:
            journal.append_all([event])

    @property
    def journal(self) -> Journal:
        where = locate(self.environment, config_file=str(self.config), endpoint_url=self.cloud.url)
        found = Journal.read(where.journal_file)
        assert found is not None
        return found


@pytest.fixture
def cleaning(cloud: DemoProcess, tmp_path: Path, environment: dict[str, str]) -> Cleaning:
    rules = (
        '[clean.base]\nfamilies = ["acme-base-ubuntu-24.04-x86*"]\nkeep = 2\nolder_than = "60d"\n'
        '[clean.rhel]\nfamilies = ["acme-rhel9*"]\nkeep = 2\nolder_than = "60d"\n'
        '[clean.gently]\nfamilies = ["acme-web*"]\nkeep = 3\nolder_than = "30d"\ndeprecate = true\n'
    )
    return Cleaning(cloud, tmp_path, environment, rules)


def ids(plan: Mapping[str, Any], decision: str) -> set[str]:
    return {image["ImageId"] for image in plan["Images"] if image["Decision"] == decision}


def own_images(outside: Boto3Account) -> dict[str, Any]:
    found = outside.ec2(HOME).describe_images(Owners=["self"], IncludeDisabled=True)["Images"]
    return {image["ImageId"]: image for image in found}


def snapshot_ids(outside: Boto3Account) -> set[str]:
    found = outside.ec2(HOME).describe_snapshots(OwnerIds=["self"])["Snapshots"]
    return {one["SnapshotId"] for one in found}


def test_a_plan_is_printed_on_a_terminal_and_what_runs_is_what_was_read(
    cleaning: Cleaning, outside: Boto3Account, open_terminal: OpenTerminal
) -> None:
    before, snapshots = own_images(outside), snapshot_ids(outside)
    going, staying = ids(plan := cleaning.plan("base"), "deregister"), ids(plan, "keep")
    assert going
    assert staying
    assert own_images(outside).keys() == before.keys()
    command = [sys.executable, "-m", "amitui", "clean", "base", *cleaning.options]
    with_keys = {**access_keys(MAIN)}

    shown = open_terminal([*command, "--plan"], columns=200, rows=80, environment=with_keys)
    shown.wait_for(lambda terminal: f"--apply {plan['Hash']}" in terminal.screen_text(), timeout=PATIENCE)
    assert all(image_id in shown.screen_text() for image_id in going)
    refused = cleaning.run("base", "--apply", "0123456789abcdef")
    applied = open_terminal([*command, "--apply", plan["Hash"]], columns=200, rows=80, environment=with_keys)
    count = len(going)
    applied.wait_for(lambda terminal: f"{count} of {count} done" in terminal.screen_text(), timeout=PATIENCE)

    assert refused.returncode == 2
    assert "nothing was changed" in refused.stderr
    gone = before.keys() - own_images(outside).keys()
    assert gone == going
    deleted = {
        mapping["Ebs"]["SnapshotId"]
        for image_id in going
        for mapping in before[image_id]["BlockDeviceMappings"]
        if "Ebs" in mapping
    }
    assert snapshots - snapshot_ids(outside) == deleted


def test_a_plan_that_has_changed_is_refused_with_what_changed_whatever_else_is_in_progress(
    cleaning: Cleaning, outside: Boto3Account
) -> None:
    plan = cleaning.plan("gently")
    (used, *_) = sorted(ids(plan, "deprecate"))
    cleaning.leave_behind(min(ids(plan, "keep")))
    outside.ec2(HOME).create_launch_template(
        LaunchTemplateName="of-an-old-build", LaunchTemplateData={"ImageId": used}
    )

    done = cleaning.run("gently", "--apply", plan["Hash"])

    assert done.returncode == 2
    assert "was to be deprecated and now stays: version 1 ($Default) ($Latest) of launch template" in done.stderr
    assert used not in ids(cleaning.plan("gently"), "deprecate")


def test_what_cannot_be_meant_is_refused_or_said_in_words(cleaning: Cleaning) -> None:
    with cleaning.config.open("a") as config:
        config.write('[clean.nowhere]\nregions = ["eu-narnia-1"]\n[clean.nothing]\nfamilies = ["zz*", "yy*"]\n')

    no_hash, no_region = cleaning.run("base", "--apply", "zzz"), cleaning.run("nowhere")
    no_rule, no_image = cleaning.run("gentyl"), cleaning.run("nothing")

    assert [one.returncode for one in (no_hash, no_region, no_rule, no_image)] == [2, 2, 2, 1]
    assert "this is no hash of a plan" in no_hash.stderr
    assert "the rule nowhere names an unknown Region: eu-narnia-1" in no_region.stderr
    assert "did you mean gently?" in no_rule.stderr
    assert 'no image of yours matches families = ["zz*", "yy*"]' in no_image.stderr
    assert no_image.stdout == ""


def test_read_only_and_production_are_respected(cleaning: Cleaning) -> None:
    plan = cleaning.plan("gently")
    refused = cleaning.run("gently", "--apply", plan["Hash"], "--read-only")
    with cleaning.config.open("a") as config:
        config.write("[profiles.123456789012]\nproduction = true\n")
    unconfirmed = cleaning.run("gently", "--apply", plan["Hash"])
    printed = cleaning.run("gently", "--plan")
    command = printed.stderr.partition("to carry it out: amitui clean ")[2].split()
    confirmed = cleaning.run(*command)

    assert (refused.returncode, unconfirmed.returncode, confirmed.returncode) == (2, 2, 0), confirmed.stderr
    assert "read-only" in refused.stderr
    assert "--confirm 123456789012" in unconfirmed.stderr
    endpoint, region, own_config = cleaning.options[:2], cleaning.options[2:4], cleaning.options[4:]
    assert command == [
        "gently",
        *region,
        *endpoint,
        *own_config,
        "--apply",
        plan["Hash"],
        "--confirm",
        "123456789012",
    ]
    with cleaning.journal as journal:
        assert {one.plan.subject for one in journal.operations()} == ids(plan, "deprecate")


def test_wherever_it_is_killed_it_is_finished_and_nothing_is_done_twice(
    cleaning: Cleaning, outside: Boto3Account
) -> None:
    before = own_images(outside)
    plan = cleaning.plan("rhel")
    going = ids(plan, "deregister")
    assert len(going) >= 3

    for number in KILLED_AFTER:
        killed = cleaning.run("rhel", "--apply", plan["Hash"], killed_after=number)
        assert killed.returncode == -signal.SIGKILL, (number, killed.stdout, killed.stderr)
    survivor = cleaning.run("rhel", "--apply", plan["Hash"])

    assert survivor.returncode == 0, survivor.stderr
    assert before.keys() - own_images(outside).keys() == going
    with cleaning.journal as journal:
        operations = journal.operations()
        assert sorted(one.plan.subject for one in operations) == sorted(going)
        for one in operations:
            kinds = [event.kind for event in journal.events(one.id)]
            assert one.state is State.DONE
            assert kinds.count(EventKind.ACCEPTED) == 1


def test_on_the_screen_a_family_is_cleaned_up_by_the_usual_form(user: User, outside: Boto3Account) -> None:
    before, snapshots = own_images(outside), snapshot_ids(outside)
    terminal = user.terminal
    terminal.press("H")
    terminal.wait_for(shows("SAVES", "acme-windows-2022"), timeout=PATIENCE)
    terminal.press("space")
    terminal.wait_for("images marked: saves up to")
    (count,) = re.findall(r"(\d+) images marked", terminal.screen_text())
    terminal.press("D")
    terminal.wait_for(says(f"Deregister {count} images", "delete snapshots that no other image uses"))
    terminal.wait_for(hides("checking"), timeout=PATIENCE)
    promised = review(terminal)
    assert f"Same for {int(count) - 1} more" in promised
    agree(terminal, f"deregister {count} images")
    terminal.wait_for(lambda _: len(before.keys() - own_images(outside).keys()) == int(count), timeout=PATIENCE)
    gone = before.keys() - own_images(outside).keys()
    assert {before[image_id]["Name"][:17] for image_id in gone} == {"acme-windows-2022"}
    assert len(snapshots - snapshot_ids(outside)) == int(count)
    leave(terminal)
