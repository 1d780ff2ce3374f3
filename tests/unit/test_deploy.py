"""The files of deploy/ say what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from amitui.cli.sync_arguments import sync_call

DEPLOY = Path(__file__).parents[2] / "deploy"


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    pass


_LOADER_TAGS = ("!Ref", "!Sub", "!GetAtt")
for _tag in _LOADER_TAGS:
    _Loader.add_constructor(_tag, lambda loader, node: f"<{loader.construct_scalar(node)}>")


def _actions(policy: Any) -> set[str]:
    found: set[str] = set()
    for statement in policy["Statement"]:
        actions = statement["Action"]
        found.update([actions] if isinstance(actions, str) else actions)
    return found


def test_readers_can_change_nothing_and_publishers_no_more_than_objects() -> None:
    reader = json.loads((DEPLOY / "iam/reader.json").read_text())
    publisher = json.loads((DEPLOY / "iam/publisher.json").read_text())
    assert _actions(reader) == {"s3:GetObject", "s3:ListBucket"}
    assert {each for each in _actions(publisher) if each.startswith("s3:")} == {
        *("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"),
    }


def test_the_template_gives_its_task_what_the_policy_for_publishers_gives() -> None:
    template = yaml.load((DEPLOY / "fargate.yaml").read_text(), Loader=_Loader)
    (policy,) = template["Resources"]["TaskRole"]["Properties"]["Policies"]
    assert _actions(policy["PolicyDocument"]) == _actions(json.loads((DEPLOY / "iam/publisher.json").read_text()))


def test_what_the_template_refers_to_is_in_it() -> None:
    text = (DEPLOY / "fargate.yaml").read_text()
    template = yaml.load(text, Loader=_Loader)
    known = {*template["Parameters"], *template["Resources"]}
    named = {*re.findall(r"!(?:Ref|GetAtt) (\w+)(?!\w*::)", text), *re.findall(r"\$\{(\w+)\}", text)}
    assert named - {"AWS"} <= known


@pytest.mark.parametrize("name", ["fargate.yaml", "cronjob.yaml"])
def test_the_commands_of_the_jobs_are_understood(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    document = yaml.load((DEPLOY / name).read_text(), Loader=_Loader)
    if name == "fargate.yaml":
        (container,) = document["Resources"]["Task"]["Properties"]["ContainerDefinitions"]
        command, *words = container["Command"]
    else:
        (container,) = document["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
        command, *words = container["args"]
    assert command == "sync"
    assert callable(sync_call(words))
