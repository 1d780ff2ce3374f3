"""Invisible characters are replaced by their Unicode properties, whichever they are."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.visible import (
    MAX_COMBINING,
    REPLACEMENT,
    is_unambiguous,
    is_visible,
    show_invisible,
    without_invisible,
)

EVERY = "".join(map(chr, range(sys.maxunicode + 1)))


def test_no_control_format_separator_or_surrogate_of_this_unicode_passes() -> None:
    left = {
        char
        for char in show_invisible("a".join(EVERY))
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    }
    assert left == set()


@pytest.mark.parametrize(
    "hidden",
    [
        "\u00ad", "\u034f", "\u061c", "\u115f", "\u1160", "\u17b4", "\u180b", "\u180e", "\u180f",
        "\u2064", "\u2065", "\u206a", "\u2800", "\u3164", "\ufdd0", "\ufe00", "\ufe0f", "\uffa0",
        "\ufff0", "\ufff8", "\ufffe", "\uffff", "\U00016fe4", "\U0001bca0", "\U0001d159", "\U0001d173",
        "\U0001fffe",
        "\U000e0000", "\U000e0001", "\U000e0041", "\U000e0100", "\U000e01ef", "\U000e0fff", "\U0010ffff",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_draws_nothing_becomes_a_mark(hidden: str) -> None:
    assert show_invisible(f"a{hidden}b") == f"a{REPLACEMENT}b"
    assert not is_visible(hidden)
    assert without_invisible(f"a{hidden}b") == "ab"


@pytest.mark.parametrize(
    "seen", ["\u00a0", "\u3000", "é", "日本", "한", "क्षि", "\ue0b0", "\U000f0001", "\u0378", "😀"], ids=ascii
)
def test_what_is_drawn_stays(seen: str) -> None:
    assert show_invisible(f"a{seen}b") == f"a{seen}b"
    assert is_visible(seen)


def test_nearly_every_assigned_letter_number_and_symbol_stays() -> None:
    drawn = [char for char in EVERY if unicodedata.category(char)[0] in "LNPSM"]
    hidden = [char for char in drawn if not is_visible(char)]
    assert len(hidden) < 280  # fillers and 256 variation selectors
    assert {unicodedata.name(char).split()[0] for char in hidden} <= {
        "COMBINING", "HANGUL", "KHMER", "MONGOLIAN", "BRAILLE", "HALFWIDTH", "VARIATION", "KHITAN", "MUSICAL",
    }  # fmt: skip


def test_a_stack_of_combining_marks_is_cut_and_the_text_goes_on() -> None:
    zalgo = "a" + "\u0301\u0489" * 50 + "bc"
    assert show_invisible(zalgo) == "a" + ("\u0301\u0489" * 2) + REPLACEMENT + "bc"
    pointed = "ש\u05bc\u05c1\u05b8\u0591"
    assert show_invisible(pointed) == pointed


@given(st.text())
def test_what_is_shown_is_visible_and_stays_as_it_is(text: str) -> None:
    once = show_invisible(text)
    assert is_visible(once)
    assert show_invisible(once) == once
    run = 0
    for char in once:
        run = run + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        assert run <= MAX_COMBINING


@given(st.text(), st.sampled_from(["", "\n\t"]))
def test_what_is_taken_out_is_only_what_cannot_be_seen(text: str, keep: str) -> None:
    assert without_invisible(text, keep=keep) == "".join(char for char in text if char in keep or is_visible(char))


def test_what_is_pasted_elsewhere_has_no_blanks_but_spaces_and_nothing_unassigned() -> None:
    assert is_unambiguous("a b=ü日本")
    assert not any(map(is_unambiguous, ["a\u00a0b", "\u3164", "\u0378", "\n", "\ue000"]))
