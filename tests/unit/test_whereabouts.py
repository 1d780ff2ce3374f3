"""An ID that no cached Region holds: what EC2's answers mean, and how it is said."""

from __future__ import annotations

from typing import Any

import pytest

from amitui.domain.catalogue.whereabouts import Fate, IdAnswer, whereabouts
from amitui.ec2.reads.whereabouts import ask_for_ids
from amitui.errors import AmituiError, AwsError, CredentialsError, NetworkError
from tests.unit.test_details import record

ID = "ami-0123456789abcdef0"


def answer(region: str, fate: Fate, words: str = "") -> IdAnswer:
    return IdAnswer(ID, region, fate, words)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (
            [answer("us-east-1", Fate.NOT_THERE), answer("eu-west-1", Fate.FOUND, "web, owner 1")],
            [f"{ID} is not in us-east-1, but in eu-west-1: web, owner 1"],
        ),
        (
            [answer("us-east-1", Fate.FOUND, "web, owner 1")],
            [f"{ID} is in us-east-1, among images that are not fetched: web, owner 1"],
        ),
        ([answer("us-east-1", Fate.DEREGISTERED)], [f"{ID} was in us-east-1 and is deregistered"]),
        ([answer("us-east-1", Fate.NOT_SHARED)], [f"{ID} is in us-east-1, but not shared with you"]),
        (
            [answer("us-east-1", Fate.NOT_THERE), answer("eu-west-1", Fate.NOT_THERE)],
            [f"EC2 does not know {ID} in any of 2 Regions: it never was there, or has been deregistered for long"],
        ),
        (
            [answer("us-east-1", Fate.NOT_ASKED, "no permission"), answer("eu-west-1", Fate.NOT_ASKED, "no")],
            [f"{ID} could not be asked for in us-east-1 (and in 1 more): no permission"],
        ),
        ([], [f"{ID} was not asked for"]),
    ],
)
def test_every_answer_is_said_in_words(answers: list[IdAnswer], said: list[str]) -> None:
    assert list(whereabouts(ID, answers, ("us-east-1",))) == said


@pytest.mark.parametrize("fate", [Fate.NOT_THERE, Fate.DEREGISTERED, Fate.NOT_SHARED, Fate.NOT_ASKED])
def test_what_was_known_of_an_image_says_more_than_that_ec2_does_not_show_it(fate: Fate) -> None:
    assert list(whereabouts(ID, [answer("us-east-1", fate)], ("us-east-1",), ["it was web"])) == ["it was web"]


def test_an_image_that_is_there_again_is_not_said_to_be_gone() -> None:
    (line,) = whereabouts(ID, [answer("us-east-1", Fate.FOUND, "web, owner 1")], ("us-east-1",), ["it was web"])
    assert line == f"{ID} is in us-east-1, among images that are not fetched: web, owner 1"


def failure(kind: type[AwsError], code: str, message: str) -> AmituiError:
    error = kind("EC2 said no", code=code)
    error.__cause__ = Exception(message)
    return error


class Connection:
    """Answers by Region."""

    def __init__(self, answers: dict[str, AmituiError | list[dict[str, Any]]]) -> None:
        self._answers = answers

    async def call(self, region: str, operation: str, _action: str, **parameters: object) -> dict[str, Any]:
        assert (operation, parameters["ImageIds"]) == ("describe_images", [ID])
        found = self._answers[region]
        if isinstance(found, AmituiError):
            raise found
        return {"Images": found}


async def test_ec2s_answers_and_errors_are_told_apart() -> None:
    connection = Connection(
        {
            "found": [record(ImageId=ID, Name="web", OwnerId="111122223333")],
            "empty": [],
            "unknown": failure(AwsError, "InvalidAMIID.NotFound", "does not exist"),
            "gone": failure(AwsError, "InvalidAMIID.Unavailable", "is no longer available"),
            "private": failure(CredentialsError, "AuthFailure", f"Not authorized for images: [{ID}]"),
            "disabled": failure(CredentialsError, "AuthFailure", "not able to validate the credentials"),
            "away": failure(NetworkError, "", "timed out"),
        }
    )
    found = await ask_for_ids(connection, [ID], list(connection._answers))  # type: ignore[arg-type]
    assert {one.region: (one.fate, one.words) for one in found} == {
        "found": (Fate.FOUND, "web, owner 111122223333"),
        "empty": (Fate.NOT_THERE, ""),
        "unknown": (Fate.NOT_THERE, ""),
        "gone": (Fate.DEREGISTERED, ""),
        "private": (Fate.NOT_SHARED, ""),
        "disabled": (Fate.NOT_ASKED, "EC2 said no"),
        "away": (Fate.NOT_ASKED, "EC2 said no"),
    }
