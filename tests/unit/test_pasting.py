from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.drivers import linux_driver

from amitui.ui import paste as pasting
from amitui.ui.paste import END, START, PasteParser, beginning_of, use_paste_parser

HOSTILE = "\x1b[31mred\x1b[0m \x1b]52;c;eA==\x07 \x1b\x1b D\x1bOP" + "\x1b" + "q" * 40


class Clock:
    """The time of the parser and of Textual's, which stands until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(pasting, "monotonic", lambda: self.now)
        monkeypatch.setattr("textual._parser.get_time", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def keys_of(found: object) -> list[str]:
    """Events in short: `key` or `<pasted text>`."""
    assert hasattr(found, "__iter__")
    return [
        f"<{one.text}>" if isinstance(one, events.Paste) else one.key if isinstance(one, events.Key) else repr(one)
        for one in found
    ]


def read(*chunks: str, parser: PasteParser | None = None) -> list[str]:
    parser = parser or PasteParser()
    return [words for chunk in chunks for words in keys_of(parser.feed(chunk))]


@pytest.mark.parametrize(
    "text",
    ["plain", "", "two\rlines\n", HOSTILE, "\x03\x11\x1b", START + "nested", "é日本語\u202e", END[:-1], "\x1b[20"],
)
def test_whatever_is_pasted_is_text_and_never_a_key(text: str) -> None:
    assert read(f"a{START}{text}{END}b") == ["a", f"<{text}>", "b"]


@given(st.text(alphabet="\x1b[201~0;AD\r", max_size=40), st.lists(st.integers(1, 7), max_size=40))
def test_it_does_not_matter_where_reads_tear_a_paste(text: str, sizes: list[int]) -> None:
    text = text.replace(END, "")
    whole = f"x{START}{text}{END}\x1b[Ay{START}2{END}"
    if END in whole[: whole.rindex(START)].replace(END, "", 1):
        return
    chunks, rest = [], whole
    for size in sizes:
        chunks.append(rest[:size])
        rest = rest[size:]
    assert read(*filter(None, [*chunks, rest])) == read(whole)


def test_the_pause_of_a_slow_link_within_a_mark_makes_no_keys_of_it(clock: Clock) -> None:
    parser = PasteParser()
    found: list[str] = []
    for chunk in ("\x1b[2", "00~text\x1b[20", "1~", "k"):
        found += read(chunk, parser=parser)
        clock.now += 1
        found += keys_of(parser.tick())
    assert found == ["<text>", "k"]


def test_behind_an_escape_that_has_become_a_key_the_text_is_still_text(clock: Clock) -> None:
    parser = PasteParser()
    found = read("\x1b", parser=parser)
    clock.now += 1
    found += keys_of(parser.tick())
    assert found == ["escape"]
    assert read("[200~D\r\x1b", "[201~q", parser=parser) == ["<D\r>", "q"]


def test_a_mark_that_comes_letter_by_letter_with_pauses_is_one(clock: Clock) -> None:
    parser = PasteParser()
    found: list[str] = []
    for char in f"{START}Dq{END}z":
        found += read(char, parser=parser)
        clock.now += 1
        found += keys_of(parser.tick())
    assert "<Dq>" in found
    assert "D" not in found
    assert found[-1] == "z"


def test_a_paste_that_never_ends_is_taken_after_a_while_and_keys_are_keys_again(clock: Clock) -> None:
    parser = PasteParser()
    assert read(f"{START}half", parser=parser) == []
    clock.now += pasting.UNFINISHED_S / 2
    assert keys_of(parser.tick()) == []
    clock.now += pasting.UNFINISHED_S
    assert keys_of(parser.tick()) == ["<half>"]
    assert read("d", parser=parser) == ["d"]


def test_a_paste_that_the_end_of_input_cuts_off_is_taken() -> None:
    assert read(f"{START}half", "") == ["<half>"]


def test_escape_and_other_sequences_are_keys_as_before(clock: Clock) -> None:
    parser = PasteParser()
    assert read("\x1b[A\x1b[20~\x1b[2~", parser=parser) == ["up", "f9", "insert"]
    for sent, key in (("\x1bx", "alt+x"), ("\x1b", "escape")):
        assert read(sent, parser=parser) == []
        clock.now += 1
        assert keys_of(parser.tick()) == [key]


def test_a_megabyte_in_reads_of_4096_is_one_paste() -> None:
    text = "ami-0123456789abcdef0\r" * 50_000
    whole = START + text + END
    assert read(*(whole[at : at + 4096] for at in range(0, len(whole), 4096))) == [f"<{text}>"]


@pytest.mark.parametrize(
    ("text", "found"), [("a\x1b[2", "\x1b[2"), ("\x1b[20x", ""), ("", ""), ("\x1b\x1b", "\x1b"), (START, "")]
)
def test_the_beginning_of_a_mark_is_found_at_the_end(text: str, found: str) -> None:
    assert beginning_of(START, text) == found


def test_textuals_driver_reads_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linux_driver, "XTermParser", object)
    use_paste_parser()
    assert linux_driver.XTermParser is PasteParser  # type: ignore[attr-defined]
