from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from amitui.ec2.reads.console import MOST_CHARACTERS, console_output, lines_of
from amitui.errors import AwsError, DeniedError, RejectedError


class Ec2:
    """Answers GetConsoleOutput, and keeps what it was asked."""

    def __init__(self, answer: dict[str, Any], *, refusal: AwsError | None = None) -> None:
        self.answer, self.refusal = answer, refusal
        self.requests: list[dict[str, Any]] = []

    async def call(self, region: str, operation: str, action: str, **parameters: Any) -> dict[str, Any]:
        assert (region, operation) == ("us-east-1", "get_console_output")
        assert action
        self.requests.append(parameters)
        if self.refusal is not None and parameters.get("Latest"):
            raise self.refusal
        return self.answer


def test_the_console_is_read_as_it_is_now() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    ec2 = Ec2({"Output": "boot\r\nlogin:\r\n\r\n", "Timestamp": at})
    found = asyncio.run(console_output(ec2, "us-east-1", "i-1"))
    assert found == ("i-1", int(at.timestamp()), ("boot", "login:"), True)
    assert ec2.requests == [{"InstanceId": "i-1", "Latest": True}]


def test_instances_that_cannot_be_asked_now_give_what_ec2_kept() -> None:
    refusal = RejectedError("no", code="UnsupportedOperation")
    ec2 = Ec2({"Output": "boot"}, refusal=refusal)
    found = asyncio.run(console_output(ec2, "us-east-1", "i-1"))
    assert (found.lines, found.live, found.at) == (("boot",), False, None)
    assert ec2.requests[1] == {"InstanceId": "i-1"}


def test_another_refusal_is_told() -> None:
    ec2 = Ec2({}, refusal=DeniedError("not allowed", code="UnauthorizedOperation"))
    with pytest.raises(DeniedError):
        asyncio.run(console_output(ec2, "us-east-1", "i-1"))
    assert len(ec2.requests) == 1


@pytest.mark.parametrize("output", [None, "", b"bytes", "\n\n", 7])
def test_nothing_written_is_no_lines(output: object) -> None:
    assert lines_of(output) == ()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[\x1b[0;32m  OK  \x1b[0m] Started sshd", "[  OK  ] Started sshd"),
        ("\x1b[2J\x1b[1;1HGRUB", "GRUB"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;ZXZpbA==\x07x", "x"),
        ("\x1bc\x1b(Breset", "reset"),
        ("10%\r50%\r100%", "100%"),
        ("done\r", "done"),
        ("a\tb", "a       b"),
        ("bell\x07 \u202eevil\u202c", "bell␦ ␦evil␦"),
        ("[bold]no markup[/]", "[bold]no markup[/]"),
    ],
)
def test_controls_are_neither_carried_out_nor_shown(written: str, shown: str) -> None:
    assert lines_of(written) == (shown,)


def test_an_unended_string_for_the_terminal_hides_no_further_line() -> None:
    assert lines_of("\x1b]0;never ended\nnext") == ("", "next")


def test_the_end_of_an_overlong_console_is_kept() -> None:
    lines = lines_of("x\n" * MOST_CHARACTERS + "last")
    assert lines[-1] == "last"
    assert len(lines) <= MOST_CHARACTERS


def test_escapes_by_the_thousand_take_no_time() -> None:
    assert lines_of("\x1bP" * 100_000 + "\n\x1b[" * 50_000 + "end")[-1].endswith("nd")
