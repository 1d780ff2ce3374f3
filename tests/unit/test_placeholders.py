"""Whatever a stranger wrote comes out as itself: in the request, the printed command and the journal."""

from __future__ import annotations

import json
import shlex
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Event, EventKind, planned
from amitui.domain.operations.placeholders import WITHHELD, AnswerOf, from_json, revealed, to_json, with_answers
from amitui.domain.operations.plan import FORMAT, Call, Plan, Watch, decode, encode
from amitui.domain.operations.plans.change import describe_plan, tags_plan
from amitui.domain.operations.plans.launch import launch_plan
from amitui.ec2.writes.execute import execute
from amitui.operations.journal import Journal
from amitui.operations.submission import check_plan
from amitui.presentation.aws_command import aws_command, aws_commands
from tests.support.aws_cli import understood
from tests.support.plan_samples import FACTS, LAUNCH, all_plans

LOOKALIKES = (
    *("${answer 7}", "${answer 0}", "${withheld}", "$answer_0", "$image_id", "$withheld", "$answer", "$$answer"),
    *('{"$answer": 0}', '{"$withheld": true}', "AnswerOf(step=0)", "Withheld()", "@0@", "@@UserData@@"),
    *("${answer 0}\n", "$(id)", "`id`", "'", '"', "\\", "it's", "-x", "--profile", "file:///etc/passwd"),
    *("a\nb", "\x00", ""),
)

texts = st.one_of(st.sampled_from(LOOKALIKES), st.text(max_size=12))
values = st.recursive(
    st.one_of(texts, st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)
marked = st.recursive(
    st.one_of(texts, st.just(WITHHELD), st.builds(AnswerOf, st.integers(0, 99))),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)


@given(values)
def test_a_value_without_placeholders_stays_what_it_is(value: Any) -> None:
    assert with_answers(value, {}) == revealed(value, {}) == value
    assert from_json(json.loads(json.dumps(to_json(value)))) == value


@given(marked, marked)
@example({"$answer": 0}, AnswerOf(0))
@example({"$withheld": True}, WITHHELD)
@example({"$$answer": 0}, {"$answer": 0})
def test_what_is_written_is_read_and_no_two_values_are_written_alike(one: Any, other: Any) -> None:
    written, other_written = (json.dumps(to_json(value)) for value in (one, other))
    assert from_json(json.loads(written)) == one
    if one != other:
        assert written != other_written


@pytest.mark.parametrize(
    "written", [{"$answer": -1}, {"$answer": "0"}, {"$answer": True}, {"$withheld": False}, {"$x": 1}, {"$": 1}]
)
def test_what_nobody_wrote_is_refused(written: Any) -> None:
    with pytest.raises(ValueError, match="neither a value nor a placeholder"):
        from_json(written)


class Wire:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: dict[str, Any] = {}

    async def call(
        self, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        self.sent = parameters
        return {
            "Instances": [{"InstanceId": "i-1"}],
            "ImageId": "ami-1",
            "GroupId": "sg-1",
            "LaunchTemplate": {"LaunchTemplateId": "lt-1"},
            "LaunchTemplateVersion": {"VersionNumber": 2},
            "ReportId": "report-1",
            "InstanceRefreshId": "refresh-1",
        }

    async def service_call(
        self, service: str, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        assert service != "ec2"
        return await self.call(region, operation, action, once=once, **parameters)


PLANS = all_plans()


def replaced(value: Any, text: str) -> Any:
    """A plan's parameters with another text in the place of each of theirs."""
    if isinstance(value, str):
        return text
    if isinstance(value, dict):
        return {name: replaced(one, text) for name, one in value.items()}
    return [replaced(one, text) for one in value] if isinstance(value, (list, tuple)) else value


@pytest.mark.parametrize("text", LOOKALIKES)
async def test_every_text_of_every_plan_comes_out_as_itself(text: str) -> None:
    for plan in PLANS:
        steps = tuple(
            step._replace(parameters=replaced(step.parameters, text)) if isinstance(step, Call) else step
            for step in plan.steps
        )
        changed = plan._replace(steps=steps, title=text, subject=text, before={"name": text, "tags": {text: text}})
        check_plan(changed)
        assert decode(json.loads(json.dumps(encode(changed)))) == changed._replace(private={})
        for call in changed.calls:
            wire = Wire()
            filled = call._replace(parameters=with_answers(call.parameters, dict.fromkeys(range(40), "sg-1")))
            await execute(wire, filled, plan.private)
            assert wire.sent == revealed(
                with_answers(call.parameters, dict.fromkeys(range(40), "sg-1")), plan.private
            )
            assert aws_command(call).isprintable()
            assert shlex.split(aws_command(call))[:2] == ["aws", call.service]
        assert all(line.isprintable() for line in aws_commands(changed))


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40) | st.sampled_from(LOOKALIKES[:15])
)
@settings(max_examples=60)
def test_a_description_and_a_tag_are_printed_so_that_the_shell_gives_them_back(text: str) -> None:
    # What a shell variable would hold cannot be told from the variable by the reader of these tests.
    if text in ("$answer_0", "$(base64 < user-data | tr -d '\n')"):
        return
    for plan in (describe_plan(FACTS, text), tags_plan(FACTS, [("Note", text)], [])):
        for call in plan.calls:
            told = understood(aws_command(call))
            assert told.parameters == call.parameters


def test_a_launch_with_lookalikes_keeps_its_own_placeholders(tmp_path: Path) -> None:
    request = LAUNCH._replace(
        key_name="${answer 0}", instance_tags=(("Name", "${withheld}"), ("Note", "${answer 7}")), user_data="echo"
    )
    plan = launch_plan(request)
    with Journal.open(str(tmp_path / "state" / "journal.sqlite")) as journal:
        event = planned("op1", plan, 1.0, account="1", profile="", batch="op1", driver=journal.driver)
        journal.append(event)
        (read,) = journal.operations()
    assert read.plan == plan._replace(private={})
    parameters = read.plan.calls[-1].parameters
    assert parameters["UserData"] == WITHHELD
    assert parameters["KeyName"] == "${answer 0}"


# Journals of before


def old_plan() -> dict[str, Any]:
    """A launch as it was written when placeholders were texts, with texts of strangers that look like them."""
    tags = [{"Key": "Note", "Value": "${answer 0}"}, {"Key": "x", "Value": "${withheld}"}]
    launch = {
        "ImageId": "ami-1",
        "UserData": "${withheld}",
        "KeyName": "${answer 0}",
        "SecurityGroupIds": ["sg-old", "${answer 0}"],
        "NetworkInterfaces": [{"Groups": ["${answer 0}"], "Description": "${answer 0}"}],
        "TagSpecifications": [{"ResourceType": "instance", "Tags": tags}],
    }
    group = {"GroupName": "${withheld}", "Description": "${answer 7}"}
    steps = (
        Call("create_security_group", "us-east-1", group, "make the group"),
        Call("run_instances", "us-east-1", launch, "launch the instances"),
        Watch("image", "us-east-1", "${answer 1}", ("available",)),
    )
    written = encode(Plan(OperationKind.LAUNCH, "Launch", "us-east-1", "ami-1", steps))
    del written["format"]
    return written


def test_an_old_journal_is_read_as_it_was_meant(tmp_path: Path) -> None:
    path = str(tmp_path / "state" / "journal.sqlite")
    with Journal.open(path, driver="a") as journal:
        written = old_plan()
        data = {"plan": written, "account": "1", "profile": "", "batch": "op1", "driver": "a"}
        journal.append(Event("op1", 1.0, EventKind.PLANNED, data))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=1")
    connection.close()
    reader = Journal.read(path)
    assert reader is not None
    with reader, Journal.open(path) as writer:
        (operation,) = reader.operations()
        assert writer.operations() == [operation]
    group, launch, watch = operation.plan.steps
    assert isinstance(group, Call)
    assert isinstance(launch, Call)
    assert group.parameters == {"GroupName": "${withheld}", "Description": "${answer 7}"}
    assert launch.parameters["UserData"] == WITHHELD
    assert launch.parameters["SecurityGroupIds"] == ["sg-old", AnswerOf(0)]
    assert launch.parameters["NetworkInterfaces"] == [{"Groups": [AnswerOf(0)], "Description": "${answer 0}"}]
    assert launch.parameters["KeyName"] == "${answer 0}"
    assert launch.parameters["TagSpecifications"] == written["steps"][1]["parameters"]["TagSpecifications"]
    assert isinstance(watch, Watch)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (2,), "an older amitui no longer reads it"
    connection.close()


def test_a_plan_of_a_later_format_is_refused() -> None:
    written = encode(describe_plan(FACTS, "x"))
    assert written["format"] == FORMAT
    with pytest.raises(ValueError, match="another format"):
        decode({**written, "format": FORMAT + 1})
