"""Reading public parameters: which calls are made, what is made of the answers, and how a refusal reads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from amitui.ec2.errors.translate import explain
from amitui.ec2.guard import is_read
from amitui.ec2.reads.parameters import ParameterValue, public_parameters
from amitui.ec2.session import Ec2Connection
from amitui.errors import DeniedError

IMAGE = "ami-0123456789abcdef0"
MADE = datetime(2026, 5, 1, tzinfo=UTC)


class Answers:
    """A connection that answers GetParameters of what it holds."""

    def __init__(self, **values: str) -> None:
        self.values = {f"/aws/service/{name}": value for name, value in values.items()}
        self.asked: list[list[str]] = []

    async def service_call(self, service: str, region: str, operation: str, action: str, **asked: Any) -> Any:
        assert (service, region, operation) == ("ssm", "eu-west-1", "get_parameters")
        self.asked.append(asked["Names"])
        known = [name for name in asked["Names"] if name in self.values]
        return {
            "Parameters": [
                {"Name": name, "Value": self.values[name], "Version": 3, "LastModifiedDate": MADE}
                for name in known
            ],
            "InvalidParameters": [name for name in asked["Names"] if name not in known],
        }


async def read(answers: Answers, *names: str) -> dict[str, ParameterValue]:
    paths = [f"/aws/service/{name}" for name in names]
    return await public_parameters(cast("Ec2Connection", answers), "eu-west-1", paths)


async def test_ten_names_are_read_with_a_call_and_each_once() -> None:
    names = [f"p{number}" for number in range(23)]
    answers = Answers(**dict.fromkeys(names, IMAGE))
    found = await read(answers, *names, *names)
    assert [len(asked) for asked in answers.asked] == [10, 10, 3]
    assert list(found) == [f"/aws/service/{name}" for name in names]


async def test_a_parameter_that_is_not_there_is_left_out() -> None:
    found = await read(Answers(here=IMAGE), "here", "gone")
    assert found == {
        "/aws/service/here": ParameterValue("/aws/service/here", IMAGE, 3, int(MADE.timestamp())),
    }


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (f'{{"schema_version": 1, "image_id": "{IMAGE}"}}', IMAGE),
        ('{"image_id": 7}', '{"image_id": 7}'),
        ("{not json", "{not json"),
        ("ami-\x1b[2J", "ami-␦[2J"),
    ],
)
async def test_the_image_id_is_the_value_or_in_its_json_and_never_acts_on_the_terminal(
    value: str, shown: str
) -> None:
    found = await read(Answers(here=value), "here")
    assert found["/aws/service/here"].image_id == shown


def test_a_refusal_names_the_permission_and_what_was_being_done() -> None:
    refused = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetParameters")
    error = explain(refused, profile=None, region="eu-west-1", action="read public parameters")
    assert isinstance(error, DeniedError)
    assert error.what == "not allowed to read public parameters in eu-west-1"
    assert "ssm:GetParameters" in error.remedy


def test_read_only_mode_lets_named_parameters_be_read_and_no_tree() -> None:
    assert is_read("ssm", "GetParameters")
    assert not is_read("ssm", "GetParametersByPath")
