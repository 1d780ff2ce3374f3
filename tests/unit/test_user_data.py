"""User data: their size against EC2's, what they are, and what would surprise."""

from __future__ import annotations

import base64
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.launch.user_data import (
    MOST_BYTES,
    encoded,
    measure,
    user_data_bytes,
    user_data_kind,
    user_data_of,
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
        "16,385 of 16,384 bytes: 1 too many. Download the rest from S3 at first start"
    )
    assert user_data_problem("é" * (MOST_BYTES // 2)) == ""
    assert user_data_problem("é" * (MOST_BYTES // 2) + "x") != ""


# cases/userdata.gz
PACKED = gzip.compress(b"#cloud-config\nruncmd:\n - echo hello\n" * 20, mtime=0)


@given(st.binary(max_size=200) | st.sampled_from([PACKED, b"a\r\nb\0", b"\xff\xfe", "é\ufeff".encode()]))
def test_any_bytes_are_sent_as_they_are_and_measured_raw(content: bytes) -> None:
    text = user_data_of(content)
    assert user_data_bytes(text) == content
    assert base64.b64decode(encoded(text)) == content
    assert measure(text).raw == len(content)
    assert measure(text).encoded == len(base64.b64encode(content))
    assert user_data_problem(text) == ""


def test_binary_user_data_fit_by_their_own_bytes() -> None:
    assert user_data_problem(user_data_of(b"\xff" * MOST_BYTES)) == ""
    assert "1 too many" in user_data_problem(user_data_of(b"\xff" * (MOST_BYTES + 1)))


def test_half_a_character_that_is_typed_stands_for_no_byte() -> None:
    assert "incomplete character" in user_data_problem("a\ud800")
    assert measure("a\ud800").raw == 2
    assert user_data_problem("") == ""


@pytest.mark.parametrize(
    ("content", "kind", "warned"),
    [
        (PACKED, "binary, gzip", ""),
        (b"PK\x03\x04\x00", "binary, zip", "use gzip"),
        (b"\xff\xfe#\0!\0", "binary", "no known header"),
        (b"#!/bin/sh\0", "binary", "no known header"),
    ],
)
def test_what_is_no_text_is_known_by_its_first_bytes(content: bytes, kind: str, warned: str) -> None:
    text = user_data_of(content)
    assert user_data_kind(text) == kind
    assert warned in " ".join(user_data_warnings(text))
    assert bool(warned) == bool(user_data_warnings(text))


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
        ("#!/bin/sh\r\necho", False, "Windows line endings"),
        ("\ufeff#!/bin/sh\n", False, "byte order mark"),
        ("echo hello", None, "User data has no known header"),
        (base64.b64encode(b"#!/bin/sh\necho hello, all").decode(), None, "looks base64-encoded already"),
        ("<powershell>dir</powershell>", False, "the image is not"),
        ("<powershell>dir</powershell>", True, None),
        ("<powershell>dir</powershell>", None, None),
        ("#!/bin/sh", True, "Windows does not run it"),
        ("#!/bin/sh\nexport X=AKIAIOSFODNN7EXAMPLE\n", False, "access key"),
    ],
)
def test_what_may_surprise_is_said_without_quoting_it(text: str, windows: bool | None, warned: str | None) -> None:
    found = user_data_warnings(text, windows=windows)
    assert len(found) == (warned is not None)
    if warned is not None:
        assert warned in found[0]
        assert "AKIA" not in found[0]
