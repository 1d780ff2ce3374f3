from __future__ import annotations

import re
from base64 import b64decode

import pytest

from amitui.errors import UsageError
from amitui.ui.widgets.clipboard import LONGEST, SCREEN_CHUNK, osc52

PLAIN = re.compile("\x1b\\]52;c;([A-Za-z0-9+/=]*)\x07")


def test_plain_osc_52_carries_the_text_in_base64() -> None:
    assert osc52("ami-0123", tmux=False, screen=False) == "\x1b]52;c;YW1pLTAxMjM=\x07"


def test_inside_tmux_both_the_plain_and_the_wrapped_sequence_are_sent() -> None:
    plain = osc52("ami-0123", tmux=False, screen=False)
    assert osc52("ami-0123", tmux=True, screen=False) == plain + "\x1bPtmux;\x1b" + plain + "\x1b\\"


def test_inside_screen_the_sequence_is_cut_into_strings_that_it_keeps_whole() -> None:
    text = "ami-0123456789abcdef0\n" * 40
    sequence = osc52(text, tmux=False, screen=True)
    chunks = re.findall("\x1bP(.*?)\x1b\\\\", sequence, re.DOTALL)
    assert len(chunks) > 1
    assert max(map(len, chunks)) <= SCREEN_CHUNK
    found = PLAIN.fullmatch("".join(chunks))
    assert found is not None
    assert b64decode(found.group(1)).decode() == text


@pytest.mark.parametrize("bad", ["\x1b]52;c;x\x07", "a\x00b", "\x9b31m", "\u202egnp", "zero\u200bwidth", "\ud800"])
def test_text_that_could_act_where_it_is_pasted_is_refused(bad: str) -> None:
    with pytest.raises(UsageError, match="invisible or control character"):
        osc52(bad, tmux=False, screen=False)


def test_tabs_line_breaks_and_any_script_are_fine() -> None:
    found = PLAIN.fullmatch(osc52("a\tb\nč日本[/x]", tmux=False, screen=False))
    assert found is not None
    assert b64decode(found.group(1)).decode() == "a\tb\nč日本[/x]"


def test_text_beyond_the_limit_is_refused_with_a_way_out() -> None:
    assert len(osc52("x" * LONGEST, tmux=False, screen=False)) == 100_000
    with pytest.raises(UsageError) as caught:
        osc52("x" * (LONGEST + 1), tmux=False, screen=False)
    assert "export" in caught.value.remedy
