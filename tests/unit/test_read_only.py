"""The list of what read-only mode lets through; `tests/integration/test_read_only.py` tests the client."""

from __future__ import annotations

import pytest

from amitui.ec2.guard import READS, check_read
from amitui.errors import ReadOnlyError


def test_nothing_on_the_list_sounds_like_a_change() -> None:
    reading = ("Describe", "Get", "Head", "List")
    signing_in = {"AssumeRole", "AssumeRoleWithWebIdentity", "CreateToken", "CreateOAuth2Token"}
    signing_in |= {"RegisterClient", "StartDeviceAuthorization"}
    named = {name for names in READS.values() for name in names}
    assert {name for name in named if not name.startswith(reading)} == signing_in


def test_an_unknown_service_is_refused() -> None:
    with pytest.raises(ReadOnlyError):
        check_read("dynamodb", "GetItem")
    with pytest.raises(ReadOnlyError):
        check_read("s3", "PutObject")


@pytest.mark.parametrize("operation", ["PutObject", "DeleteObjects", "DeleteObject", "CopyObject"])
def test_publishing_is_refused_when_read_only(operation: str) -> None:
    with pytest.raises(ReadOnlyError):
        check_read("s3", operation)
