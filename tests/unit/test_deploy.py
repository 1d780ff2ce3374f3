"""The files of deploy/ say what the code does."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from amitui.catalog.sharing import limits
from amitui.catalog.sharing.s3 import PART_BYTES
from amitui.cli.sync_arguments import sync_call
from amitui.ec2.guard import READS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


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


def test_nothing_that_is_published_is_sent_in_parts_which_would_take_a_permission_to_abort() -> None:
    assert max(limits.MANIFEST_BYTES, limits.SEGMENT_BYTES, limits.CHUNK_BYTES) < PART_BYTES


def test_the_policies_for_an_organization_allow_what_is_called_and_nothing_that_changes() -> None:
    hub, role = (
        json.loads((DEPLOY / f"iam/{name}.json").read_text()) for name in ("organization-hub", "account-role")
    )
    called = {f"organizations:{operation}" for operation in READS["organizations"]}
    assert _actions(hub) == called | {"sts:AssumeRole"}
    for action in _actions(role):
        service, _, operation = action.partition(":")
        assert operation in READS[service]
    trust = json.loads((DEPLOY / "iam/account-role-trust.json").read_text())
    (statement,) = trust["Statement"]
    assert statement["Condition"], "an account alone would trust whoever is let in there later"


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


def _instructions() -> list[tuple[str, str]]:
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, " ".join(rest.split())) for word, _, rest in (line.partition(" ") for line in lines)]


def test_the_image_is_built_of_a_pinned_base_and_runs_as_nobody_in_particular() -> None:
    found = _instructions()
    bases = {rest.split(" AS ")[0] for word, rest in found if word == "FROM"}
    (base,) = bases
    version = re.fullmatch(r"python:3\.(\d+)\.\d+-slim-\w+", base)
    assert version is not None, "a tag that does not move"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"Programming Language :: Python :: 3.{version[1]}" in project["classifiers"]
    after = found[[word for word, _ in found].index("USER") :]
    assert [word for word, _ in after] == ["USER", "ENTRYPOINT", "CMD"]
    assert dict(after)["USER"] == "10001:10001"
    assert json.loads(dict(after)["ENTRYPOINT"]) == list(project["scripts"])[:1]
    assert not [rest for word, rest in found if word == "ADD" or "sudo" in rest or "curl" in rest]


def test_the_image_is_given_all_that_a_wheel_is_built_of() -> None:
    copied = {
        source
        for word, rest in _instructions()
        if word == "COPY" and not rest.startswith("--")
        for source in rest.split()[:-1]
    }
    assert all((ROOT / source).exists() for source in copied)
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = document["tool"]["hatch"]["build"]["targets"]["wheel"]
    project = document["project"]
    needed = {"pyproject.toml", project["readme"], *project["license-files"], *wheel["packages"]}
    assert {*needed, *wheel["force-include"]} == copied
    let_in = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    assert copied == {line[1:] for line in let_in if line.startswith("!")}


def test_the_jobs_run_as_the_image_does_and_write_to_their_volume_alone() -> None:
    (volume,) = [json.loads(rest)[0] for word, rest in _instructions() if word == "VOLUME"]
    task = yaml.load((DEPLOY / "fargate.yaml").read_text(), Loader=_Loader)["Resources"]["Task"]["Properties"]
    (container,) = task["ContainerDefinitions"]
    assert container["ReadonlyRootFilesystem"] is True
    assert container["User"] == "10001:10001"
    (mount,) = container["MountPoints"]
    assert (mount["ContainerPath"], mount["SourceVolume"]) == (volume, task["Volumes"][0]["Name"])
    given = {one["Name"]: one["Value"] for one in container["Environment"]}
    pod = yaml.safe_load((DEPLOY / "cronjob.yaml").read_text())["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]) == (10001, 10001)
    (job,) = pod["containers"]
    assert job["securityContext"]["readOnlyRootFilesystem"] is True
    assert [one["mountPath"] for one in job["volumeMounts"]] == [volume]
    env = {one["name"]: one["value"] for one in job["env"]}
    for words, values in ((container["Command"], given), (job["args"], env)):
        cache = words[words.index("--cache-dir") + 1]
        assert all(path.startswith(volume) for path in (cache, values["HOME"], values["AMITUI_STATE_DIR"]))


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
