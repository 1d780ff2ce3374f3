"""User data: their size against EC2's, what they are, and what would surprise."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.user_data import (
    MOST_BYTES,
    encoded,
    measure,
    user_data_kind,
    user_data_problem,
    user_data_warnings,
)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_the_size_is_that_of_what_is_sent(text: str) -> None:
    size = measure(text)
    assert size.raw == len(text.encode())
    assert size.encoded == len(base64.b64encode(text.encode())) == len(encoded(text))
    assert base64.b64decode(encoded(text)).decode() == text


def test_sixteen_kibibytes_fit_and_one_byte_more_does_not() -> None:
    assert user_data_problem("x" * MOST_BYTES) == ""
    assert user_data_problem("x" * (MOST_BYTES + 1)) == (
        "16,385 of 16,384 bytes: 1 too many. Fetch the rest from S3 at the first start"
    )
    assert user_data_problem("é" * (MOST_BYTES // 2)) == ""
    assert user_data_problem("é" * (MOST_BYTES // 2) + "x") != ""


def test_what_is_no_text_is_refused() -> None:
    assert user_data_problem("#!/bin/sh\0") == "there is a NUL in it: user data is text here"
    assert user_data_problem("\udcff") == "there is something in it that is no UTF-8"
    assert user_data_problem("") == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("#!/bin/bash\n", "a script"),
        ("#cloud-config\nusers: []", "cloud-config"),
        ("#cloud-config-archive\n", "an archive of cloud-init"),
        ("#include\nhttps://x", "addresses that cloud-init fetches"),
        ("Content-Type: multipart/mixed; boundary=x", "several parts"),
        ("<powershell>dir</powershell>", "a script for Windows"),
        ("  <PowerShell>dir</PowerShell>", "a script for Windows"),
        ("echo hello", ""),
        ("", ""),
    ],
)
def test_user_data_are_known_by_their_beginning(text: str, kind: str) -> None:
    assert user_data_kind(text) == kind


@pytest.mark.parametrize(
    ("text", "windows", "warned"),
    [
        ("", None, None),
        ("#!/bin/sh\necho", False, None),
        ("#!/bin/sh\r\necho", False, "Windows line ends"),
        ("\ufeff#!/bin/sh\n", False, "byte order mark"),
        ("echo hello", None, "Nothing tells what user data are"),
        (base64.b64encode(b"#!/bin/sh\necho hello, all").decode(), None, "look like base64 already"),
        ("<powershell>dir</powershell>", False, "the image is not"),
        ("<powershell>dir</powershell>", True, None),
        ("<powershell>dir</powershell>", None, None),
        ("#!/bin/sh", True, "Windows does not run them"),
        ("#!/bin/sh\nexport X=AKIAIOSFODNN7EXAMPLE\n", False, "access key"),
    ],
)
def test_what_may_surprise_is_said_without_quoting_it(text: str, windows: bool | None, warned: str | None) -> None:
    found = user_data_warnings(text, windows=windows)
    assert len(found) == (warned is not None)
    if warned is not None:
        assert warned in found[0]
        assert "AKIA" not in found[0]
