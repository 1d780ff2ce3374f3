"""The simulated EC2's answers have the members and the forms of those that others published of AWS."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

import botocore.session
import pytest
from botocore.exceptions import ClientError

from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import READER_ACCESS_KEY
from amitui.ec2.newer_model import add_newer_shapes
from tests.recorded.answers import NAME, Answers, ask_everything
from tests.recorded.differences import LACKING, OTHERWISE, Known
from tests.recorded.refusals import DENIED, REFUSALS, Refusal
from tests.recorded.shapes import Digest, read_recorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SPEED: Final = 1000
_TEXTS: Final = frozenset({"text", "number", "account", "arn", "yes-no"})
"""Forms that a text may have which is whatever somebody wrote; ids of resources are texts as well."""


@pytest.fixture(scope="module")
def answers() -> Iterator[Answers]:
    with DemoProcess(speed=SPEED) as demo, Answers(demo.url) as found:
        ask_everything(found)
        yield found


@pytest.fixture(scope="module")
def own(answers: Answers) -> Digest:
    return answers.digest


@pytest.fixture(scope="module")
def ids(answers: Answers) -> dict[str, str]:
    """What stands for the placeholders of refusals."""
    ec2 = answers.client("ec2")
    by_name = [{"Name": "name", "Values": [f"{NAME}-created"]}]
    (image,) = ec2.describe_images(Owners=["self"], Filters=by_name)["Images"]
    linux: Any = [{"Name": "name", "Values": ["al2023-*x86_64"]}]
    foreign = ec2.describe_images(Owners=["amazon"], Filters=linux)["Images"][0]
    (launched,) = ec2.run_instances(
        ImageId=foreign["ImageId"], MinCount=1, MaxCount=1, DisableApiTermination=True
    )["Instances"]
    return {
        "image": image["ImageId"],
        "name": image["Name"],
        "snapshot": image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"],
        "foreign": foreign["ImageId"],
        "protected": launched["InstanceId"],
        "who": answers.client("sts").get_caller_identity()["Arn"],
    }


@pytest.fixture(scope="module")
def recorded() -> Digest:
    return read_recorded()


def lacking(own: Digest, recorded: Digest) -> set[tuple[str, str]]:
    return {
        (operation, path)
        for operation, members in recorded.members.items()
        for path in members
        if path not in own.members[operation]
    }


def otherwise(own: Digest, recorded: Digest) -> set[tuple[str, str]]:
    """Members whose form was never seen; values that botocore's shape lists are those of the API."""
    return {
        (operation, path)
        for operation, members in recorded.members.items()
        for path, forms in members.items()
        if not all(_fits(form, forms) for form in own.members[operation].get(path, ()))
    }


def _fits(form: str, recorded: set[str]) -> bool:
    if form in recorded or form.startswith("="):
        return True
    if "text" in recorded:
        return form in _TEXTS or form.endswith("-17")
    # Ids had 8 digits before 2016, and `resolve:ssm:` stands for an image's.
    kinds = {one.rpartition("-")[0] for one in recorded} - {""}
    return form.rpartition("-")[0] in kinds or (form == "text" and kinds == {"ami"})


def unlisted(found: set[tuple[str, str]], known: Sequence[Known]) -> list[tuple[str, str]]:
    return sorted((op, path) for op, path in found if not any(_is_about(one, op, path) for one in known))


def _is_about(known: Known, operation: str, path: str) -> bool:
    patterns = (one.replace("[", "[[]") for one in known.paths)
    return fnmatchcase(operation, known.operation) and any(fnmatchcase(path, pattern) for pattern in patterns)


def test_every_published_operation_is_answered(own: Digest, recorded: Digest) -> None:
    assert len(recorded.members) >= 50
    assert sorted(recorded.members.keys() - own.members.keys()) == []


def test_what_published_answers_have_the_simulated_ones_have_or_the_reason_is_listed(
    own: Digest, recorded: Digest
) -> None:
    assert unlisted(lacking(own, recorded), LACKING) == []


def test_values_have_the_forms_of_published_ones_or_the_reason_is_listed(own: Digest, recorded: Digest) -> None:
    assert unlisted(otherwise(own, recorded), OTHERWISE) == []


def test_no_difference_is_listed_that_there_is_not(own: Digest, recorded: Digest) -> None:
    found = lacking(own, recorded)
    assert [one for one in LACKING if not any(_is_about(one, *difference) for difference in found)] == []
    found = otherwise(own, recorded)
    assert [one for one in OTHERWISE if not any(_is_about(one, *difference) for difference in found)] == []


def test_values_of_enumerations_are_those_that_botocore_lists_or_that_were_recorded(
    own: Digest, recorded: Digest
) -> None:
    """EC2 says `windows` where its model has `Windows`: what was recorded counts."""
    unknown = [
        (operation, path, form)
        for operation, members in own.members.items()
        if operation in recorded.members
        for path, forms in members.items()
        for form in forms
        if form.startswith("=")
        if form not in recorded.members[operation].get(path, ()) and form[1:] not in _enum(operation, path)
    ]
    assert unknown == []


def _enum(operation: str, path: str) -> list[str]:
    """The values that botocore lists of a member."""
    service, _, name = operation.partition(":")
    shape: Any = _models().setdefault(service, _session().get_service_model(service))
    shape = shape.operation_model(name).output_shape
    for part in path.split("."):
        member = part.rstrip("[]")
        shape = shape.members[member]
        for _ in range(part.count("[]")):
            shape = shape.member
    return list(shape.enum)


_MODELS: Final[dict[str, Any]] = {}


def _models() -> dict[str, Any]:
    return _MODELS


def _session() -> Any:
    session = botocore.session.Session()
    add_newer_shapes(session.get_component("data_loader"))
    return session


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda one: f"{one.operation}: {one.code}")
def test_refusals_have_the_codes_and_words_that_were_seen(
    answers: Answers, ids: dict[str, str], refusal: Refusal
) -> None:
    assert refused(answers.client(refusal.service), ids, refusal) == expected(ids, refusal)


def test_what_iam_denies_is_refused_as_it_was_seen(answers: Answers, ids: dict[str, str]) -> None:
    reader = answers.other(READER_ACCESS_KEY)
    who = {"who": reader.client("sts").get_caller_identity()["Arn"]}
    assert refused(reader.client("ec2"), ids, DENIED) == expected(ids | who, DENIED)


def test_other_words_than_those_that_were_seen_have_a_reason() -> None:
    for one in (*REFUSALS, DENIED):
        assert bool(one.own_words) == bool(one.why)
        assert not one.own_words or one.own_words != one.words
        assert one.source


def refused(client: Any, ids: dict[str, str], refusal: Refusal) -> tuple[str, str, int | None]:
    """Code, message and HTTP status."""
    parameters = json.loads(_filled(json.dumps(refusal.parameters), ids))
    with pytest.raises(ClientError) as caught:
        getattr(client, refusal.operation)(**parameters)
    answer: Any = caught.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return answer["Error"]["Code"], answer["Error"]["Message"], status if refusal.status else None


def expected(ids: dict[str, str], refusal: Refusal) -> tuple[str, str, int | None]:
    return refusal.code, _filled(refusal.own_words or refusal.words, ids), refusal.status


def _filled(text: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        text = text.replace(f"{{{name}}}", value)
    return text
