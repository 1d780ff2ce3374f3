"""What can be typed behind `amitui man`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amitui.cli.options import CommandParser


def man_call(
    argv: Sequence[str], commands: Sequence[str], parser_of: Callable[[str], CommandParser]
) -> Callable[[], int]:
    """The call that the words ask for; `commands` and `parser_of` are what the page is made of."""
    parser = CommandParser("man", "Show the manual page: in man, or as its source with --source.")
    parser.add("--source", action="store_true", help="print its source (roff) to install it or to convert it")
    options = parser.parse(argv)

    def call() -> int:
        from amitui.cli.manual import man

        return man(commands, parser_of, source=options.source)

    return call
