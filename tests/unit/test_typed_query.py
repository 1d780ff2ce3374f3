"""A query that is being typed is searched for as far as it is understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.query.as_typed import typed_query
from amitui.domain.query.parser import FIELDS, parse_query

NOW = 1_790_000_000


@pytest.mark.parametrize(
    ("text", "searched"),
    [
        ("ubuntu owner:", "ubuntu"),
        ("ubuntu created:3", "ubuntu"),
        ('ubuntu "24.0', "ubuntu"),
        ("ubuntu -", "ubuntu"),
        ("ubuntu | ", "ubuntu"),
        ("ubuntu age:<", "ubuntu"),
        ("owner:", ""),
        ("", ""),
        ("ubuntu 24.04", "ubuntu 24.04"),
    ],
)
def test_what_is_not_complete_does_not_filter_yet(text: str, searched: str) -> None:
    typed = typed_query(text, now=NOW)
    assert typed.query is not None
    assert typed.query.text == text
    assert typed.query.clauses == parse_query(searched, now=NOW).clauses
    assert (typed.error is None) == (text == searched)


@pytest.mark.parametrize(
    "text", ["foo:bar", "arch:zz", "state:weird", "sort:nothing", "latest:maybe", "foo:bar owner:"]
)
def test_what_typing_on_cannot_mend_is_no_query(text: str) -> None:
    typed = typed_query(text, now=NOW)
    assert typed.query is None
    assert typed.error is not None
    assert not typed.error.incomplete or text.endswith(":")


@given(st.text(st.sampled_from('ab1 :|-"<>()*,.'), max_size=12) | st.sampled_from([f"{name}:" for name in FIELDS]))
def test_every_text_is_understood_or_says_what_is_wrong(text: str) -> None:
    typed = typed_query(text, now=NOW)
    assert typed.query is not None or typed.error is not None
