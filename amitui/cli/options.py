"""A command's options: words that are as they should be are understood here, the others by argparse.

Importing argparse, declaring the options and parsing takes 12 ms, a quarter of what `amitui find` may take. It is
used for help and for errors only, whose wording people know.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amitui.cli.quiet import set_quiet

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator, Sequence


FEW: Final = 6
"""Choices of an option that are its placeholder, `{show,trim,clear}`; more are listed beside it."""


class Argument(NamedTuple):
    """The declaration of one argument, in `add_argument`'s terms."""

    names: tuple[str, ...]
    settings: dict[str, Any]

    @property
    def is_option(self) -> bool:
        return self.names[0].startswith("-")

    @property
    def action(self) -> str:
        return str(self.settings.get("action", "store"))

    @property
    def name(self) -> str:
        """What its value is called."""
        return str(self.settings.get("dest") or self.names[-1].lstrip("-").replace("-", "_"))

    @property
    def takes_value(self) -> bool:
        """Whether a word follows the option."""
        return self.is_option and self.action in ("store", "append") and not self.may_have_value

    @property
    def may_have_value(self) -> bool:
        """Whether a value may stand behind the option's `=`, and no word that follows is one."""
        return self.is_option and self.settings.get("nargs") == "?"

    @property
    def metavar(self) -> str:
        """The placeholder of its value."""
        few = "{" + ",".join(self.choices) + "}" if 0 < len(self.choices) <= FEW else ""
        return str(self.settings.get("metavar") or few or self.name.upper())

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it takes; empty = any, or not only some."""
        return tuple(self.settings.get("choices", ()))

    @property
    def help(self) -> str:
        return str(self.settings.get("help", ""))

    @property
    def default(self) -> object:
        return self.settings.get("default", False if self.action == "store_true" else None)


QUIET: Final = Argument(
    ("-q", "--quiet"), {"action": "store_true", "help": "no progress and no notes on stderr, errors only"}
)
"""What every command takes."""

_HELP: Final = ("-h", "--help")
"""What argparse adds."""

_QUERY: Final = "query"
"""What the words of a query are called among a command's arguments."""

_NEGATION_AT_LEAST: Final = 3
"""Characters of a negated word; `-h` is an option, or was meant to be one."""

DESCRIBE: Final = "\0describe"
"""Asks a command's parser for its arguments: no word of a command line has such a character."""


class Described(Exception):
    """The parser that was asked by `DESCRIBE`."""

    def __init__(self, parser: CommandParser) -> None:
        super().__init__()
        self.parser = parser


class CommandParser:
    """The options of one command.

    Args:
        name: the command's, empty for `amitui` without one.
        description: what help says above the options.
        epilog: what help says below them.
    """

    def __init__(self, name: str, description: str, epilog: str = "") -> None:
        self._name = name
        self._description = description
        self._epilog = epilog
        self._arguments: list[Argument] = [QUIET]
        self.short_help = False
        """Whether `--help` is the short one of the whole program."""

    @property
    def description(self) -> str:
        """What help says above the options."""
        return self._description

    @property
    def about(self) -> str:
        """What the command does: its description up to the first full stop, colon or semicolon."""
        text = " ".join(self._description.split())
        for mark in (". ", ": ", "; "):
            text, _, _ = text.partition(mark)
        return text.rstrip(".:")

    @property
    def arguments(self) -> Sequence[Argument]:
        """All that was added, in order; what every command takes comes last."""
        return [*self._arguments[1:], QUIET]

    def add(self, *names: str, **settings: Any) -> None:
        """Add an option or a positional argument, declared as with argparse's `add_argument`."""
        self._arguments.append(Argument(names, settings))

    def parse(self, words: Sequence[str]) -> SimpleNamespace:
        """What the words say, by the arguments' names. Usage errors and `--help` leave through `SystemExit`.

        Raises:
            Described: the words are `DESCRIBE`.
        """
        if words and words[0] == DESCRIBE:
            raise Described(self)
        options = self._parsed(words)
        set_quiet(options.quiet)
        return options

    def _parsed(self, words: Sequence[str]) -> SimpleNamespace:
        try:
            return SimpleNamespace(**self._understood(words))
        except _Unclear:
            self._refuse_mistyped(words)
            # argparse would take -word for options: it is told of it as of any other word.
            negated = [word for word in words if self._is_negation(word)]
            bare = {name for one in self._arguments if one.may_have_value for name in one.names}
            # argparse would take the next word for its value.
            rest = [f"{word}=" if word in bare else word for word in words if word not in negated]
            understood = self._argparse().parse_intermixed_args(rest)
            if negated:
                understood.query = [*understood.query, *negated]
            return SimpleNamespace(**vars(understood))

    def _refuse_mistyped(self, words: Sequence[str]) -> None:
        """Check that no option is one of this command's misspelt; what is like none of them is left to argparse.

        Raises:
            UsageError: one is.
        """
        from amitui.cli.mistyped import refuse_mistyped_option

        known = [*_HELP, *(name for one in self.arguments if one.is_option for name in one.names)]
        refuse_mistyped_option(self._name, words, known, [word for word in words if self._is_negation(word)])

    def _is_negation(self, word: str) -> bool:
        """Whether a word of a query says what is not wanted: `-daily`, which is no option and no two of them."""
        if not any(argument.name == _QUERY for argument in self._arguments):
            return False
        if len(word) < _NEGATION_AT_LEAST or word[0] != "-" or not (word[1].isalnum() or word[1] in '"*'):
            return False
        option = next((one for one in self._arguments if word[:2] in one.names), None)
        return option is None or (option.action == "store" and word[2:] not in option.settings.get("choices", ()))

    def _argparse(self) -> ArgumentParser:
        from argparse import ArgumentParser

        from amitui.cli.help_format import HelpFormat, ShortHelp

        parser = (ShortHelp if self.short_help else ArgumentParser)(
            prog=f"amitui {self._name}".strip(),
            description=self._description,
            epilog=self._epilog,
            formatter_class=HelpFormat,
            allow_abbrev=False,
        )
        if isinstance(parser, ShortHelp):
            parser.arguments = self.arguments
        for argument in self.arguments:
            parser.add_argument(*argument.names, **argument.settings)
        return parser

    def _understood(self, words: Sequence[str]) -> dict[str, Any]:
        """The values without argparse.

        Raises:
            _Unclear: argparse has to decide.
        """
        options = {name: argument for argument in self._arguments for name in argument.names if argument.is_option}
        found: dict[str, Any] = {argument.name: argument.default for argument in options.values()}
        positional = self._positional()
        rest: list[str] = []
        left = iter(words)
        for word in left:
            if word == "--":
                rest += left
            elif not word.startswith("-") or self._is_negation(word):
                rest.append(word)
            else:
                name, equals, value = word.partition("=")
                if name not in options:
                    raise _Unclear
                option = options[name]
                if option.action == "store_true" and not equals:
                    found[option.name] = True
                elif option.may_have_value:
                    found[option.name] = value
                else:
                    given = _value(option, value if equals else _next(left))
                    earlier = found[option.name]
                    found[option.name] = [*(earlier or ()), given] if option.action == "append" else given
        if rest and not positional:
            raise _Unclear
        return {**found, positional: rest} if positional else found

    def _positional(self) -> str:
        """Name of the argument that takes all words that are left; empty when there is none.

        Raises:
            _Unclear: there are others, which must be given.
        """
        positional = [argument for argument in self._arguments if not argument.is_option]
        if any(argument.settings.get("nargs") != "*" for argument in positional) or len(positional) > 1:
            raise _Unclear
        return positional[0].name if positional else ""


def _next(left: Iterator[str]) -> str:
    word = next(left, "-")
    if word.startswith("-"):
        raise _Unclear
    return word


def _value(option: Argument, text: str) -> object:
    """What an option's word means."""
    settings = option.settings
    if option.action not in ("store", "append") or text not in settings.get("choices", (text,)):
        raise _Unclear
    try:
        return settings["type"](text) if "type" in settings else text
    except Exception as error:  # whatever the type says of it, argparse puts it into words
        raise _Unclear from error


class _Unclear(Exception):
    """The words ask for help, or are not as they should be."""
